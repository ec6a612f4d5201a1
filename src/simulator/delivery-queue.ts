import type { Log } from '../observability';
import { describeStatus } from '../protocol';
import type { RequestHandler, Session } from '../session';
import type { Scheduler } from './scheduler';

interface QueueParts {
  readonly scheduler: Scheduler;
  readonly log: Log;
  /** The bound receivers of an account. */
  receivers(systemId: string): readonly Session[];
}

/** Of all accounts together, also what is on its way or waits to be tried again; beyond that the oldest is given up. */
const CAPACITY = 10_000;
const MOST_OCTETS = 16 * 1024 * 1024;
/** Octets that keeping a delivery takes beside its body. Measured. */
const OVERHEAD = 700;
/** Written at once to one link. */
const BATCH = 64;
const TRIES = 8;
/** Milliseconds. */
const FIRST_RETRY = 1000;
const LAST_RETRY = 30_000;

/** A request that is to reach some receiver of an account. */
export interface Delivery {
  readonly systemId: string;
  readonly commandId: number;
  readonly body: Buffer;
  /** Called once, with the client's command_status; undefined: given up. */
  readonly settled: (commandStatus: number | undefined) => void;
}

/** A delivery in the queue, as the session sends it and tells of it. */
class Queued implements RequestHandler {
  readonly handler = this;
  readonly systemId: string;
  readonly commandId: number;
  readonly body: Buffer;
  readonly settled: Delivery['settled'];
  /** What it takes of memory, roughly. */
  readonly octets: number;
  tries = 0;
  readonly #queue: DeliveryQueue;

  /** `serial` counts what was added. */
  constructor(
    queue: DeliveryQueue,
    readonly serial: number,
    { systemId, commandId, body, settled }: Delivery,
  ) {
    this.#queue = queue;
    this.systemId = systemId;
    this.commandId = commandId;
    this.body = body;
    this.settled = settled;
    this.octets = body.length + systemId.length + OVERHEAD;
  }

  onResponse({ command_status: status }: { readonly command_status: number }): void {
    this.#queue.answered(this, status);
  }

  onLost(reason: 'closed' | 'timeout'): void {
    this.#queue.again(this, undefined, reason === 'closed' ? 0 : FIRST_RETRY);
  }
}

/**
 * What is to be delivered to an account as soon as one of its receivers has room,
 * in order. What was refused for a while, not answered or lost with its link goes back to its place.
 */
export class DeliveryQueue {
  readonly #parts: QueueParts;
  readonly #waiting = new Map<string, Queued[]>();
  /** All that is not settled, the oldest first. */
  readonly #kept = new Set<Queued>();
  #octets = 0;
  #added = 0;
  #turn = 0;
  #woken = false;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** How many deliveries wait for a receiver. */
  get length(): number {
    let sum = 0;
    for (const queued of this.#waiting.values()) sum += queued.length;
    return sum;
  }

  /** What all that is not settled takes of memory, roughly. */
  get octets(): number {
    return this.#octets;
  }

  add(delivery: Delivery): void {
    const queued = new Queued(this, this.#added++, delivery);
    this.#kept.add(queued);
    this.#octets += queued.octets;
    this.#waitingFor(queued.systemId).push(queued);
    this.#overflow();
    this.wake();
  }

  /** To be called when a receiver has come or has room again. Sends after the caller, once for all its calls, in one write. */
  wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    queueMicrotask(() => {
      this.#woken = false;
      for (const systemId of this.#waiting.keys()) this.#send(systemId);
    });
  }

  clear(): void {
    this.#waiting.clear();
    this.#kept.clear();
    this.#octets = 0;
  }

  #waitingFor(systemId: string): Queued[] {
    let waiting = this.#waiting.get(systemId);
    if (!waiting) this.#waiting.set(systemId, (waiting = []));
    return waiting;
  }

  #send(systemId: string): void {
    const waiting = this.#waiting.get(systemId) ?? [];
    const receivers = this.#parts.receivers(systemId);
    for (let idle = 0; waiting.length > 0 && idle < receivers.length;) {
      const receiver = receivers[this.#turn++ % receivers.length];
      const batch = waiting.splice(0, Math.min(receiver?.freeSlots ?? 0, BATCH));
      idle = batch.length === 0 ? idle + 1 : 0;
      if (batch.length > 0) receiver?.submit(batch);
    }
    if (waiting.length === 0) this.#waiting.delete(systemId);
  }

  answered(queued: Queued, status: number): void {
    const { kind } = describeStatus(status);
    if (kind === 'retry' || kind === 'throttle') this.again(queued, status, retryDelay(queued.tries));
    else this.#settle(queued, status);
    this.wake();
  }

  /** Tries once more in `delay` milliseconds, if not too often already. */
  again(queued: Queued, status: number | undefined, delay: number): void {
    queued.tries++;
    if (queued.tries >= TRIES) return this.#settle(queued, status);
    const back = (): void => {
      // It may have been given up meanwhile.
      if (!this.#kept.has(queued)) return;
      const waiting = this.#waitingFor(queued.systemId);
      const at = waiting.findIndex(({ serial }) => serial > queued.serial);
      waiting.splice(at < 0 ? waiting.length : at, 0, queued);
      this.wake();
    };
    if (delay === 0) back();
    else this.#parts.scheduler.in(delay, back);
  }

  #settle(queued: Queued, status: number | undefined): void {
    if (!this.#kept.delete(queued)) return;
    this.#octets -= queued.octets;
    queued.settled(status);
  }

  #overflow(): void {
    for (const oldest of this.#kept) {
      if (this.#kept.size <= CAPACITY && this.#octets <= MOST_OCTETS) return;
      const { systemId } = oldest;
      const waiting = this.#waiting.get(systemId) ?? [];
      // The oldest of all is the first of its account, or nearly.
      const at = waiting.indexOf(oldest);
      if (at >= 0) waiting.splice(at, 1);
      if (waiting.length === 0) this.#waiting.delete(systemId);
      this.#parts.log.warn(
        { event: 'outbox', stage: 'full', system_id: systemId },
        `too many receipts wait for receivers (at most ${CAPACITY}, ${MOST_OCTETS / 1024 / 1024} MiB): the oldest, of ${systemId}, is lost`,
      );
      this.#settle(oldest, undefined);
    }
  }
}

/** Milliseconds before the next try: 1, 2, 4 … s, at most 30. */
export function retryDelay(tries: number): number {
  return Math.min(LAST_RETRY, FIRST_RETRY * 2 ** tries);
}
