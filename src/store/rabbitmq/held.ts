import type { Clock } from '../../clock';
import { BoundedMap, LinkedMap } from '../../collections';
import type { DeliveryState, QueueItem } from '../types';
import { newDeliveryState } from '../delivery-state';
import type { Acks } from './acks';
import { EntryBuffer } from './buffer';
import { Entry, type Delivery } from './entry';
import type { Names } from './names';
import { asDelayed, asRetry, HELD_PAUSE } from './outgoing';
import type { Outgoing, Publisher } from './publisher';
import type { BrokerRecord } from './record';

/** Ids of messages that are through, so that a leftover of one is known. */
const MOST_GONE = 100_000;
/** Messages of which something is known that the broker does not know. */
const MOST_REMEMBERED = 20_000;

/** What was known of a message when its link was lost. */
interface Remembered {
  readonly serial: number;
  readonly state: DeliveryState | undefined;
  /** Epoch milliseconds. */
  readonly notBefore: number | undefined;
  /** Times that the broker had it back, by which it was not leased; undefined: it was. */
  readonly untouched: number | undefined;
}

export interface HeldOptions {
  readonly clock: Clock;
  readonly names: Names;
  readonly publisher: Publisher;
}

/** What the broker has given to this process: what is ready, what is leased, and what is on its way back. */
export class Held {
  readonly buffer = new EntryBuffer();
  readonly #options: HeldOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #gone = new BoundedMap<number>(MOST_GONE);
  readonly #remembered = new BoundedMap<Remembered>(MOST_REMEMBERED);
  readonly #putOff = new LinkedMap<string, { readonly enqueuedAt: number; readonly notBefore: number }>();
  #acks: Acks | undefined;
  /** Deliveries so far. */
  arrived = 0;

  constructor(options: HeldOptions) {
    this.#options = options;
  }

  attach(acks: Acks): void {
    this.#acks = acks;
  }

  /** The link is lost: what was not leased is given to somebody else, or again; leases go on. */
  detach(): void {
    this.#acks = undefined;
    for (const entry of this.buffer.drain()) {
      this.#entries.delete(entry.id);
      const notBefore = this.#dateOf(entry.dueAt);
      this.#remember(entry, notBefore);
    }
    for (const entry of this.#entries.values()) entry.delivery = undefined;
  }

  #remember({ id, serial, state, wasLeased, returns }: Entry, notBefore: number | undefined): void {
    const untouched = wasLeased ? undefined : returns;
    this.#remembered.set(id, { serial, state, notBefore, untouched });
  }

  /** Delivered, and not acknowledged. */
  get length(): number {
    let count = 0;
    for (const { delivery } of this.#entries.values()) if (delivery) count++;
    return count;
  }

  get acks(): Acks | undefined {
    return this.#acks;
  }

  /** A message of this id is new, whatever was before. */
  expect(item: QueueItem): void {
    this.#gone.delete(item.id);
  }

  /** A message has come. Whether it is one more that may be leased. */
  take(record: BrokerRecord, delivery: Delivery, isRedelivered: boolean): boolean {
    const { id } = record.item;
    this.arrived++;
    const gone = this.#gone.get(id);
    if (gone !== undefined && record.serial <= gone) return this.#drop(delivery);
    const held = this.#entries.get(id);
    if (held?.delivery) return this.#drop(delivery);
    if (held) {
      held.delivery = delivery;
      held.returns = delivery.returns;
      return false;
    }
    const entry = new Entry(record, delivery, this.arrived);
    this.#entries.set(id, entry);
    const notBefore = this.#recall(entry, isRedelivered) ?? record.notBefore;
    return this.#place(entry, notBefore);
  }

  /** What is known of it beside its record. Returns until when it waits. */
  #recall(entry: Entry, isRedelivered: boolean): number | undefined {
    const known = this.#remembered.get(entry.id);
    this.#remembered.delete(entry.id);
    const isSame = known?.serial === entry.serial;
    if (isSame && known.state) entry.state = known.state;
    const { returns = 0 } = entry.delivery ?? {};
    const isUntouched = isSame && known.untouched !== undefined && returns <= known.untouched + 1;
    if (isRedelivered && !isUntouched)
      entry.state = { ...(entry.state ?? newDeliveryState(entry.item)), redelivered: true };
    return isSame ? known.notBefore : undefined;
  }

  #place(entry: Entry, notBefore: number | undefined): boolean {
    const pause = notBefore === undefined ? 0 : notBefore - this.#options.clock.now();
    if (pause <= 0) this.buffer.push(entry);
    else if (pause <= HELD_PAUSE) this.buffer.delay(entry, this.#options.clock.monotonic() + pause);
    else void this.move([entry], [this.putOffMessage(entry, notBefore as number)]).catch(() => undefined);
    return true;
  }

  #drop({ source, tag }: Delivery): false {
    source.settled();
    this.#acks?.ack(tag);
    return false;
  }

  /** Back at its place, with its state. */
  putBack(entry: Entry, pause = 0): void {
    // What happened to it is in its state.
    entry.wasLeased = false;
    if (!entry.delivery) {
      // The broker has given it to somebody by now, or will give it again.
      this.#entries.delete(entry.id);
      const notBefore = pause > 0 ? this.#options.clock.now() + pause : undefined;
      this.#remember(entry, notBefore);
    } else if (pause > 0) this.buffer.delay(entry, this.#options.clock.monotonic() + pause);
    else this.buffer.push(entry);
  }

  /** It is through. */
  end(entry: Entry): void {
    this.#entries.delete(entry.id);
    this.#gone.set(entry.id, entry.serial);
    const { delivery } = entry;
    entry.delivery = undefined;
    if (delivery) this.#drop(delivery);
  }

  /** A message that comes after a pause that is too long to be waited for here. */
  putOffMessage(entry: Entry, notBefore: number): Outgoing {
    this.#putOff.set(entry.id, { enqueuedAt: entry.item.enqueuedAt, notBefore });
    this.#putOff.shrink(MOST_REMEMBERED);
    const pause = notBefore - this.#options.clock.now();
    return asDelayed(this.#options.names, { ...this.#again(entry), notBefore }, pause);
  }

  /** Ends the entries when the broker has what stands for them. */
  async move(entries: readonly Entry[], messages: readonly Outgoing[]): Promise<void> {
    await this.#options.publisher.publish(messages);
    for (const entry of entries) this.end(entry);
  }

  #again({ item, serial, state }: Entry): BrokerRecord {
    return { item, serial: serial + 1, state };
  }

  /**
   * All of these for whoever takes them, before what is new, in their order. Written anew rather than handed back, for then
   * the broker could not say which of them were never sent.
   */
  async giveBack(entries: readonly Entry[]): Promise<void> {
    const { names } = this.#options;
    const given = entries.filter(({ delivery }) => delivery !== undefined);
    const messages = given.map((entry) =>
      asRetry(names, { ...this.#again(entry), notBefore: this.#dateOf(entry.dueAt) }),
    );
    await this.move(given, messages);
  }

  #dateOf(dueAt: number | undefined): number | undefined {
    const { clock } = this.#options;
    return dueAt === undefined ? undefined : clock.now() + dueAt - clock.monotonic();
  }

  /** The `enqueuedAt` of the oldest that is here and not leased, or that was put off from here; Infinity: of none. */
  oldestAt(): number {
    const now = this.#options.clock.now();
    let oldest = this.buffer.oldestAt();
    for (const [id, { enqueuedAt, notBefore }] of this.#putOff)
      if (notBefore > now) oldest = Math.min(oldest, enqueuedAt);
      else this.#putOff.delete(id);
    return oldest;
  }

  /** All that have been delivered, in their order. */
  all(): Entry[] {
    return [...this.#entries.values()].sort((a, b) => a.rank - b.rank || a.order - b.order);
  }
}
