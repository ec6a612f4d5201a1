import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock } from '../clock';
import { SmppError } from '../protocol';
import { connect, type ConnectOptions, type Transport } from '../session';

/** All addresses of a host name, in the order of the system. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export interface DialOptions extends ConnectOptions {
  /** Counts the tries: each begins with another address, for what takes connections may still refuse every bind. */
  readonly turn: number;
  readonly resolve?: Resolve | undefined;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Opens a connection to one of the addresses of a host, each in its turn with its share of the time that is left.
 * Rejects as {@link connect} does, with what is wrong with each of them.
 */
export async function dial(options: DialOptions): Promise<Transport> {
  const { host, port, tls, turn, timeout, clock } = options;
  const end = clock.monotonic() + timeout;
  const addresses = rotated(await addressesOf(options), turn);
  // The TLS of a name is checked against the name, whatever its address.
  const secure = tls && { ...(isIP(host) ? {} : { servername: host }), ...tls };
  const errors: SmppError[] = [];
  for (const [index, address] of addresses.entries()) {
    const share = (end - clock.monotonic()) / (addresses.length - index);
    try {
      return await connect({ ...options, host: address, tls: secure, timeout: Math.max(1, share) });
    } catch (error) {
      if (options.signal.aborted || !(error instanceof SmppError)) throw error;
      errors.push(error);
    }
  }
  const [only] = errors;
  if (only && errors.length === 1) throw only;
  const text = `no address of ${host}:${port} can be connected to: ${errors.map(({ message }) => message).join('; ')}`;
  const telling = errors.find(({ code }) => code === 'TLS_FAILED') ?? only;
  const code = telling?.code === 'TLS_FAILED' ? 'TLS_FAILED' : 'CONNECT_FAILED';
  throw new SmppError(code, text, { retriable: true, cause: telling });
}

/** One that is no name, has one address or cannot be looked up stands for itself: {@link connect} says what is wrong. */
async function addressesOf(options: DialOptions): Promise<string[]> {
  const { host, localAddress, resolve = lookupAll, signal } = options;
  if (isIP(host)) return [host];
  const all = await unlessAborted(resolve(host), options).catch((): readonly string[] => []);
  signal.throwIfAborted();
  // From a local address only those of its family can be reached.
  const family = isIP(localAddress ?? '');
  const fitting = [...new Set(all)].filter((address) => family === 0 || isIP(address) === family);
  return fitting.length > 1 ? fitting : [host];
}

async function lookupAll(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/** The system's own look-up can be neither stopped nor hurried. */
function unlessAborted<T>(work: Promise<T>, { signal, timeout, clock }: DialOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', give);
    };
    const give = (): void => (finish(), reject(signal.reason as Error));
    const timer = clock.setTimeout(give, timeout);
    signal.addEventListener('abort', give, { once: true });
    work.then(
      (value) => (finish(), resolve(value)),
      (error: unknown) => (finish(), reject(error as Error)),
    );
  });
}

function rotated<T>(list: readonly T[], turn: number): T[] {
  const at = turn % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
