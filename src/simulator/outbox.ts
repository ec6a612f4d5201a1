import type { Log } from '../observability';
import { describeStatus } from '../protocol';
import type { OutboundRequest, RequestHandler, ResponseView, Session } from '../session';
import type { Agenda } from './agenda';

/** A request that is to reach some receiver of an account. */
export interface Parcel {
  readonly commandId: number;
  readonly body: Buffer;
  /** Called once, with the client's answer; undefined: given up. */
  settled(commandStatus: number | undefined): void;
}

interface Kept {
  readonly systemId: string;
  readonly parcel: Parcel;
  tries: number;
}

interface OutboxParts {
  readonly agenda: Agenda;
  readonly log: Log;
  /** The bound receivers of an account. */
  receivers(systemId: string): readonly Session[];
}

/** Of all accounts together, also what is on its way or waits to be tried again; beyond that the oldest is given up. */
const CAPACITY = 10_000;
const MOST_OCTETS = 16 * 1024 * 1024;
/** Beside its body, what keeping a parcel costs. Measured. */
const OVERHEAD = 700;
/** Written at once to one link. */
const BATCH = 64;
const TRIES = 8;
const FIRST_RETRY = 1000;
const LAST_RETRY = 30_000;

/**
 * What is to be delivered to an account as soon as one of its receivers has room,
 * in order. A temporary refusal, a time-out or a lost link brings it back.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #waiting = new Map<string, Kept[]>();
  /** All that is not settled, the oldest first. */
  readonly #kept = new Set<Kept>();
  #octets = 0;
  #turn = 0;
  #pumping: NodeJS.Immediate | undefined;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** How many parcels wait for a receiver. */
  get length(): number {
    let sum = 0;
    for (const parcels of this.#waiting.values()) sum += parcels.length;
    return sum;
  }

  /** What is kept takes of memory, roughly. */
  get octets(): number {
    return this.#octets;
  }

  post(systemId: string, parcel: Parcel): void {
    const kept = { systemId, parcel, tries: 0 };
    this.#kept.add(kept);
    this.#octets += octetsOf(kept);
    this.#parcelsOf(systemId).push(kept);
    this.#overflow();
    this.wake();
  }

  /** To be called when a receiver has come or has room again. One look per turn, so that what is ready leaves in one write. */
  wake(): void {
    this.#pumping ??= setImmediate(() => {
      this.#pumping = undefined;
      for (const systemId of this.#waiting.keys()) this.#pump(systemId);
    });
  }

  clear(): void {
    clearImmediate(this.#pumping);
    this.#pumping = undefined;
    this.#waiting.clear();
    this.#kept.clear();
    this.#octets = 0;
  }

  #parcelsOf(systemId: string): Kept[] {
    const parcels = this.#waiting.get(systemId) ?? [];
    this.#waiting.set(systemId, parcels);
    return parcels;
  }

  #pump(systemId: string): void {
    const parcels = this.#waiting.get(systemId) ?? [];
    const receivers = this.#parts.receivers(systemId);
    for (let idle = 0; parcels.length > 0 && idle < receivers.length;) {
      const receiver = receivers[this.#turn++ % receivers.length];
      const batch = parcels.splice(0, Math.min(receiver?.freeSlots ?? 0, BATCH));
      if (!receiver || batch.length === 0) {
        idle++;
        continue;
      }
      idle = 0;
      receiver.submit(batch.map((kept) => this.#request(kept)));
    }
    if (parcels.length === 0) this.#waiting.delete(systemId);
  }

  #request(kept: Kept): OutboundRequest {
    const handler: RequestHandler = {
      onResponse: (response) => this.#answered(kept, response),
      onLost: (reason) => this.#again(kept, undefined, reason === 'closed' ? 0 : FIRST_RETRY),
    };
    return { commandId: kept.parcel.commandId, body: kept.parcel.body, handler };
  }

  #answered(kept: Kept, { command_status: status }: ResponseView): void {
    const { kind } = describeStatus(status);
    if (kind === 'retry' || kind === 'throttle') this.#again(kept, status, retryDelay(kept.tries));
    else this.#settle(kept, status);
    this.wake();
  }

  #again(kept: Kept, status: number | undefined, delay: number): void {
    kept.tries++;
    if (kept.tries >= TRIES) return this.#settle(kept, status);
    const back = (): void => {
      // It may have been given up meanwhile.
      if (!this.#kept.has(kept)) return;
      this.#parcelsOf(kept.systemId).unshift(kept);
      this.wake();
    };
    if (delay === 0) back();
    else this.#parts.agenda.in(delay, back);
  }

  #settle(kept: Kept, status: number | undefined): void {
    if (!this.#kept.delete(kept)) return;
    this.#octets -= octetsOf(kept);
    kept.parcel.settled(status);
  }

  #overflow(): void {
    for (const oldest of this.#kept) {
      if (this.#kept.size <= CAPACITY && this.#octets <= MOST_OCTETS) return;
      const { systemId } = oldest;
      const parcels = this.#waiting.get(systemId) ?? [];
      // The oldest of all is the first of its account, or nearly.
      const at = parcels.indexOf(oldest);
      if (at >= 0) parcels.splice(at, 1);
      if (parcels.length === 0) this.#waiting.delete(systemId);
      this.#parts.log.warn(
        { event: 'outbox', stage: 'full', system_id: systemId },
        `too many receipts wait for receivers (at most ${CAPACITY}, ${MOST_OCTETS / 1024 / 1024} MiB): the oldest, of ${systemId}, is lost`,
      );
      this.#settle(oldest, undefined);
    }
  }
}

function octetsOf({ parcel, systemId }: Kept): number {
  return parcel.body.length + systemId.length + OVERHEAD;
}

/** 1, 2, 4 … s, at most 30. */
export function retryDelay(tries: number): number {
  return Math.min(LAST_RETRY, FIRST_RETRY * 2 ** tries);
}
