import type { OutboundQueue, Store } from './types';

const STEP = 500;

/** What became of the messages of a store that another one takes the place of. */
export interface Moved {
  readonly moved: number;
  /** Messages that stay where they were, and why. */
  readonly left: number;
  readonly reason?: Error;
}

/**
 * Moves what is queued in one store to another, in its order, batch by batch: a crash in between repeats a
 * batch and loses none. Delayed messages of a durable store stay until their time has come. Never rejects.
 */
export async function moveMessages(from: Store, to: OutboundQueue): Promise<Moved> {
  let moved = 0;
  let reason: Error | undefined;
  try {
    moved = await moveReady(from.queue, to, (count) => (moved = count));
    if (!from.capabilities.durable) moved += await moveRest(from.queue, to);
  } catch (error) {
    reason = error as Error;
  }
  const left = await from.queue.stats().then(
    ({ queued }) => queued,
    () => 0,
  );
  return { moved, left, ...(reason ? { reason } : {}) };
}

async function moveReady(
  from: OutboundQueue,
  to: OutboundQueue,
  tell: (moved: number) => void,
): Promise<number> {
  const never = new AbortController().signal;
  let moved = 0;
  for (;;) {
    const { queued, delayed } = await from.stats();
    if (queued <= delayed) return moved;
    const leases = await from.take(STEP, { signal: never });
    try {
      await to.enqueue(leases.map(({ item }) => item));
    } catch (error) {
      await from.release(leases);
      throw error;
    }
    await from.settle(leases.map((lease) => ({ outcome: 'done', lease })));
    moved += leases.length;
    tell(moved);
  }
}

/** Delayed ones too: what is in memory would be gone. */
async function moveRest(from: OutboundQueue, to: OutboundQueue): Promise<number> {
  const { items } = await from.purge();
  if (items.length === 0) return 0;
  try {
    await to.enqueue(items);
  } catch (error) {
    await from.enqueue(items);
    throw error;
  }
  return items.length;
}
