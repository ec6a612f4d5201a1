import { createRequire } from 'node:module';
import type * as Package from '@redis/client';
import { SmppError } from '../../../protocol';
import type { RedisAddress } from './address';
import { redisFault, versionFault } from './faults';

/** One connection, which ends once and for all. */
export interface Link {
  send(args: readonly (string | Buffer)[]): Promise<unknown>;
  destroy(): void;
}

const CONNECT_TIMEOUT = 5000;
/** Nodes of a Cluster asked in turn who has the keys. */
const MOST_HOPS = 5;

/** Loaded when the first store is opened: it takes 40 ms. */
function load(): typeof Package {
  try {
    return createRequire(__filename)('@redis/client') as typeof Package;
  } catch (cause) {
    const [line] = (cause as Error).message.split('\n', 1);
    const text = `The Redis queue needs the package @redis/client, which cannot be loaded (${line}): npm install @redis/client.`;
    throw new SmppError('QUEUE_UNAVAILABLE', text, { cause });
  }
}

/** Whether an error is an answer of the server, not a failure of the connection. */
export const isReply = (error: Error): boolean => error instanceof load().ErrorReply;

/**
 * Connects, logs in and looks whether the server can be used. `key` is any of the keys: in a Cluster the connection is to the
 * node that has its slot. All keys of a queue are in one slot, so one plain connection serves, in which calls
 * take effect in their order; a cluster client, which sends a call again elsewhere by itself, does not keep that order.
 *
 * `ended` is called once when the connection breaks, not for {@link Link.destroy}. Rejects with `QUEUE_UNAVAILABLE`.
 */
export async function dial(address: RedisAddress, key: string, ended: (error: Error) => void): Promise<Link> {
  let at = address;
  try {
    for (let hop = 0; ; hop++) {
      const link = await open(at, ended);
      const owner = await look(link, at, key);
      if (!owner) return link;
      link.destroy();
      if (hop === MOST_HOPS) throw new Error('its nodes name each other as the owners of the keys');
      at = { ...at, host: owner.host || at.host, port: owner.port };
    }
  } catch (error) {
    throw redisFault(error, at);
  }
}

async function open(address: RedisAddress, ended: (error: Error) => void): Promise<Link> {
  const { createClient, RESP_TYPES } = load();
  const { host, port, tls, username, password, database } = address;
  const common = { host, port, connectTimeout: CONNECT_TIMEOUT, reconnectStrategy: false } as const;
  const client = createClient({
    socket: tls ? { ...tls, ...common, tls: true } : common,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    database,
    RESP: 2,
    // What was sent is done with when the connection is: to send it again is decided by its caller.
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  });
  let isOver = false;
  let isUp = false;
  client.on('error', (error: Error) => {
    if (isOver || !isUp) return;
    isOver = true;
    ended(error);
  });
  const destroy = (): void => {
    isOver = true;
    client.destroy();
  };
  try {
    await client.connect();
  } catch (error) {
    destroy();
    throw error;
  }
  isUp = true;
  return { send: (args) => client.sendCommand(args), destroy };
}

/** Undefined: the server has the keys and takes writes; else who has them. Ends the link where it cannot be used. */
async function look(
  link: Link,
  address: RedisAddress,
  key: string,
): Promise<{ host: string; port: number } | undefined> {
  try {
    const info = await infoOf(link);
    const old = versionFault(info, address);
    if (old) throw old;
    await link.send(['EXISTS', key]);
    if (/^role:slave/m.test(info)) throw new Error('READONLY its role is that of a replica');
    return undefined;
  } catch (error) {
    const moved = /^MOVED \d+ (.*):(\d+)$/.exec((error as Error).message);
    if (moved) return { host: moved[1] as string, port: Number(moved[2]) };
    link.destroy();
    throw error;
  }
}

/** Blank where the user may not ask: then the calls themselves will tell. */
async function infoOf(link: Link): Promise<string> {
  try {
    return String(await link.send(['INFO', 'server'])) + String(await link.send(['INFO', 'replication']));
  } catch (error) {
    if ((error as Error).message.startsWith('NOPERM')) return '';
    throw error;
  }
}
