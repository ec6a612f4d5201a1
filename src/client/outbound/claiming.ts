import { ClaimedError, type QueueItem } from '../../store';
import { sleep } from '../../waiting';
import type { Enqueuer } from './enqueuer';
import { decodeKeyRecord, type KeyRecord, type KeyRecords } from './key-records';

/** Milliseconds for which another instance may be about to queue the message of a key, where the queue takes no claims. */
const PENDING_TIME = 60_000;
const PENDING_LOOK = 250;

/** A message with an idempotency_key. */
export type Keyed = QueueItem & { readonly idempotency: NonNullable<QueueItem['idempotency']> };
export const isKeyed = (item: QueueItem): item is Keyed => item.idempotency !== undefined;

const byKey = (a: Keyed, b: Keyed): number => (a.idempotency.key < b.idempotency.key ? -1 : 1);

export interface ClaimingParts {
  readonly records: KeyRecords;
  readonly enqueuer: Enqueuer;
}

/** Puts messages into the queue and claims their keys, in one step where the store can. */
export class Claiming {
  readonly #parts: ClaimingParts;

  constructor(parts: ClaimingParts) {
    this.#parts = parts;
  }

  /** What is claimed already, by key: then nothing was queued. */
  async queue(
    items: readonly QueueItem[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, Buffer> | undefined> {
    const { records, enqueuer } = this.#parts;
    const keyed = items.filter(isKeyed);
    try {
      if (keyed.length === 0) await enqueuer.queue(items, signal);
      else if (!records.areAtomic) return await this.#queueInSteps(items, keyed, signal);
      else {
        const claims = keyed.map((item) => records.claimOf(item));
        await enqueuer.queue(items, signal, claims);
      }
      return undefined;
    } catch (error) {
      if (error instanceof ClaimedError) return error.claimed;
      throw error;
    }
  }

  /** Where the queue takes no claims: claims first, queues then, and marks the claims as good. */
  async #queueInSteps(
    items: readonly QueueItem[],
    keyed: readonly Keyed[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, Buffer> | undefined> {
    const { records, enqueuer } = this.#parts;
    const claimed = new Map<string, Buffer>();
    const mine: string[] = [];
    try {
      // In one order everywhere, so that no two instances wait for each other.
      for (const item of keyed.toSorted(byKey)) {
        const before = await this.#claim(item, signal);
        if (before) claimed.set(item.idempotency.key, before);
        else mine.push(item.idempotency.key);
      }
      if (claimed.size === 0) await enqueuer.queue(items, signal);
    } catch (error) {
      await records.forget(mine).catch(() => undefined);
      throw error;
    }
    if (claimed.size > 0) {
      await records.forget(mine);
      return claimed;
    }
    for (const item of keyed) records.tellQueued(item);
    return undefined;
  }

  /** Undefined: it is this message's now. */
  async #claim(item: Keyed, signal: AbortSignal | undefined): Promise<Buffer | undefined> {
    const { records } = this.#parts;
    const { clock } = records;
    const pending = { pending: true } as const;
    let before = await records.claim(records.claimOf(item, pending));
    for (let since = clock.monotonic(); before && recordOf(before).pending;) {
      signal?.throwIfAborted();
      await sleep(clock, PENDING_LOOK, signal);
      const seen = before;
      if (clock.monotonic() - since >= PENDING_TIME && (await records.takeOver(item, seen, pending)))
        return undefined;
      before = await records.claim(records.claimOf(item, pending));
      if (before && !before.equals(seen)) since = clock.monotonic();
    }
    return before;
  }
}

/** What is kept of a key; in another form than is known here it is nobody's. */
export function recordOf(value: Buffer): KeyRecord {
  return decodeKeyRecord(value) ?? { id: '', digest: '' };
}
