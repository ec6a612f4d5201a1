import type { Clock, TimerHandle } from '../clock';
import type { Log } from '../observability';
import type { Store } from '../store';
import {
  Reassembler,
  type AddResult,
  type JoinedMessage,
  type MessagePart,
  type ReassemblyEntry,
} from '../text';

export interface JoiningParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Where parts are kept: each when it comes, if the store outlives the process, else when the client stops. */
  readonly store: Pick<Store, 'state' | 'capabilities'>;
  /** Milliseconds after the last part. */
  readonly timeout: number;
}

const PREFIX = 'reassembly:';

/** Joins the parts of long messages, and keeps what waits as safe as the store makes it. */
export class Joining {
  readonly #parts: JoiningParts;
  readonly #reassembler: Reassembler;
  #timer: TimerHandle | undefined;
  #loaded: Promise<void> | undefined;
  #stopped = false;
  /** Messages that wait for parts, by their key. */
  readonly #waiting = new Set<string>();
  #incomplete: (message: JoinedMessage) => Promise<void> = () => Promise.resolve();

  constructor(parts: JoiningParts) {
    this.#parts = parts;
    this.#reassembler = new Reassembler({ timeout: parts.timeout });
  }

  /** Who hears of messages of which parts did not come. */
  onIncomplete(handler: (message: JoinedMessage) => Promise<void>): void {
    this.#incomplete = handler;
  }

  /** Takes up what an earlier client left waiting. */
  start(): void {
    this.#ready().catch((error: unknown) => {
      const line = { event: 'reassembly', stage: 'load', err: error };
      this.#parts.log.warn(line, 'parts of long messages cannot be read from the store now; trying again');
    });
  }

  /**
   * With the whole message, or without while parts are missing: then the part is as safe as the store makes it
   * when this resolves. Who has told of the message says so by {@link told} or {@link reopen}.
   */
  async add(part: MessagePart): Promise<Omit<AddResult, 'incomplete'>> {
    await this.#ready();
    const { incomplete, ...added } = this.#reassembler.add(part, this.#parts.clock.now());
    const { key, status, message } = added;
    for (const given of incomplete) this.#giveUp(given);
    if (status === 'waiting') this.#waiting.add(key);
    if (message) this.#waiting.delete(key);
    this.#arm();
    if (!message && this.#parts.store.capabilities.durable) await this.#keep(key);
    return added;
  }

  /** The centre sends the last part again: the others wait for it as before. */
  async reopen(message: JoinedMessage, last: MessagePart): Promise<void> {
    const { key } = message;
    // Another message may have the key by now.
    if (this.#waiting.has(key)) return;
    this.#reassembler.reopen(message, last.part, this.#parts.clock.now());
    if (message.total > 1) this.#waiting.add(key);
    this.#arm();
    if (this.#parts.store.capabilities.durable) await this.#keep(key);
  }

  /** Only now its parts are dropped from the store: a crash before that tells it again. */
  async told({ key }: JoinedMessage): Promise<void> {
    // Another message may have the key by now.
    if (this.#waiting.has(key)) return;
    try {
      await this.#parts.store.state.delete([PREFIX + key]);
    } catch (error) {
      const line = { event: 'reassembly', stage: 'drop', err: error };
      this.#parts.log.warn(line, 'the parts of a message that was delivered stay in the store');
    }
  }

  /** Leaves what waits to the next client that opens the store. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#parts.clock.clearTimeout(this.#timer);
    if (!this.#parts.store.capabilities.durable)
      await Promise.all([...this.#waiting].map((key) => this.#keep(key)));
  }

  async #keep(key: string): Promise<void> {
    const { store, timeout } = this.#parts;
    const entry = this.#reassembler.exportEntry(key);
    if (!entry) return;
    // Longer than the time-out, so that what came is still told after a restart.
    await store.state.set(PREFIX + key, Buffer.from(JSON.stringify(entry)), 2 * timeout);
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
    const stored: ReassemblyEntry[] = [];
    for (const [key, value] of await this.#parts.store.state.list(PREFIX)) {
      try {
        stored.push(JSON.parse(value.toString()) as ReassemblyEntry);
      } catch (error) {
        this.#parts.log.warn(
          { event: 'reassembly', stage: 'load', key, err: error },
          'a stored part cannot be read',
        );
      }
    }
    stored.sort((one, other) => one.lastAt - other.lastAt);
    for (const entry of stored) {
      this.#waiting.add(entry.key);
      for (const given of this.#reassembler.importEntry(entry)) this.#giveUp(given);
    }
    this.#arm();
  }

  #giveUp(message: JoinedMessage): void {
    this.#waiting.delete(message.key);
    this.#incomplete(message)
      .then(() => this.told(message))
      .catch((error: unknown) => {
        const line = { event: 'message', stage: 'incomplete', err: error };
        this.#parts.log.error(line, 'what came of a long message cannot be delivered');
      });
  }

  #arm(): void {
    const { clock } = this.#parts;
    const next = this.#reassembler.nextExpiry();
    clock.clearTimeout(this.#timer);
    if (next === undefined || this.#stopped) return;
    this.#timer = clock.setTimeout(
      () => {
        for (const message of this.#reassembler.expire(clock.now())) this.#giveUp(message);
        this.#arm();
      },
      Math.max(1, next - clock.now()),
    );
  }
}
