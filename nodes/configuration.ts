import { resolve } from 'node:path';
import {
  OPTIONS,
  findProblems,
  withoutLineEnd,
  nameFor,
  type Problem,
  type ResolvePlugin,
  type SmppClientOptions,
} from '../src/index';
import { migrate, type Definition } from './migrations';
import { DEFAULT_QUEUE, backendOf, secureScheme } from './queues';
import { readTls, type TlsInput } from './tls';
import { blank } from './values';

/** These come from the node's credentials. */
const CREDENTIALS = [
  'systemId',
  'password',
  'receiverSystemId',
  'receiverPassword',
  'outbindSystemId',
  'outbindPassword',
  'queueKey',
  'queueUrl',
  'correlationUrl',
] as const;

/** The properties of smpp-config that are options of the client under the same name. */
export const CONFIG_PROPERTIES = Object.keys(OPTIONS).filter(
  (name) => !(CREDENTIALS as readonly string[]).includes(name),
);

/** Parts that are chosen by name: one that is built in, or the id of a plugin. */
export const PART_PROPERTIES = ['queue', 'rateLimiter', 'throttleHandler', 'correlator', 'sequence'] as const;

/** What an smpp-config keeps encrypted. */
export type Credentials = { [name in (typeof CREDENTIALS)[number]]?: string };

export interface ConfigurationInput extends TlsInput {
  readonly definition: Definition;
  readonly credentials: Credentials | undefined;
  /** Whether a queueKey was written, be it a variable that is empty. */
  readonly hasQueueKey?: boolean;
  /** Milliseconds that Node-RED waits for a node to close. */
  readonly closeLimit: number;
  /** Where disk queues lie, unless the node says otherwise. */
  readonly queueDirectory: string;
  /** Where relative paths begin. */
  readonly userDir?: string;
  /** The node's id, which names its queue unless it has a clientId. */
  readonly nodeId: string;
  readonly resolvePlugin: ResolvePlugin;
  /** Ids of all plugins that are codings. */
  codecs(): readonly string[];
}

export interface Configuration {
  readonly options: SmppClientOptions;
  /** All that is wrong; the connection is usable only where this is empty. */
  readonly problems: readonly Problem[];
  /** What is better done otherwise. */
  readonly warnings: readonly string[];
  /** For who looks for a cause. */
  readonly notes?: readonly string[];
}

const NO_TLS: ReturnType<typeof readTls> = { problems: [], warnings: [], notes: [] };

/** What was meant to be secret must not lie in clear because a variable has nothing in it. */
const EMPTY_KEY =
  'the environment variable that it names is empty; put the key there, or clear the field to leave the queue in clear';

/** Milliseconds. A close handler past the limit is left behind: unbind and settling need the rest. */
const CLOSE_RESERVE = 3000;

/** The client's options from a config node as it was saved. */
export function readConfiguration(input: ConfigurationInput): Configuration {
  const { definition, problem } = migrate('smpp-config', input.definition);
  const given: Record<string, unknown> = {};
  for (const property of CONFIG_PROPERTIES) given[property] = definition[property];
  for (const property of PART_PROPERTIES)
    if (!blank(definition[property])) given[property] = trimmed(definition[property]);
  given.queue ??= DEFAULT_QUEUE;
  if (blank(given.queueDirectory)) given.queueDirectory = input.queueDirectory;
  given.logFile = logFileOf(given, input.userDir);
  if (blank(given.clientId)) given.clientId = nameFor(input.nodeId);
  given.resolvePlugin = input.resolvePlugin;
  given.codecs = input.codecs();
  for (const name of CREDENTIALS) given[name] = input.credentials?.[name];
  given.drainTimeout = withinCloseLimit(given.drainTimeout, input.closeLimit);
  const useTls = OPTIONS.useTls.check(given.useTls);
  const tls = 'value' in useTls && useTls.value ? readTls(definition.tls, input) : NO_TLS;
  const queueTls = readQueueTls(definition, given, input);
  const outbindTls = readOutbindTls(definition, given, input);
  const options = {
    ...given,
    ...(tls.options ? { tls: tls.options } : {}),
    ...(queueTls.options ? { queueTls: queueTls.options } : {}),
    ...(outbindTls.options ? { outbindTls: outbindTls.options } : {}),
  } as SmppClientOptions;
  const problems = [
    ...(problem === undefined ? [] : [{ field: 'version', value: definition.version, remedy: problem }]),
    ...findProblems(options).map(inNodes),
    ...(input.hasQueueKey && blank(given.queueKey)
      ? [{ field: 'queueKey', value: undefined, remedy: EMPTY_KEY }]
      : []),
    ...tls.problems,
    ...queueTls.problems,
    ...outbindTls.problems,
  ];
  const all = [tls, queueTls, outbindTls];
  const [warnings, notes] = [all.flatMap((one) => one.warnings), all.flatMap((one) => one.notes)];
  return { options, problems, warnings, notes };
}

/** Of a node that writes to no file: none, though its field may still have one. */
function logFileOf({ logTarget, logFile }: Record<string, unknown>, userDir = '.'): unknown {
  const isFile = trimmed(logTarget) === 'file';
  const path = trimmed(logFile);
  if (!isFile) return undefined;
  return typeof path !== 'string' || blank(path) || path.startsWith('${') ? path : resolve(userDir, path);
}

/** The TLS configuration of a queue on a server. */
function readQueueTls(
  { queueTls: id }: Definition,
  { queue, queueUrl }: Readonly<Record<string, unknown>>,
  input: ConfigurationInput,
): ReturnType<typeof readTls> {
  const scheme = secureScheme(backendOf(queue));
  if (scheme === undefined) return NO_TLS;
  const isSecure = typeof queueUrl === 'string' && queueUrl.trim().toLowerCase().startsWith(`${scheme}:`);
  if (blank(id)) return isSecure ? { ...NO_TLS, notes: [NO_CAS] } : NO_TLS;
  if (isSecure) return readTls(id, input, 'queueTls');
  const remedy = `the queueUrl is one without TLS: begin it with ${scheme}://, or leave the TLS configuration empty`;
  return { ...NO_TLS, problems: [{ field: 'queueTls', value: id, remedy }] };
}

/** Of the port where the SMSC connects to us: with a CA, it has to show a certificate of that. */
function readOutbindTls(
  { outbindTls: id }: Definition,
  { outbindPort }: Readonly<Record<string, unknown>>,
  input: ConfigurationInput,
): ReturnType<typeof readTls> {
  if (blank(id) || blank(outbindPort) || Number(outbindPort) === 0) return NO_TLS;
  const read = readTls(id, input, 'outbindTls');
  const { key, cert, ca, passphrase, rejectUnauthorized } = read.options ?? {};
  if (!read.options) return read;
  const own = { key, cert, passphrase, ...(ca ? { ca, requestCert: true, rejectUnauthorized } : {}) };
  return { ...read, options: own };
}

const NO_CAS = 'queueTls: none is chosen; the server is verified by the authorities that Node.js knows';

/** Node-RED has put in all variables that are set: the engine, which reads none, would name another remedy. */
function inNodes(problem: Problem): Problem {
  const { field, variable } = problem;
  return variable === undefined
    ? problem
    : { ...problem, remedy: `environment variable ${variable} is not set (${field})` };
}

/** Draining ends {@link CLOSE_RESERVE} before Node-RED's close limit, at the latest. */
function withinCloseLimit(given: unknown, closeLimit: number): unknown {
  const most = Math.max(0, closeLimit - CLOSE_RESERVE);
  const checked = OPTIONS.drainTimeout.check(given);
  const wanted = 'value' in checked ? checked.value : OPTIONS.drainTimeout.fallback;
  return wanted > most ? most / 1000 : given;
}

/** Parts are named, and a name from the environment may have a line end behind it. */
const trimmed = (value: unknown): unknown => (typeof value === 'string' ? withoutLineEnd(value) : value);
