import type { LogLine } from '../../../observability';
import { steadyTime, type SteadyTime, type TimerHandle } from '../../../clock';
import {
  Reassembler,
  type JoinedEntry,
  type JoinedMessage,
  type MessagePart,
  type ReassemblyEntry,
} from '../../../text';
import { GivenUp } from './given-up';
import type { Joined, Joiner, ReassemblyParts } from './joiner';
import { LOCAL } from './local-parts';

/** Of messages that were told: their parts may come again, across a restart too. */
const JOINED = 'reassembled:';

/** Joins the parts of long messages that this client alone hears, and keeps what waits as safe as the store makes it. */
export class LocalReassembly implements Joiner {
  readonly #parts: ReassemblyParts;
  readonly #reassembler: Reassembler;
  /** What is stored outlives the process: as dates, but of a clock that nobody sets. */
  readonly #time: SteadyTime;
  #timer: TimerHandle | undefined;
  #loaded: Promise<void> | undefined;
  #stopped = false;
  readonly #givenUp: GivenUp;

  constructor(parts: ReassemblyParts) {
    this.#parts = parts;
    this.#givenUp = new GivenUp(parts.log, this);
    this.#time = steadyTime(parts.clock);
    this.#reassembler = new Reassembler({ timeout: parts.timeout });
  }

  /** Who hears of messages of which parts did not come, and resolves with whether it took them. */
  onIncomplete(handler: (message: JoinedMessage) => Promise<boolean>): void {
    this.#givenUp.handler = handler;
  }

  get waiting(): number {
    return this.#reassembler.size;
  }

  /** Takes up what an earlier client left waiting. */
  start(): void {
    this.#ready().catch((error: unknown) => {
      const line = { event: 'reassembly', stage: 'load', err: error } satisfies LogLine;
      this.#parts.log.warn(line, 'parts of long messages cannot be read from the store now; trying again');
    });
  }

  /**
   * With the whole message, or without while parts are missing: then the part is as safe as the store makes it
   * when this resolves. Who has told of the message says so by {@link told} or {@link reopen}.
   */
  async add(part: MessagePart): Promise<Joined> {
    await this.#ready();
    const { incomplete, ...added } = this.#reassembler.add(part, this.#time.now());
    const { key, message } = added;
    for (const given of incomplete) this.#givenUp.tell(given);
    this.#arm();
    if (!message && this.#parts.store.capabilities.durable) await this.#keep(key);
    await this.#givenUp.untilFew();
    return added;
  }

  /** The SMSC sends the last part again: the others wait for it as before. Without `last`: all that came wait. */
  async reopen(message: JoinedMessage, last?: MessagePart): Promise<void> {
    const { key } = message;
    // Another message may have the key by now.
    if (this.#reassembler.has(key)) return;
    this.#reassembler.reopen(message, last?.part, this.#time.now());
    this.#arm();
    if (this.#parts.store.capabilities.durable) await this.#keep(key);
  }

  /** Only now its parts are dropped from the store: a crash before that tells it again. */
  async told({ key }: JoinedMessage): Promise<void> {
    // Another message may have the key by now.
    if (this.#reassembler.has(key)) return;
    const { state, capabilities } = this.#parts.store;
    const joined = capabilities.durable ? this.#reassembler.exportJoined(key) : undefined;
    try {
      const ttl = this.#reassembler.duplicateWindow;
      const known = joined && state.set(JOINED + key, Buffer.from(JSON.stringify(joined)), ttl);
      await Promise.all([known, state.delete([LOCAL + key])]);
    } catch (error) {
      const line = { event: 'reassembly', stage: 'drop', err: error } satisfies LogLine;
      this.#parts.log.warn(line, 'the parts of a message that was delivered stay in the store');
    }
  }

  /** Leaves what waits to the next client that opens the store. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#parts.clock.clearTimeout(this.#timer);
    if (!this.#parts.store.capabilities.durable)
      await Promise.all(this.#reassembler.keys().map((key) => this.#keep(key)));
  }

  async #keep(key: string): Promise<void> {
    const { store, timeout } = this.#parts;
    const entry = this.#reassembler.exportEntry(key);
    if (!entry) return;
    // Longer than the time-out, so that what came is still told after a restart.
    await store.state.set(LOCAL + key, Buffer.from(JSON.stringify(entry)), 2 * timeout);
  }

  /** Rejects while the store is away; then the next call tries again. */
  async #ready(): Promise<void> {
    try {
      await (this.#loaded ??= this.#load());
    } catch (error) {
      this.#loaded = undefined;
      throw error;
    }
  }

  async #load(): Promise<void> {
    const joined = await this.#stored<JoinedEntry>(JOINED, ({ at }) => at);
    // The wall clock may have been set back since: none waits longer for that.
    const now = this.#time.now();
    this.#each(joined, (entry) => this.#reassembler.importJoined({ ...entry, at: Math.min(entry.at, now) }));
    const waiting = await this.#stored<ReassemblyEntry>(LOCAL, ({ lastAt }) => lastAt);
    this.#each(waiting, (entry) => {
      const lastAt = Math.min(entry.lastAt, now);
      const incomplete = this.#reassembler.importEntry({ ...entry, lastAt });
      for (const given of incomplete) this.#givenUp.tell(given);
    });
    // Else they would be in memory twice; what waits is written again at the end.
    if (!this.#parts.store.capabilities.durable && waiting.length > 0)
      await this.#parts.store.state.delete(waiting.map(({ key }) => LOCAL + key));
    this.#arm();
  }

  /** What is stored under a prefix, the oldest first. */
  async #stored<T>(prefix: string, timeOf: (entry: T) => number): Promise<T[]> {
    const found: { entry: T; time: number }[] = [];
    this.#each(await this.#parts.store.state.list(prefix), ([, value]) => {
      const entry = JSON.parse(value.toString()) as T;
      found.push({ entry, time: timeOf(entry) });
    });
    return found.sort((one, other) => one.time - other.time).map(({ entry }) => entry);
  }

  /** What comes from a disk may be anything: an entry that cannot be read is passed over. */
  #each<T>(entries: readonly T[], take: (entry: T) => void): void {
    for (const entry of entries) {
      try {
        take(entry);
      } catch (error) {
        const line = { event: 'reassembly', stage: 'load', err: error } satisfies LogLine;
        this.#parts.log.warn(line, 'a stored part of a long message cannot be read; it is passed over');
      }
    }
  }

  #arm(): void {
    const { clock } = this.#parts;
    const next = this.#reassembler.nextExpiry();
    clock.clearTimeout(this.#timer);
    if (next === undefined || this.#stopped) return;
    this.#timer = clock.setTimeout(
      () => {
        for (const message of this.#reassembler.expire(this.#time.now())) this.#givenUp.tell(message);
        this.#arm();
      },
      Math.max(1, next - this.#time.now()),
    );
  }
}
