import { createHash, timingSafeEqual } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import type { ConnectionHealth, Monitor } from './monitor';

/** As much of express as is used here. */
interface Request {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly params: Readonly<Record<string, string | string[] | undefined>>;
}
interface Response {
  status(code: number): Response;
  set(name: string, value: string): Response;
  send(body: string): unknown;
  json(body: unknown): unknown;
}
type Handler = (request: Request, response: Response) => void;
type Next = () => void;

const OK = 200;
const UNAUTHORIZED = 401;
const NOT_FOUND = 404;
const FAILED = 500;
const UNAVAILABLE = 503;

/**
 * Serves metrics and health: on the admin side to whoever has the permission, and on the side of http-in nodes where
 * settings.js says so, to whoever has the token.
 */
export function serveMonitoring(RED: NodeAPI, monitor: Monitor): void {
  if (!monitor.isToBeServed(RED.httpNode)) return;
  const { metrics, health } = handlers(monitor);
  RED.httpAdmin.get('/smpp/metrics', RED.auth.needsPermission('smpp.metrics.read'), metrics);
  RED.httpAdmin.get('/smpp/health', RED.auth.needsPermission('smpp.health.read'), health);
  RED.httpAdmin.get('/smpp/health/:connection', RED.auth.needsPermission('smpp.health.read'), health);
  for (const served of readEndpoints(RED.settings)) {
    if ('problem' in served) {
      RED.log.error(served.problem);
      continue;
    }
    const { what, path, token } = served;
    const guard = bearer(token);
    if (what === 'metrics') RED.httpNode.get(path, guard, metrics);
    else RED.httpNode.get([path, `${path.replace(/\/$/, '')}/:connection`], guard, health);
  }
}

function handlers(monitor: Monitor): Readonly<Record<Endpoint['what'], Handler>> {
  const { metrics } = monitor;
  return {
    metrics: (_request, response) => {
      const failed = (error: unknown): unknown => response.status(FAILED).send(String(error));
      metrics.text().then((text) => response.set('Content-Type', metrics.contentType).send(text), failed);
    },
    health: ({ params: { connection } }, response) => {
      const failed = (error: unknown): unknown => response.status(FAILED).json({ error: String(error) });
      answerOf(monitor, connection?.toString()).then(
        ({ status, body }) => response.status(status).json(body),
        failed,
      );
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function answerOf(monitor: Monitor, idOrName: string | undefined): Promise<Answer> {
  const found = monitor.find(idOrName);
  if (found.length === 0 && idOrName !== undefined)
    return { status: NOT_FOUND, body: { error: `no connection has the id or name ${idOrName}` } };
  const connections = await Promise.all(found.map((one) => one.health()));
  const healthy = connections.every((one) => one.healthy);
  const [only] = connections;
  const body: ConnectionHealth | object =
    idOrName !== undefined && only && connections.length === 1 ? only : { healthy, connections };
  return { status: healthy ? OK : UNAVAILABLE, body };
}

/** What settings.js wants to be served on the side of http-in nodes. */
export interface Endpoint {
  readonly what: 'metrics' | 'health';
  readonly path: string;
  readonly token: string;
}

type Read = Endpoint | { readonly problem: string };

/** Not those of the admin side, which comes first where both have the same root. */
const PATHS: Readonly<Record<Endpoint['what'], string>> = {
  metrics: '/smpp-metrics',
  health: '/smpp-health',
};
const OF_ADMIN = /^\/smpp\/(metrics|health)(\/|$)/;
/** RFC 6750 section 2.1. */
const TOKEN = /^[\w\-.~+/]+=*$/;

/** Of Node-RED, as far as they are read here. */
export interface Settings {
  readonly smpp?: unknown;
  readonly httpNodeRoot?: string | boolean | undefined;
  readonly httpAdminRoot?: string | boolean | undefined;
}

/** `smpp: { metrics: { path, token }, health: { path, token } }` of settings.js; what is wrong is not served, and told. */
export function readEndpoints({ smpp, httpNodeRoot, httpAdminRoot }: Settings): readonly Read[] {
  const given = Object(smpp) as Record<string, unknown>;
  const known = Object.keys(PATHS) as Endpoint['what'][];
  return [...unknownIn('smpp', smpp, known), ...known.flatMap(endpoint)];

  function endpoint(what: Endpoint['what']): Read[] {
    if (given[what] === undefined) return [];
    const wrong = (field: string, remedy: string) => [
      { problem: `settings.js, smpp.${what}${field}: ${remedy}; ${what} is not served there` },
    ];
    if (httpNodeRoot === false) return wrong('', 'httpNodeRoot is false');
    const odd = unknownIn(`smpp.${what}`, given[what], ['path', 'token']);
    if (odd.length > 0) return odd;
    const { path = PATHS[what], token } = Object(given[what]) as Record<string, unknown>;
    if (typeof path !== 'string' || !/^\/[\w\-./]+$/.test(path))
      return wrong('.path', `${shown(path)} is no path; give one such as ${PATHS[what]}`);
    if (rootOf(httpNodeRoot) === rootOf(httpAdminRoot) && OF_ADMIN.test(path))
      return wrong('.path', `${path} is the admin side's; give another, such as ${PATHS[what]}`);
    if (typeof token !== 'string' || token === '')
      return wrong('.token', 'there is none, and everybody could read it; give a long random text');
    if (!TOKEN.test(token)) return wrong('.token', 'only letters, digits and - . _ ~ + / may be in it');
    return [{ what, path, token }];
  }
}

/** What nothing would come of. */
function unknownIn(where: string, given: unknown, known: readonly string[]): Read[] {
  if (given === undefined || given === null) return [];
  const such = `${known.slice(0, -1).join(', ')} and ${known.at(-1)}`;
  if (typeof given !== 'object')
    return [{ problem: `settings.js, ${where}: ${shown(given)} is no object; give one with ${such}` }];
  const odd = Object.keys(given).filter((name) => !known.includes(name));
  return odd.map((name) => ({
    problem: `settings.js, ${where}.${name}: there is no such setting; there are ${such}`,
  }));
}

const rootOf = (root: Settings['httpNodeRoot']): unknown =>
  typeof root === 'string' ? root.replace(/^\/*|\/*$/g, '') : (root ?? '');

const shown = (value: unknown): string => JSON.stringify(value) ?? String(value);

/** Where httpNodeAuth is set, its user stands in Authorization. */
const TOKEN_HEADER = 'x-smpp-token';

/** Lets requests pass that have `Authorization: Bearer <token>` or `X-SMPP-Token: <token>`. */
function bearer(token: string): (request: Request, response: Response, next: Next) => void {
  const wanted = digest(token);
  return ({ headers }, response, next) => {
    const { authorization = '', [TOKEN_HEADER]: own } = headers;
    const [, given = own?.toString()] = /^Bearer +(.+)$/i.exec(String(authorization)) ?? [];
    // Of digests, which are of one length: how long the comparison takes says nothing about the token.
    if (given !== undefined && timingSafeEqual(digest(given.trim()), wanted)) return next();
    response.status(UNAUTHORIZED).set('WWW-Authenticate', 'Bearer').json({ error: 'a token is needed' });
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
