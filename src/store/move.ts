import { nextTurn, systemClock, type Clock } from '../clock';
import type { Claimable } from './account';
import { MOVED_AT_ONCE } from './chunks';
import type { KeyValueState } from './key-value';
import type { Correlator, Lease, OutboundQueue, Store } from './types';

/** In the new store: the ids of the batch that came last. A kill may have kept them from leaving the old one. */
const MARK = 'moving:ids';

/** What became of the messages of a store that another one takes the place of. */
export interface Moved {
  /** Messages that are in the other queue now. */
  readonly moved: number;
  /** Messages that stay where they were, and why. */
  readonly left: number;
  /** Why the rest stayed; absent: nothing failed. */
  readonly reason?: Error;
}

/** What became of all that a store held. */
export interface MovedStore extends Moved {
  /** What a receipt is matched by: an entry for each accepted segment. */
  readonly correlations: number;
  /** Dead letters that came along. */
  readonly deadLetters: number;
}

/**
 * Moves all that one store holds to another, batch by batch: correlations and dead letters, what is known of numbers and
 * of parts that wait, and what is queued. A kill in between loses nothing, and of durable stores doubles nothing either.
 * What a store of the user's cannot give or take stays where it is. Never rejects.
 */
export async function moveStore(
  from: Store & Partial<Claimable>,
  to: Store,
  correlator: Correlator = to.correlator,
  clock: Clock = systemClock,
): Promise<MovedStore> {
  const counts = { correlations: 0, deadLetters: 0 };
  try {
    counts.correlations = await moveCorrelations(from, correlator, clock);
    await moveFacts(from.state, to.state);
    counts.deadLetters = await moveLetters(from, to);
  } catch (error) {
    return { moved: 0, left: await leftIn(from), reason: error as Error, ...counts };
  }
  const isMarked = from.capabilities.durable && to.capabilities.durable;
  return { ...(await moveMessages(from, to.queue, isMarked ? to.state : undefined)), ...counts };
}

/** All of them before the first goes: to put one twice is to put it once. */
async function moveCorrelations(
  from: Store & Partial<Claimable>,
  to: Correlator,
  clock: Clock,
): Promise<number> {
  if (!from.correlator.entries || !from.forgetAwaited) return 0;
  let moved = 0;
  for (const entries of from.correlator.entries()) {
    await to.put(entries);
    moved += entries.length;
    await nextTurn(clock);
  }
  if (moved > 0) await from.forgetAwaited();
  return moved;
}

/** What the new store knows already is newer. */
async function moveFacts(from: KeyValueState, to: KeyValueState): Promise<void> {
  for (const facts of from.entries?.() ?? []) {
    const known = await Promise.all(facts.map(([key]) => to.get(key)));
    const news = facts.filter(([key], at) => known[at] === undefined && key !== MARK);
    await Promise.all(news.map(([key, value, ttl]) => to.set(key, value, ttl)));
    await from.delete(facts.map(([key]) => key));
  }
}

/** One that is put twice is kept once. */
async function moveLetters({ deadLetters: from }: Store, { deadLetters: to }: Store): Promise<number> {
  if (!from || !to?.add) return 0;
  let moved = 0;
  for (let after: string | undefined; ;) {
    const { letters } = await from.list({ limit: MOVED_AT_ONCE, ...(after === undefined ? {} : { after }) });
    const last = letters.at(-1)?.item.id;
    if (last === undefined || last === after) break;
    await to.add(letters);
    moved += letters.length;
    after = last;
  }
  if (moved > 0) await from.purge();
  return moved;
}

function leftIn({ queue }: Store): Promise<number> {
  return queue.stats().then(
    ({ queued }) => queued,
    () => 0,
  );
}

/**
 * Moves what is queued in one store to another, in its order and with what happened to it so far, batch by
 * batch: a crash in between repeats a batch and loses none. What is put off in a durable store stays until its
 * time has come; elsewhere it moves, too. With `marks`, the state of the store that `to` belongs to, nothing is
 * repeated either. Never rejects.
 */
export async function moveMessages(from: Store, to: OutboundQueue, marks?: KeyValueState): Promise<Moved> {
  let moved = 0;
  let reason: Error | undefined;
  try {
    if (!from.capabilities.durable) from.queue.hasten?.();
    const there = new Set(marked(await marks?.get(MARK)));
    for (let leases = await leaseSome(from.queue); leases.length > 0; leases = await leaseSome(from.queue)) {
      const missing = leases.filter(({ item }) => !there.has(item.id));
      await moveBatch(from.queue, to, { leases, missing, isMarked: marks !== undefined });
      moved += leases.length;
    }
    if (marks && moved > 0) await marks.delete([MARK]);
  } catch (error) {
    reason = error as Error;
  }
  const left = await leftIn(from);
  return { moved, left, ...(reason ? { reason } : {}) };
}

async function leaseSome(from: OutboundQueue): Promise<Lease[]> {
  const { queued, delayed } = await from.stats();
  // To take from an empty queue is to wait.
  return queued <= delayed ? [] : from.take(MOVED_AT_ONCE, { signal: new AbortController().signal });
}

function marked(octets: Buffer | undefined): string[] {
  return octets ? (JSON.parse(octets.toString()) as string[]) : [];
}

interface MovingBatch {
  readonly leases: readonly Lease[];
  /** Those that are not in the new store already. */
  readonly missing: readonly Lease[];
  readonly isMarked: boolean;
}

async function moveBatch(
  from: OutboundQueue,
  to: OutboundQueue,
  { leases, missing, isMarked }: MovingBatch,
): Promise<void> {
  try {
    const states = missing.map(({ state }) => state);
    const items = missing.map(({ item }) => item);
    const value = Buffer.from(JSON.stringify(items.map(({ id }) => id)));
    if (items.length > 0)
      await to.enqueue(items, { states, ...(isMarked ? { fact: { key: MARK, value } } : {}) });
  } catch (error) {
    await from.release(leases);
    throw error;
  }
  await from.settle(leases.map((lease) => ({ outcome: 'done', lease })));
}
