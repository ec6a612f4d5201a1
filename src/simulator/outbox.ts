import type { Log } from '../observability';
import { describeStatus, type Pdu } from '../protocol';
import type { OutboundRequest, RequestHandler, Session } from '../session';
import type { Agenda } from './agenda';

/** A request that is to reach some receiver of an account. */
export interface Parcel {
  readonly commandId: number;
  readonly body: Buffer;
  /** Called once, with the client's answer; undefined: given up. */
  settled(commandStatus: number | undefined): void;
}

interface Waiting extends Parcel {
  tries: number;
}

interface OutboxParts {
  readonly agenda: Agenda;
  readonly log: Log;
  /** The bound receivers of an account. */
  receivers(systemId: string): readonly Session[];
}

/** Per account; beyond that the oldest is given up. */
const CAPACITY = 10_000;
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
  readonly #waiting = new Map<string, Waiting[]>();
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

  post(systemId: string, parcel: Parcel): void {
    const parcels = this.#waiting.get(systemId) ?? [];
    this.#waiting.set(systemId, parcels);
    // A copy would have the wrong `this`.
    parcels.push({
      commandId: parcel.commandId,
      body: parcel.body,
      settled: (status) => parcel.settled(status),
      tries: 0,
    });
    if (parcels.length > CAPACITY) this.#overflow(systemId, parcels);
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
      receiver.submit(batch.map((parcel) => this.#request(systemId, parcel)));
    }
    if (parcels.length === 0) this.#waiting.delete(systemId);
  }

  #request(systemId: string, parcel: Waiting): OutboundRequest {
    const handler: RequestHandler = {
      onResponse: (response) => this.#answered(systemId, parcel, response),
      onLost: (reason) => this.#again(systemId, parcel, undefined, reason === 'closed' ? 0 : FIRST_RETRY),
    };
    return { commandId: parcel.commandId, body: parcel.body, handler };
  }

  #answered(systemId: string, parcel: Waiting, { command_status: status }: Pdu): void {
    const { kind } = describeStatus(status);
    if (kind === 'retry' || kind === 'throttle')
      this.#again(systemId, parcel, status, retryDelay(parcel.tries));
    else parcel.settled(status);
    this.wake();
  }

  #again(systemId: string, parcel: Waiting, status: number | undefined, delay: number): void {
    parcel.tries++;
    if (parcel.tries >= TRIES) return parcel.settled(status);
    const back = (): void => {
      const parcels = this.#waiting.get(systemId) ?? [];
      this.#waiting.set(systemId, parcels);
      parcels.unshift(parcel);
      this.wake();
    };
    if (delay === 0) back();
    else this.#parts.agenda.in(delay, back);
  }

  #overflow(systemId: string, parcels: Waiting[]): void {
    const facts = { event: 'outbox', stage: 'full', system_id: systemId };
    this.#parts.log.warn(
      facts,
      `more than ${CAPACITY} receipts wait for a receiver of ${systemId}; the oldest are lost`,
    );
    parcels.shift()?.settled(undefined);
  }
}

/** 1, 2, 4 … s, at most 30. */
export function retryDelay(tries: number): number {
  return Math.min(LAST_RETRY, FIRST_RETRY * 2 ** tries);
}
