import type { BackendContext, BackendOptions, QueueItem, QueueLimits } from '../../../src/store';
import { openRedisStore, type RedisStore } from '../../../src/store/redis';
import { backendContext, backendOptions } from '../backend-context';

export interface OpenRedis extends Partial<QueueLimits> {
  readonly url: string;
  readonly keyPrefix: string;
  readonly name?: string;
  readonly correlationCapacity?: number;
  readonly deadLetterCapacity?: number;
  /** Milliseconds. */
  readonly leaseTime?: number;
  readonly options?: Partial<BackendOptions>;
  readonly context?: Partial<BackendContext>;
}

/** The store under test, as a client opens it. */
export function openRedis(given: OpenRedis): Promise<RedisStore> {
  const options = backendOptions({
    clientId: given.name ?? 'test',
    queueUrl: given.url,
    keyPrefix: given.keyPrefix,
    leaseTime: given.leaseTime ?? 10_000,
    correlationCapacity: given.correlationCapacity ?? 1000,
    ...given.options,
  });
  const { capacity = 0, whenFull = 'reject', onDropped } = given;
  const context = backendContext(options, {
    limits: { capacity, whenFull, ...(onDropped ? { onDropped } : {}) },
    prepare: (message) => Promise.resolve(itemOf(message)),
    ...given.context,
  });
  return openRedisStore(context, { deadLetterCapacity: given.deadLetterCapacity ?? 1000 });
}

let count = 0;

/** In the place of intake, where that is not what is tested. */
export function itemOf({
  short_message,
  destination_addr = '256700000001',
}: Readonly<Record<string, unknown>>): QueueItem {
  return {
    id: (++count).toString(16).padStart(24, '0'),
    command: 'submit_sm',
    segments: [Buffer.from(String(short_message))],
    source: '12345',
    destination: String(destination_addr),
    priority: 2,
    enqueuedAt: Date.now(),
    receiptRequested: true,
  };
}

/** A message whose text is its id. */
export const named = (id: string): QueueItem => ({ ...itemOf({ short_message: id }), id });
