import { isIP } from 'node:net';
import { SmppError } from '../protocol';
import type { CorrelationEntry, Store } from './types';

/** Whose messages a store holds. */
export interface StoreAccount {
  /** Of the SMSC, as it was given. */
  readonly host: string;
  /** The account there. */
  readonly systemId: string;
  /** Other hosts of the same account, to fail over to. */
  readonly failover?: readonly string[];
}

/** What a store holds for its account. */
export interface Holdings {
  /** Messages that wait to be sent. */
  readonly messages: number;
  /** Messages that failed for good and are kept. */
  readonly deadLetters: number;
  /** Accepted messages whose final receipt may still come; counted up to a bound. */
  readonly awaitedReceipts: number;
}

/** What another account has in a store. */
export interface Foreign {
  /** Whose they are. */
  readonly owner: StoreAccount;
  /** What there is of them. */
  readonly holdings: Holdings;
}

/** A store that remembers whose it is. */
export interface Claimable {
  /** What keeps an account from using the store; undefined where it is that account's, or nobody's. */
  foreign(account: StoreAccount): Foreign | undefined | Promise<Foreign | undefined>;
  /** From now on it is this account's, with all that is in it. Gives the account whose it was, if another. */
  own(account: StoreAccount): StoreAccount | undefined | Promise<StoreAccount | undefined>;
  /** Forgets which messages receipts are awaited for. */
  forgetAwaited(): Promise<void>;
}

/**
 * Says what becomes of what another account left. `true`: it is taken as it is, and is sent and matched under the new
 * account. Else the store must be empty by then, or is refused as before.
 */
export type SettleForeign = (store: Store & Claimable) => Promise<boolean>;

/** What people call a queue in memory, and how they leave it to the other account. */
export const IN_MEMORY = {
  place: 'memory',
  keep: 'give this connection the old host and system ID until it is sent',
};

/** More is not counted: it is enough to be refused by. */
export const MOST_COUNTED = 10_000;

/** Keys of a store's state that say how the SMSC of its account is: the next account's may be another. */
const ABOUT_THE_SMSC: readonly string[] = ['message-ids'];

/**
 * Makes a store the account's. One that holds nothing is nobody's and claimed in silence.
 *
 * `place` is what people call the store, `keep` how they leave it to the other account. Resolves with the account whose
 * it was, if another. Rejects with `STORE_ACCOUNT` where another account has something there and `settle` does not change that.
 */
export async function claimStore(
  store: Store & Claimable,
  account: StoreAccount,
  words: { readonly place: string; readonly keep: string },
  settle?: SettleForeign,
): Promise<StoreAccount | undefined> {
  let foreign = await store.foreign(account);
  const isTaken = foreign !== undefined && settle !== undefined && (await settle(store));
  if (foreign && settle) foreign = isTaken ? undefined : await store.foreign(account);
  if (foreign) throw refusal(words, foreign, account);
  const before = await store.own(account);
  // None of it is waited for, and the next account's SMSC may give the same message_ids.
  if (before && !isTaken) await store.forgetAwaited();
  return before;
}

/** Forgets what was learned of an SMSC when the store goes to an account of another. */
export async function forgetSmsc(store: Pick<Store, 'state'>): Promise<void> {
  await store.state.delete(ABOUT_THE_SMSC);
}

/**
 * Whether what is queued for one may be sent by the other: the same system_id (octet by octet, as SMSCs compare it) at
 * a host that both have, be it to fail over to.
 */
export function isSameAccount(one: StoreAccount, other: StoreAccount): boolean {
  if (one.systemId !== other.systemId) return false;
  const hosts = new Set(hostsOf(one));
  return hostsOf(other).some((host) => hosts.has(host));
}

function hostsOf({ host, failover = [] }: StoreAccount): string[] {
  return [host, ...failover].map(canonicalHost);
}

/** One spelling of the names and addresses that are surely one host. */
export function canonicalHost(host: string): string {
  const name = host.trim().toLowerCase().replace(/\.$/, '');
  const isLoopback = name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
  return isLoopback ? 'localhost' : name;
}

/** Reads the JSON of an account; undefined: it is none. */
export function readAccount(octets: Buffer): StoreAccount | undefined {
  try {
    const { host, systemId, failover } = JSON.parse(octets.toString()) as Partial<StoreAccount>;
    if (typeof host !== 'string' || typeof systemId !== 'string') return undefined;
    return { host, systemId, ...(Array.isArray(failover) ? { failover } : {}) };
  } catch {
    return undefined;
  }
}

export function holdsAnything({ messages, deadLetters, awaitedReceipts }: Holdings): boolean {
  return messages + deadLetters + awaitedReceipts > 0;
}

/** Whether a final receipt is still waited for. */
export function isAwaited(entry: CorrelationEntry, now: number): boolean {
  return entry.expiresAt > now && entry.finalState === undefined && entry.receiptRequested !== false;
}

const REMEDY =
  'to send it under the new account, call client.claim(); to remove it for good, client.purge() and ' +
  'client.purgeDeadLetters()';

function refusal(
  { place, keep }: { readonly place: string; readonly keep: string },
  { owner, holdings }: Foreign,
  account: StoreAccount,
): SmppError {
  return new SmppError(
    'STORE_ACCOUNT',
    `The queue in ${place} belongs to the account ${named(owner)}, not to ${named(account)}, and holds ` +
      `${described(holdings)}: nothing is sent before you say what becomes of that; to keep it for the old one, ${keep}`,
    { remedy: REMEDY },
  );
}

function described({ messages, deadLetters, awaitedReceipts }: Holdings): string {
  const more = awaitedReceipts >= MOST_COUNTED ? ' or more' : '';
  const counts = [
    [messages, '', 'message'],
    [deadLetters, '', 'dead letter'],
    [awaitedReceipts, more, 'awaited receipt'],
  ] as const;
  const some = counts.filter(([count]) => count > 0);
  return some.map(([count, or, one]) => `${count}${or} ${one}${count === 1 ? '' : 's'}`).join(', ');
}

function named({ host, systemId }: StoreAccount): string {
  return `${systemId === '' ? '(no system ID)' : systemId} at ${host}`;
}
