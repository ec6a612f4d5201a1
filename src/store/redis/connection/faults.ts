import { SmppError } from '../../../protocol';
import { placeOf, type RedisAddress } from './address';

/** By how the server's error begins. */
interface Fault {
  readonly begins: RegExp;
  readonly remedy: string;
  /** Nothing was done, and another server, or this one later, may do it. */
  readonly moves?: true;
  /** Trying again changes nothing before somebody has. */
  readonly lasting?: true;
}

const FAULTS: readonly Fault[] = [
  {
    begins: /^(WRONGPASS|ERR invalid password|ERR AUTH|ERR Client sent AUTH)/,
    remedy: 'it refuses the login: check the user and the password in queueUrl',
    lasting: true,
  },
  {
    begins: /^NOAUTH/,
    remedy: 'it wants a login: write the user and the password into queueUrl',
    lasting: true,
  },
  {
    begins: /NOPERM|ACL failure/,
    remedy:
      'the user of queueUrl may not do that: give it the keys and the commands that it needs ' +
      '(ACL SETUSER name on >password ~PREFIX:* +@all -@dangerous +info)',
    lasting: true,
  },
  {
    begins: /WRONGTYPE|ERR The XGROUP subcommand requires the key to exist/,
    remedy:
      'a key of this queue holds something of another kind, which another program has put there; nothing was changed. ' +
      'Rename that key, or set another keyPrefix',
    lasting: true,
  },
  {
    begins: /OOM |^OOM/,
    remedy:
      'its memory is full (maxmemory): let the queue drain, or give it more; maxmemory-policy must be noeviction',
  },
  {
    begins: /MISCONF/,
    remedy: 'it cannot save to its disk and takes no writes until it can: see its own log',
  },
  {
    begins: /READONLY/,
    remedy: 'it is a replica, which takes no writes: name the primary in queueUrl',
    moves: true,
  },
  { begins: /^(LOADING|MASTERDOWN)/, remedy: 'it is not ready yet', moves: true },
  {
    begins: /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN)/,
    remedy: 'the Cluster moves the keys, or is not whole',
    moves: true,
  },
  { begins: /^BUSY /, remedy: 'it is busy with a long script', moves: true },
  { begins: /NOGROUP/, remedy: 'the keys of this queue were removed by somebody; they are made anew' },
  {
    begins: /ERR (max number of clients|DB index|SELECT)/,
    remedy:
      'it does not let this client in: see its maxclients, and the database in queueUrl (a Cluster has 0 alone)',
  },
];

const faultOf = (message: string): Fault | undefined => FAULTS.find(({ begins }) => begins.test(message));

/** Whether an answer of the server says that nothing was done, and that another or this one later will. */
export const movesOn = (error: Error): boolean => faultOf(error.message)?.moves === true;

/** The text with the password gone, should the server or the system have repeated it. */
export function masked(text: string, { password }: Pick<RedisAddress, 'password'>): string {
  if (password === undefined || password === '') return text;
  return [password, encodeURIComponent(password)].reduce(
    (rest, secret) => rest.replaceAll(secret, '[hidden]'),
    text,
  );
}

/** What a server said, or why it cannot be reached, with a remedy. */
export function redisFault(error: unknown, address: RedisAddress): SmppError {
  if (error instanceof SmppError) return error;
  const message = masked(messageOf(error), address);
  const fault = faultOf(message);
  const unknown = /^[A-Z]{3,} /.test(message)
    ? 'it does not do what it is asked to'
    : 'see that it runs and that queueUrl names it';
  const remedy = fault?.remedy ?? unknown;
  const text = `Redis at ${placeOf(address)}: ${remedy} (${message}).`;
  return new SmppError('QUEUE_UNAVAILABLE', text, { retriable: !fault?.lasting });
}

/** Node's own errors of several addresses have no message. */
function messageOf(error: unknown): string {
  const { message, code, errors } = Object(error) as Partial<AggregateError> & { code?: unknown };
  if (message !== undefined && message !== '') return message;
  const [first] = (errors ?? []) as Error[];
  return first?.message ?? String(code ?? error);
}

/** The oldest that has all that the scripts need. */
const OLDEST = [6, 2] as const;

/** Undefined where the server is new enough; `info` is its section `server`. */
export function versionFault(info: string, address: RedisAddress): SmppError | undefined {
  if (/^valkey_version:/m.test(info)) return undefined;
  const [, version = ''] = /^redis_version:(\S+)/m.exec(info) ?? [];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (version === '' || major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  return new SmppError(
    'QUEUE_UNAVAILABLE',
    `Redis at ${placeOf(address)} is version ${version}; this queue needs Redis 6.2 or later, or Valkey. ` +
      'Update the server, or set the queue to "disk".',
  );
}
