import type { Clock } from '../../clock';
import { BoundedMap } from '../../collections';
import type { Log, LogLine } from '../../observability';
import type { CorrelationEntry, DeadReason, Home, Lease, Notice, QueueItem, Store } from '../../store';
import { repeat, sleep, within, type Repeated } from '../../waiting';
import { decodeNotice, encodeNotice, type Failed, type Told } from './notices';
import type { SegmentReceipt } from './outcomes';

/** What an instance hears of messages that it gave and others sent. */
export interface HomeListener {
  accepted(told: Told & { readonly event: 'accepted' }): void;
  /** Also of a message whose giver lives no more, where this instance is to tell of it. */
  failed(failed: Failed): void;
  receipt(id: string, receipt: SegmentReceipt): void;
  /** What expired before that date, epoch milliseconds, and was not heard of is not to be heard of any more. */
  overdue(before: number): void;
}

export interface HomingParts {
  readonly store: Pick<Store, 'home'>;
  readonly clock: Clock;
  readonly log: Log;
}

interface Pending {
  readonly notice: Notice;
  /** Its instance lives no more, or the store does not take it. */
  readonly untaken?: (() => void) | undefined;
  readonly done?: (() => void) | undefined;
}

const AT_ONCE = 1000;
/** Notices that wait for the store, at most; and their octets. */
const MOST = 10_000;
const MOST_OCTETS = 16 * 1024 * 1024;
/** Octets that one takes beside its own. */
const OVERHEAD = 300;
const FIRST_PAUSE = 250;
const LAST_PAUSE = 10_000;
/** Milliseconds that the answer to a receipt is held until the message's giver has it safe. */
const RECEIPT_WAIT = 2000;
/** Milliseconds between looks at who still waits; and after which, once a message expired, nothing comes. */
const LOOK_EVERY = 60_000;
const LATEST = 600_000;
/** Failures that were told here, so that none is told twice. */
const REMEMBERED = 1000;

/**
 * Outcomes of messages that another instance of a shared store has given are told there. Most go with the settlement,
 * in one step of the store; those that nothing is settled for (receipts, what a purge removed) go from here, in batches,
 * one at a time, and while the store is away they are tried again.
 */
export class Homing {
  readonly #parts: HomingParts;
  #next: Pending[] = [];
  #octets = 0;
  #running: Promise<void> | undefined;
  readonly #stopping = new AbortController();
  readonly #told = new BoundedMap<true>(REMEMBERED);
  #hasWarned = false;
  #looks: Repeated | undefined;

  constructor(parts: HomingParts) {
    this.#parts = parts;
  }

  // --- away from home ---

  /** Goes with the settlement of an accepted message; undefined: nobody elsewhere waits for that. */
  acceptedNotice({ item, state }: Lease): Notice | undefined {
    const instance = this.#elsewhere(item);
    if (instance === undefined || item.home?.until === 'queued') return undefined;
    return { instance, octets: encodeNotice({ event: 'accepted', id: item.id, state }) };
  }

  /** Goes with the settlement of a failed one; undefined: it is told here. */
  failedNotice(item: QueueItem, reason: DeadReason, state: Lease['state']): Notice | undefined {
    const instance = this.#elsewhere(item);
    if (instance === undefined) return undefined;
    const at = this.#parts.clock.now();
    return { instance, octets: encodeNotice({ event: 'failure', at, item, reason, state }) };
  }

  #elsewhere({ home: address }: Pick<QueueItem, 'home'>): string | undefined {
    if (address === undefined) return undefined;
    const { home } = this.#parts.store;
    return home && address.instance !== home.instance ? address.instance : undefined;
  }

  /** Without a settlement. `untaken`: its instance lives no more, or cannot be told. */
  tell(notice: Notice, untaken?: () => void): void {
    this.#give({ notice, untaken });
  }

  /**
   * A final receipt: where somebody in another instance waits for it, that is told. Resolves when that is safe, or takes
   * too long to be waited for; undefined: it is a matter of this instance.
   */
  receipt({ id, home: instance }: CorrelationEntry, receipt: SegmentReceipt): Promise<void> | undefined {
    if (instance === undefined || this.#elsewhere({ home: { instance, until: 'delivered' } }) === undefined)
      return undefined;
    const octets = encodeNotice({ event: 'receipt', id, receipt });
    const safe = new Promise<void>((done) => this.#give({ notice: { instance, octets }, done }));
    return within(this.#parts.clock, RECEIPT_WAIT, safe);
  }

  #give(pending: Pending): void {
    if (this.#stopping.signal.aborted) return giveUp(pending);
    this.#next.push(pending);
    this.#octets += sizeOf(pending);
    this.#bound();
    this.#running ??= this.#run();
  }

  #bound(): void {
    while (this.#next.length > MOST || this.#octets > MOST_OCTETS) {
      const oldest = this.#next.shift() as Pending;
      this.#octets -= sizeOf(oldest);
      giveUp(oldest);
    }
  }

  async #run(): Promise<void> {
    let pause = FIRST_PAUSE;
    // What one chunk of the socket brings goes together.
    await Promise.resolve();
    while (this.#next.length > 0) {
      const batch = this.#next.splice(0, AT_ONCE);
      for (const one of batch) this.#octets -= sizeOf(one);
      const untaken = await this.#tellAll(batch);
      if (untaken) {
        pause = FIRST_PAUSE;
        for (const one of batch) {
          if (untaken.has(one.notice)) one.untaken?.();
          one.done?.();
        }
      } else if (this.#stopping.signal.aborted) batch.forEach(giveUp);
      else {
        this.#next.unshift(...batch);
        for (const one of batch) this.#octets += sizeOf(one);
        this.#bound();
        await sleep(this.#parts.clock, pause, this.#stopping.signal);
        pause = Math.min(LAST_PAUSE, pause * 2);
      }
    }
    this.#running = undefined;
  }

  /** Undefined: the store does not take them. */
  async #tellAll(batch: readonly Pending[]): Promise<ReadonlySet<Notice> | undefined> {
    const { store, log } = this.#parts;
    try {
      return new Set(await store.home?.tell(batch.map(({ notice }) => notice)));
    } catch (error) {
      const line = { event: 'queue', stage: 'home', err: error } satisfies LogLine;
      log.debug(line, 'the store does not take what other instances are to be told; trying again');
      return undefined;
    }
  }

  /** Resolves when all that was given is told; each is tried only once from now on. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#looks?.stop();
    await this.#running;
  }

  // --- at home ---

  /** From now on hears of what this instance gave, where the store is shared. */
  listen(listener: HomeListener): void {
    const { store, clock } = this.#parts;
    const { home } = store;
    if (!home || this.#stopping.signal.aborted) return;
    home.listen((notices) => {
      for (const notice of notices) this.#heard(notice, home, listener);
    });
    // Whoever stood still for long is taken for dead: what it was to hear then was told elsewhere.
    this.#looks = repeat(clock, LOOK_EVERY, async () => listener.overdue(clock.now() - LATEST));
    this.#looks.start();
  }

  #heard({ instance, octets }: Notice, home: Home, listener: HomeListener): void {
    const told = decodeNotice(octets);
    if (told.event === 'unreadable') return this.#warn(told.reason);
    if (told.event === 'failure') {
      const key = `${told.item.id} ${told.at}`;
      if (this.#told.get(key)) return;
      this.#told.set(key, true);
      return listener.failed(told);
    }
    // Who waited for an adopted one lives no more.
    if (instance !== home.instance) return;
    if (told.event === 'accepted') listener.accepted(told);
    else listener.receipt(told.id, told.receipt);
  }

  #warn(reason: string): void {
    const line = { event: 'queue', stage: 'home', reason } satisfies LogLine;
    const text =
      `another instance tells of a message in a form that is not known here (${reason}); it is dropped, as are others ` +
      'like it: let all that share the queue run the same version';
    this.#parts.log[this.#hasWarned ? 'debug' : 'warn'](line, text);
    this.#hasWarned = true;
  }
}

const sizeOf = ({ notice: { octets } }: Pending): number => octets.length + OVERHEAD;

function giveUp({ untaken, done }: Pending): void {
  untaken?.();
  done?.();
}
