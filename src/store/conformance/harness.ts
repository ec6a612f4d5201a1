import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TraceContext } from '../../observability';
import type {
  CorrelationEntry,
  Priority,
  Lease,
  QueueItem,
  QueueLimits,
  Store,
  StoreCapabilities,
} from '../types';

export interface ConformanceOptions extends QueueLimits {
  /** Where it keeps what it keeps: the same name is the same queue, a new one is empty. */
  readonly name: string;
  /** Entries that the correlation keeps. */
  readonly correlationCapacity: number;
  /** Messages that failed for good which are kept. */
  readonly deadLetterCapacity: number;
  /** Milliseconds after which a lease that is not renewed ends, in a store that can `extend`; absent: as it likes. */
  readonly leaseTime?: number;
}

/** Opens the store under test. Checks close what they open. */
export type OpenStore = (options: ConformanceOptions) => Promise<Store>;

/** One check that every store must pass. */
export interface ConformanceCheck {
  /** A sentence that says what a store does. */
  readonly name: string;
  /** Whether it applies to a store of these capabilities; absent: to every store. */
  readonly needs?: (capabilities: StoreCapabilities) => boolean;
  /** Rejects with an AssertionError where the store does otherwise. */
  run(openStore: OpenStore): Promise<void>;
}

/** Opens the same store once more, after it was closed. */
type Reopen = (changed?: Partial<ConformanceOptions>) => Promise<Store>;
type Body = (store: Store, reopen: Reopen) => Promise<void>;
type CheckOptions = Partial<ConformanceOptions> & Pick<ConformanceCheck, 'needs'>;

export function check(
  name: string,
  ...rest: [body: Body] | [options: CheckOptions, body: Body]
): ConformanceCheck {
  const [{ needs, ...changed }, body] = rest.length === 1 ? [{} as CheckOptions, rest[0]] : rest;
  return {
    name,
    ...(needs ? { needs } : {}),
    run: async (openStore) => {
      const opened: Store[] = [];
      const base = { ...defaults(), ...changed };
      const reopen = async (again: Partial<ConformanceOptions> = {}): Promise<Store> => {
        const store = await openStore({ ...base, ...again });
        opened.push(store);
        return store;
      };
      try {
        await body(await reopen(), reopen);
      } finally {
        for (const store of opened) await store.close();
      }
    },
  };
}

function defaults(): ConformanceOptions {
  return {
    name: randomUUID(),
    capacity: 1000,
    whenFull: 'reject',
    correlationCapacity: 1000,
    deadLetterCapacity: 100,
  };
}

export function item(id: string, changed: Partial<QueueItem> = {}): QueueItem {
  return {
    id,
    command: 'submit_sm',
    segments: [Buffer.from(`body of ${id}`)],
    source: '12345',
    destination: '256700000001',
    priority: 2,
    enqueuedAt: Date.now(),
    receiptRequested: true,
    ...changed,
  };
}

/** A trace context with the number in both of its ids. */
export function trace(number: number, tracestate?: string): TraceContext {
  const [id, span] = [32, 16].map((digits) => number.toString(16).padStart(digits, '0'));
  const traceparent = `00-${id}-${span}-01`;
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}

/** `count` messages named `prefix` and a number from 0. */
export function items(prefix: string, count: number, priority: Priority = 2): QueueItem[] {
  return Array.from({ length: count }, (_, at) => item(`${prefix}${at}`, { priority }));
}

export function entry(messageId: string, changed: Partial<CorrelationEntry> = {}): CorrelationEntry {
  return {
    messageId,
    id: `of ${messageId}`,
    segment: 0,
    segments: 1,
    source: '12345',
    destination: '256700000001',
    acceptedAt: Date.now(),
    expiresAt: Date.now() + 60_000,
    ...changed,
  };
}

/** Takes what is there within `ms`, or fails. */
export async function take(store: Store, max: number, ms = 15_000): Promise<Lease[]> {
  return store.queue.take(max, { signal: AbortSignal.timeout(ms) });
}

/** Takes until `count` are leased: a backend may lease fewer at once than it has. */
export async function takeAll(store: Store, count: number): Promise<Lease[]> {
  const leases: Lease[] = [];
  while (leases.length < count) leases.push(...(await take(store, count - leases.length)));
  return leases;
}

/** What there is to take within `ms`: perhaps nothing. */
export async function takeWithin(store: Store, ms: number): Promise<Lease[]> {
  const signal = AbortSignal.timeout(ms);
  try {
    return await store.queue.take(10, { signal });
  } catch (error) {
    if (error !== signal.reason) throw error;
    return [];
  }
}

export async function assertNothingToTake(store: Store, ms = 50): Promise<void> {
  const signal = AbortSignal.timeout(ms);
  await assert.rejects(
    async () => store.queue.take(10, { signal }),
    (error) => error === signal.reason,
  );
}

export const done = (lease: Lease) => ({ outcome: 'done', lease }) as const;
export const retry = (lease: Lease, notBefore: number) => ({ outcome: 'retry', lease, notBefore }) as const;
export const dead = (lease: Lease, text = 'refused') =>
  ({ outcome: 'dead', lease, reason: { code: 'REFUSED', text } }) as const;

export const names = (items: readonly Pick<QueueItem, 'id'>[]): string[] => items.map(({ id }) => id);
export const ids = (leases: readonly Pick<Lease, 'item'>[]): string[] => leases.map((one) => one.item.id);

/** Whether the correlator has an entry with this very message_id. */
export async function isKept({ correlator }: Store, messageId: string): Promise<boolean> {
  return (await correlator.get(messageId)).some((one) => one.messageId === messageId);
}

/** Whether an error is this very one. */
export const is =
  (reason: unknown) =>
  (error: unknown): boolean =>
    error === reason;

export const hasCode =
  (code: string) =>
  (error: unknown): boolean =>
    (error as { code?: unknown }).code === code;

export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
