import { BoundedMap } from '../../collections';
import {
  acceptSegment,
  addUnsuccess,
  isAccepted,
  type DeliveryState,
  type Lease,
  type Unsuccess,
} from '../../store';
import { isTimeout, withLimit } from '../../waiting';
import type { DispatcherParts } from './dispatcher-parts';

export interface LateAcceptancesParts extends Pick<DispatcherParts, 'store' | 'clock' | 'log'> {
  /** Resolves when what was given to the store is written. */
  readonly written: () => Promise<void>;
  /** Lets nothing be sent for as long as the work takes: what is looked at is leased, and would be overtaken. */
  readonly hold: (work: () => Promise<void>) => Promise<void>;
  /** These are accepted. */
  readonly accepted: (leases: readonly Lease[]) => void;
}

const REMEMBERED = 10_000;
/** Messages looked at, at most: what came back lies in front. */
const MOST = 200;
/** Milliseconds. */
const PATIENCE = 1000;

/**
 * What the SMSC accepts after all of messages that are in the store, where their state cannot be written: kept here
 * until they are taken, or have gone another way. Those of which everything is accepted are taken out at once, also
 * while nothing is sent: whoever waits for them need not wait on, and a crash meanwhile does not send them again. What
 * is not found ends when its turn comes.
 */
export class LateAcceptances {
  readonly #parts: LateAcceptancesParts;
  /** By the id of the message: how its last lease left it, and what was accepted since. */
  readonly #left = new BoundedMap<Pick<Lease, 'item' | 'state'>>(REMEMBERED);
  /** Ids of messages that need not be sent any more. What is forgotten in `#left` has no end here. */
  readonly #complete = new BoundedMap<true>(REMEMBERED);
  #again = false;
  #running: Promise<void> | undefined;

  constructor(parts: LateAcceptancesParts) {
    this.#parts = parts;
  }

  /** It goes back to the store, and an answer to it may still come. */
  expect({ item, state }: Lease): void {
    this.#left.set(item.id, { item, state });
  }

  /** Its end is known, or is to be found out elsewhere. */
  forget(id: string): void {
    this.#left.delete(id);
    this.#complete.delete(id);
  }

  /** A segment of a message that is not leased. */
  accepted(id: string, segment: number, messageId: string, refused: readonly Unsuccess[]): void {
    const left = this.#left.get(id);
    if (!left) return;
    acceptSegment(left.state, segment, messageId);
    addUnsuccess(left.state, refused);
    if (!isAccepted(left)) return;
    this.#complete.set(id, true);
    this.#again = true;
    this.#running ??= this.#run();
  }

  /** Adds what is known here of a message to what the store knows; from then on that alone counts. */
  moveTo(id: string, state: DeliveryState): void {
    const known = this.#left.get(id)?.state;
    if (!known) return;
    this.forget(id);
    known.accepted.forEach((messageId, segment) => {
      if (messageId !== null) acceptSegment(state, segment, messageId);
    });
    for (const messageId of known.alsoAccepted ?? []) acceptSegment(state, 0, messageId);
    addUnsuccess(state, known.unsuccess ?? []);
  }

  /** Resolves when nothing is leased for it. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const { written, hold, log } = this.#parts;
    try {
      // All that one chunk of the socket brings makes one look.
      await Promise.resolve();
      while (this.#again && this.#complete.size > 0) {
        this.#again = false;
        await written();
        await hold(() => this.#take());
      }
    } catch (error) {
      const text = 'what was accepted late could not be taken out';
      if (!isTimeout(error)) log.debug({ event: 'queue', stage: 'late', err: error }, text);
    }
    this.#again = false;
    this.#running = undefined;
  }

  async #take(): Promise<void> {
    const { accepted, clock } = this.#parts;
    const { queue } = this.#parts.store;
    const { queued, delayed } = await queue.stats();
    // To take from an empty queue is to wait.
    if (this.#complete.size === 0 || queued <= delayed) return;
    const leases = await withLimit(clock, PATIENCE, (signal) => queue.take(MOST, { signal }));
    const isOver = new Set(leases.filter(({ item }) => this.#complete.get(item.id)));
    accepted([...isOver]);
    const others = leases.filter((lease) => !isOver.has(lease));
    if (others.length > 0) await queue.release(others);
  }
}
