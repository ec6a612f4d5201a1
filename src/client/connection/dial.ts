import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock } from '../../clock';
import { SmppError } from '../../protocol';
import { connect, lookupError, type ConnectOptions, type Transport } from '../../session';
import { isTimeout, unlessAborted, withLimit } from '../../waiting';
import type { Network } from '../config/network';

export interface DialOptions extends ConnectOptions {
  /** Counts the tries: each begins with another address, for what takes connections may still refuse every bind. */
  readonly turn: number;
  readonly network?: Network | undefined;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Opens a connection to one of the addresses of a host, each in its turn with its share of the time that is left.
 * Rejects as {@link connect} does, with what is wrong with each of them.
 */
export async function dial(options: DialOptions): Promise<Transport> {
  const { host, port, tls, turn, timeout, clock, network } = options;
  const open = network?.connect ?? connect;
  const begin = clock.monotonic();
  const addresses = rotated(await addressesOf(options), turn);
  // However long the name took: what answers at all gets its chance.
  const end = Math.max(begin + timeout, clock.monotonic() + timeout / 2);
  // The TLS of a name is checked against the name, whatever its address.
  const secure = tls && { ...(isIP(host) ? {} : { servername: host }), ...tls };
  const errors: SmppError[] = [];
  for (const [index, address] of addresses.entries()) {
    const share = (end - clock.monotonic()) / (addresses.length - index);
    try {
      // With one address the name is what errors and logs have.
      const name = addresses.length > 1 ? address : host;
      return await open({ ...options, host: name, address, tls: secure, timeout: Math.max(1, share) });
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

/**
 * At least one. Rejects with `CONNECT_FAILED` where the name cannot be looked up, and with `CONNECT_TIMEOUT` where no
 * name server answers.
 */
async function addressesOf(options: DialOptions): Promise<string[]> {
  const { host, port, localAddress, network, signal } = options;
  if (isIP(host)) return [host];
  let all: readonly string[];
  try {
    all = await inTime((network?.resolve ?? lookupAll)(host), options);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof SmppError ? error : lookupError(error, host, port);
  }
  // From a local address only those of its family can be reached.
  const family = isIP(localAddress ?? '');
  const fitting = [...new Set(all)].filter((address) => family === 0 || isIP(address) === family);
  if (fitting.length > 0) return fitting;
  const what = all.length === 0 ? 'no address' : `no IPv${family} address, as localAddress has one`;
  throw lookupError(`${host} has ${what}`, host, port);
}

/** By name: each holds a thread of the process until the name server answers, and there are four of them for all. */
const lookups = new Map<string, Promise<string[]>>();

function lookupAll(host: string): Promise<string[]> {
  const running = lookups.get(host);
  if (running) return running;
  const found = lookup(host, { all: true })
    .then((all) => all.map(({ address }) => address))
    .finally(() => lookups.delete(host));
  lookups.set(host, found);
  return found;
}

/** The system's own look-up can be neither stopped nor hurried. */
async function inTime<T>(work: Promise<T>, { host, port, signal, timeout, clock }: DialOptions): Promise<T> {
  try {
    return await withLimit(clock, timeout, (limited) => unlessAborted(work, limited), signal);
  } catch (error) {
    if (signal.aborted || !isTimeout(error)) throw error;
    const text =
      `cannot connect to ${host}:${port}: no name server answered within ${timeout / 1000} s what the address of ` +
      `${host} is; check the name servers of this machine, or give host as an address`;
    throw new SmppError('CONNECT_TIMEOUT', text, { retriable: true });
  }
}

function rotated<T>(list: readonly T[], turn: number): T[] {
  const at = turn % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
