/**
 * Redis and RabbitMQ for tests. `redisUrl` and `amqpUrl` give a server that the tests of a process share, and under
 * `npm run verify` all processes: of the environment (SMPP_TEST_REDIS_URL, SMPP_TEST_AMQP_URL and, for virtual hosts,
 * SMPP_TEST_AMQP_API_URL), else what answers on the default local port, else Debian's, started. A test that stops its
 * server starts one of its own.
 */
import { RESP_TYPES, createClient } from '@redis/client';
import type { Context } from 'mocha';
import {
  servesAmqp,
  servesRedis,
  startClusterServers,
  startRabbitServer,
  startRedisServer,
  type RabbitSettings,
  type RedisSettings,
  type Server,
} from './servers';
import { needs, skip } from './skip';

const own = `smpp-test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
let count = 0;
const hosts: string[] = [];

/** A key prefix (Redis), or prefix of queues' names (RabbitMQ), that no other test uses; its keys go at the end. */
export const ownPrefix = (): string => `${own}-${++count}`;

let redis: Promise<string | undefined> | undefined;

/** The shared Redis. Others use it too: take `ownPrefix()`, never FLUSHALL. */
export async function redisUrl(context: Context): Promise<string> {
  const { url, defaultPort, installed } = needs(context, 'redis');
  redis ??= (async () => {
    if (url !== undefined) return url;
    if (await servesRedis(defaultPort)) return `redis://127.0.0.1:${defaultPort}`;
    return installed ? (await startRedisServer()).url : undefined;
  })();
  return (await redis) ?? skip(context, 'a Redis server is not here');
}

interface Amqp {
  readonly url: string;
  readonly apiUrl: string | undefined;
}

let amqp: Promise<Amqp | undefined> | undefined;

/** The shared RabbitMQ: the URL of a virtual host that is nobody else's and goes at the end. */
export async function amqpUrl(context: Context): Promise<string> {
  const { url, apiUrl } = await sharedRabbit(context);
  // Without an API the host that the URL names has to do.
  if (apiUrl === undefined) return url;
  const name = ownPrefix();
  await callApi(apiUrl, 'PUT', `/api/vhosts/${name}`);
  hosts.push(name);
  const { username } = new URL(url);
  const all = JSON.stringify({ configure: '.*', write: '.*', read: '.*' });
  await callApi(apiUrl, 'PUT', `/api/permissions/${name}/${username || 'guest'}`, all);
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

/** The management API of the shared RabbitMQ, "http://user:password@host:port"; skips where it has none. */
export async function amqpApiUrl(context: Context): Promise<string> {
  const { apiUrl } = await sharedRabbit(context);
  return apiUrl ?? skip(context, "RabbitMQ's management API is not here");
}

async function sharedRabbit(context: Context): Promise<Amqp> {
  const { url, defaultPort, installed } = needs(context, 'rabbitmq');
  amqp ??= (async () => {
    if (url !== undefined) return withApi(url);
    if (await servesAmqp(defaultPort)) return withApi(`amqp://guest:guest@127.0.0.1:${defaultPort}`);
    return installed ? startRabbitServer({ management: true }) : undefined;
  })();
  return (await amqp) ?? skip(context, 'a RabbitMQ server is not here');
}

/** With its API where the environment names it, or where it is usual. */
async function withApi(url: string): Promise<Amqp> {
  const { hostname, username, password } = new URL(url);
  const usual = `http://${username || 'guest'}:${password || 'guest'}@${hostname}:15672`;
  const apiUrl = process.env['SMPP_TEST_AMQP_API_URL'] || usual;
  try {
    await callApi(apiUrl, 'GET', '/api/whoami');
    return { url, apiUrl };
  } catch {
    return { url, apiUrl: undefined };
  }
}

/** @returns what RabbitMQ's management API answers, parsed; undefined where it answers with nothing */
export async function callApi(apiUrl: string, method: string, path: string, body?: string): Promise<unknown> {
  const { origin, username, password } = new URL(apiUrl);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json', connection: 'close' },
    ...(body === undefined ? {} : { body }),
  });
  const said = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${said}`);
  return said === '' ? undefined : JSON.parse(said);
}

/** What all servers of one's own can do. `stop` is in good order, `kill` is SIGKILL, `freeze` is SIGSTOP. */
function controls(server: Server) {
  return {
    stop: () => server.stop(),
    kill: () => server.kill(),
    start: () => server.start(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
  };
}

/** A Redis of the test's own, which it may stop and start again. `stop()` it in the end. */
export async function startRedis(context: Context, settings?: RedisSettings) {
  needs(context, 'redis-server');
  const { server, ...about } = await startRedisServer(settings);
  return { ...about, ...controls(server) };
}
export type TestRedis = Awaited<ReturnType<typeof startRedis>>;

/** A RabbitMQ of the test's own, up after 3 to 6 s. `kill()` it in the end: with management `stop()` takes 6 s. */
export async function startRabbit(context: Context, settings?: RabbitSettings) {
  needs(context, 'rabbitmq-server');
  const { server, ...about } = await startRabbitServer(settings);
  return { ...about, ...controls(server) };
}
export type TestRabbit = Awaited<ReturnType<typeof startRabbit>>;

/** Three nodes. */
export async function startRedisCluster(context: Context) {
  needs(context, 'redis-server');
  const { url, ports, servers } = await startClusterServers();
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.kill()));
  };
  return { url, ports, servers, stop };
}

/** Removes what the tests of this process have left in shared servers. */
async function cleanUp(): Promise<void> {
  const url = await redis?.catch(() => undefined);
  if (url !== undefined && count > 0) await removeKeys(url);
  const rabbit = await amqp?.catch(() => undefined);
  for (const host of hosts.splice(0))
    if (rabbit?.apiUrl !== undefined) await callApi(rabbit.apiUrl, 'DELETE', `/api/vhosts/${host}`);
}

async function removeKeys(url: string): Promise<void> {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on('error', () => undefined);
  try {
    await client.connect();
    for await (const keys of client
      .withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
      .scanIterator({ MATCH: `${own}*`, COUNT: 1000 }))
      if (keys.length > 0) await client.unlink(keys);
  } finally {
    if (client.isOpen) client.destroy();
  }
}

// Of the whole run, wherever this file is loaded first; scripts have no mocha.
if (typeof after === 'function') after('the brokers are left as they were', cleanUp);
