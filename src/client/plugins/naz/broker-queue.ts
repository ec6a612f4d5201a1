import type { TimerHandle } from '../../../clock';
import { quoting, traceFacts, type LogLine } from '../../../observability';
import type { DeliveryState, Lease, OutboundQueue, QueueItem, QueueStats, Settlement } from '../../../store';
import type { PluginContext } from '../plugins';
import { unlessAborted } from '../../../waiting';
import { fresh, readRecord, recordOf, type Held } from './broker-record';
import type { NazBroker } from './types';

/** Milliseconds until a broker that had nothing, or only what cannot be sent, is asked again. */
const EMPTY_PAUSE = 1000;

interface Entry extends Held {
  /** The order in which the broker gave them. */
  readonly order: number;
}

/**
 * A queue before a broker that hands each message out for good: what was taken out and is not settled is here, in
 * memory. One message is taken out at a time, and only while somebody waits for it.
 */
export class BrokerQueue implements OutboundQueue {
  readonly #broker: NazBroker;
  readonly #context: PluginContext;
  /** In the order in which the broker gave them. */
  #ready: Entry[] = [];
  readonly #leased = new Set<Entry>();
  readonly #delayed = new Map<Entry, TimerHandle>();
  /** The message that the broker is asked for. */
  #fetching: Promise<void> | undefined;
  /** While the broker gets a batch, one by one: what is enqueued meanwhile comes behind it. */
  #batch: Promise<void> | undefined;
  #order = 0;
  #closed = false;
  /** Those who take and wait. */
  readonly #waiting = new Set<() => void>();
  #endPause: () => void = () => undefined;

  constructor(broker: NazBroker, context: PluginContext) {
    this.#broker = broker;
    this.#context = context;
  }

  /** Of a batch with which the broker fails halfway, the first ones are queued. */
  async enqueue(
    items: readonly QueueItem[],
    { states }: { states?: readonly DeliveryState[] } = {},
  ): Promise<string[]> {
    const before = this.#batch;
    if (!before && items.length === 1) return this.#give(items, states);
    const batch = before ? before.then(() => this.#give(items, states)) : this.#give(items, states);
    const end = (): void => {
      if (this.#batch === ended) this.#batch = undefined;
    };
    const ended: Promise<void> = batch.then(end, end);
    this.#batch = ended;
    return batch;
  }

  async #give(items: readonly QueueItem[], states: readonly DeliveryState[] | undefined): Promise<string[]> {
    for (const [index, item] of items.entries()) {
      await this.#broker.enqueue(recordOf({ item, state: states?.[index] }));
    }
    return items.map(({ id }) => id);
  }

  async take(max: number, { signal }: { signal: AbortSignal }): Promise<Lease[]> {
    for (;;) {
      signal.throwIfAborted();
      const taken = this.#ready.splice(0, Math.max(1, max));
      for (const entry of taken) this.#leased.add(entry);
      if (taken.length > 0) return taken.map((entry) => ({ ...entry, token: entry }));
      await unlessAborted(Promise.race([this.#fetch(), this.#change()]), signal);
    }
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    for (const settlement of settlements) {
      const entry = this.#returned(settlement.lease);
      if (entry && settlement.outcome === 'retry') this.#delay(entry, settlement.notBefore);
    }
  }

  /** Nothing is written back: what was taken out is nowhere but here. */
  async extend(): Promise<void> {
    await Promise.resolve();
  }

  async release(leases: readonly Lease[]): Promise<void> {
    for (const lease of leases) {
      const entry = this.#returned(lease);
      if (entry) this.#add(entry);
    }
  }

  /** Of what was taken out: how much the broker has, it does not tell. */
  async stats(): Promise<QueueStats> {
    const entries = [...this.#ready, ...this.#delayed.keys()];
    const oldestAt = Math.min(...entries.map(({ item }) => item.enqueuedAt));
    const counts = { queued: entries.length, delayed: this.#delayed.size, leased: this.#leased.size };
    return entries.length === 0 ? counts : { ...counts, oldestAt };
  }

  /** Of what was taken out; the broker's own is left to it. */
  async purge(): Promise<{ removed: number; items: QueueItem[] }> {
    const items = [...this.#ready.splice(0), ...this.#undelayed()].map(({ item }) => item);
    return { removed: items.length, items };
  }

  /** All that was taken out goes back to the broker; what it gives from now on, too. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#endPause();
    const entries = [...this.#ready.splice(0), ...this.#leased, ...this.#undelayed()];
    this.#leased.clear();
    for (const entry of entries.sort((a, b) => a.order - b.order)) await this.#giveBack(entry);
  }

  #returned(lease: Lease): Entry | undefined {
    const entry = lease.token as Entry;
    return this.#leased.delete(entry) ? { ...entry, state: lease.state } : undefined;
  }

  #add(entry: Entry): void {
    const at = this.#ready.findIndex(({ order }) => order > entry.order);
    this.#ready.splice(at < 0 ? this.#ready.length : at, 0, entry);
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #delay(entry: Entry, notBefore: number): void {
    const { clock } = this.#context;
    const due = (): void => {
      this.#delayed.delete(entry);
      this.#add(entry);
    };
    this.#delayed.set(entry, clock.setTimeout(due, Math.max(0, notBefore - clock.now())));
  }

  #undelayed(): Entry[] {
    const entries = [...this.#delayed.keys()];
    for (const timer of this.#delayed.values()) this.#context.clock.clearTimeout(timer);
    this.#delayed.clear();
    return entries;
  }

  /** One at a time, for all who take; it goes on when they give up, and what it brings is kept. */
  #fetch(): Promise<void> {
    this.#fetching ??= this.#fetchOne().then(
      () => {
        this.#fetching = undefined;
        this.#wake();
      },
      (error: unknown) => {
        this.#fetching = undefined;
        // Who waits gets the error: woken, it would ask again at once, for ever.
        this.#waiting.clear();
        throw error;
      },
    );
    return this.#fetching;
  }

  async #fetchOne(): Promise<void> {
    const given = await this.#broker.dequeue();
    const held = given === undefined || given === null ? undefined : await this.#read(given);
    if (!held) return this.#pause();
    const entry = { ...held, order: this.#order++ };
    if (this.#closed) await this.#giveBack(entry);
    else this.#add(entry);
  }

  #pause(): Promise<void> {
    const { clock } = this.#context;
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, EMPTY_PAUSE);
      this.#endPause = () => (clock.clearTimeout(timer), resolve());
    });
  }

  /** Undefined where it cannot be sent: then it is told, and passed over as the next tries would fail as well. */
  async #read(given: unknown): Promise<Held | undefined> {
    const { log } = this.#context;
    try {
      const read = readRecord(given);
      if ('item' in read) return read;
      const item = await this.#context.prepare(read.fields);
      return { item, state: fresh(item.segments.length) };
    } catch (error) {
      const { code } = error as { code?: string };
      const err = quoting(error, given);
      const facts = { event: 'queue', stage: 'refused', code, err } satisfies LogLine;
      log.error(facts, `an item of the broker cannot be sent: ${(error as Error).message}`);
      return undefined;
    }
  }

  async #giveBack({ item, state }: Held): Promise<void> {
    let record;
    try {
      record = recordOf({ item, state });
      await this.#broker.enqueue(record);
    } catch (error) {
      const { id, correlationId: correlation_id } = item;
      const trace = item.trace && traceFacts(item.trace);
      const facts = {
        event: 'queue',
        stage: 'lost',
        id,
        correlation_id,
        ...trace,
        err: quoting(error, [item, record]),
      } satisfies LogLine;
      this.#context.log.error(facts, 'the broker does not take back a message that is not sent; it is lost');
    }
  }
}
