import type { Log } from '../observability';
import { describeStatus } from '../protocol';
import type { RequestHandler, Session } from '../session';
import type { Scheduler } from './scheduler';

type Settled = (commandStatus: number | undefined) => void;

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

/** A request that is to reach some receiver of an account, as the session sends it and tells of it. */
class Delivery implements RequestHandler {
  readonly handler = this;
  /** What it takes of memory, roughly. */
  readonly octets: number;
  tries = 0;

  /** `serial` counts what was added. */
  constructor(
    readonly queue: DeliveryQueue,
    readonly serial: number,
    readonly systemId: string,
    readonly commandId: number,
    readonly body: Buffer,
    readonly settled: Settled,
  ) {
    this.octets = body.length + systemId.length + OVERHEAD;
  }

  onResponse({ command_status: status }: { readonly command_status: number }): void {
    this.queue.answered(this, status);
  }

  onLost(reason: 'closed' | 'timeout'): void {
    this.queue.again(this, undefined, reason === 'closed' ? 0 : FIRST_RETRY);
  }
}

/**
 * What is to be delivered to an account as soon as one of its receivers has room,
 * in order. What was refused for a while, not answered or lost with its link goes back to its place.
 */
export class DeliveryQueue {
  readonly #scheduler: Scheduler;
  readonly #log: Log;
  readonly #receivers: (systemId: string) => readonly Session[];
  readonly #waiting = new Map<string, Delivery[]>();
  /** All that is not settled, the oldest first. */
  readonly #kept = new Set<Delivery>();
  #octets = 0;
  #added = 0;
  #turn = 0;
  #woken = false;

  /** `receivers`: the bound receivers of an account. */
  constructor(scheduler: Scheduler, log: Log, receivers: (systemId: string) => readonly Session[]) {
    this.#scheduler = scheduler;
    this.#log = log;
    this.#receivers = receivers;
  }

  /** How many deliveries wait for a receiver. */
  get length(): number {
    let sum = 0;
    for (const delivery of this.#waiting.values()) sum += delivery.length;
    return sum;
  }

  /** What all that is not settled takes of memory, roughly. */
  get octets(): number {
    return this.#octets;
  }

  /** `settled` is called once, with the client's command_status; undefined: given up. */
  add(systemId: string, commandId: number, body: Buffer, settled: Settled): void {
    const delivery = new Delivery(this, this.#added++, systemId, commandId, body, settled);
    this.#kept.add(delivery);
    this.#octets += delivery.octets;
    this.#waitingFor(systemId).push(delivery);
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

  #waitingFor(systemId: string): Delivery[] {
    let waiting = this.#waiting.get(systemId);
    if (!waiting) this.#waiting.set(systemId, (waiting = []));
    return waiting;
  }

  #send(systemId: string): void {
    const waiting = this.#waiting.get(systemId) ?? [];
    const receivers = this.#receivers(systemId);
    for (let idle = 0; waiting.length > 0 && idle < receivers.length;) {
      const receiver = receivers[this.#turn++ % receivers.length];
      const batch = waiting.splice(0, Math.min(receiver?.freeSlots ?? 0, BATCH));
      idle = batch.length === 0 ? idle + 1 : 0;
      if (batch.length > 0) receiver?.submit(batch);
    }
    if (waiting.length === 0) this.#waiting.delete(systemId);
  }

  answered(delivery: Delivery, status: number): void {
    const { kind } = describeStatus(status);
    if (kind === 'retry' || kind === 'throttle') this.again(delivery, status, retryDelay(delivery.tries));
    else this.#settle(delivery, status);
    this.wake();
  }

  /** Tries once more in `delay` milliseconds, if not too often already. */
  again(delivery: Delivery, status: number | undefined, delay: number): void {
    delivery.tries++;
    if (delivery.tries >= TRIES) return this.#settle(delivery, status);
    const back = (): void => {
      // It may have been given up meanwhile.
      if (!this.#kept.has(delivery)) return;
      const waiting = this.#waitingFor(delivery.systemId);
      const at = waiting.findIndex(({ serial }) => serial > delivery.serial);
      waiting.splice(at < 0 ? waiting.length : at, 0, delivery);
      this.wake();
    };
    if (delay === 0) back();
    else this.#scheduler.in(delay, back);
  }

  #settle(delivery: Delivery, status: number | undefined): void {
    if (!this.#kept.delete(delivery)) return;
    this.#octets -= delivery.octets;
    delivery.settled(status);
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
      this.#log.warn(
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
