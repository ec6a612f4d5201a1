import type { Lease, OutboundQueue, Store } from './types';

const STEP = 500;

/** What became of the messages of a store that another one takes the place of. */
export interface Moved {
  readonly moved: number;
  /** Messages that stay where they were, and why. */
  readonly left: number;
  readonly reason?: Error;
}

/**
 * Moves what is queued in one store to another, in its order and with what happened to it so far, batch by
 * batch: a crash in between repeats a batch and loses none. What is put off in a durable store stays until its
 * time has come; elsewhere it moves, too. Never rejects.
 */
export async function moveMessages(from: Store, to: OutboundQueue): Promise<Moved> {
  let moved = 0;
  let reason: Error | undefined;
  try {
    if (!from.capabilities.durable) from.queue.hasten?.();
    for (let leases = await lend(from.queue); leases.length > 0; leases = await lend(from.queue)) {
      await moveBatch(from.queue, to, leases);
      moved += leases.length;
    }
  } catch (error) {
    reason = error as Error;
  }
  const left = await from.queue.stats().then(
    ({ queued }) => queued,
    () => 0,
  );
  return { moved, left, ...(reason ? { reason } : {}) };
}

async function lend(from: OutboundQueue): Promise<Lease[]> {
  const { queued, delayed } = await from.stats();
  // To take from an empty queue is to wait.
  return queued <= delayed ? [] : from.take(STEP, { signal: new AbortController().signal });
}

async function moveBatch(from: OutboundQueue, to: OutboundQueue, leases: readonly Lease[]): Promise<void> {
  try {
    const states = leases.map(({ state }) => state);
    await to.enqueue(
      leases.map(({ item }) => item),
      { states },
    );
  } catch (error) {
    await from.release(leases);
    throw error;
  }
  await from.settle(leases.map((lease) => ({ outcome: 'done', lease })));
}
