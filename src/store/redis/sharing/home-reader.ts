import { sleep } from '../../../waiting';
import type { Argument, BlockingCalls, RedisCalls } from '../connection/calls';
import { dispatchEvents, latestEvent, readStreams, type EventHandlers, type StreamEntry } from './events';
import { EVENTS } from '../connection/keys';

/** A notice as it was read; `instance`: whose it was, where that was another. */
export interface ReceivedNotice {
  readonly id: string;
  readonly instance: string | undefined;
  readonly octets: Buffer;
}

/** Entries per read, and read in advance before reading on waits for the handler. */
const AT_ONCE = 200;
const MOST_READ = 1000;
/** Milliseconds that a read waits at the server; while the handler is behind it looks again sooner. */
const WAIT = 5000;
const SHORT_WAIT = 100;
/** Milliseconds without a reply to a read that is over: the connection is dead. */
const SILENCE = 5000;
const PAUSE = 500;

/**
 * Reads the notices of an instance and the stream of events, over a connection of its own. Notices stay in the stream
 * until they were handled: after a break it is read from its begin, without those that are known.
 */
export class HomeReader {
  readonly #calls: RedisCalls;
  readonly #events: EventHandlers;
  readonly #told: (told: readonly ReceivedNotice[]) => number;
  readonly #closing = new AbortController();
  readonly #off: () => void;
  /** Ids that were given on, and are in the stream yet. */
  readonly #known = new Set<string>();
  #blocking: BlockingCalls;
  #home = '0-0';
  #event = '0-0';
  #isBack = false;
  #unhandled = 0;

  /** `told` is given what was not seen before, and returns how many are not handled yet. */
  constructor(calls: RedisCalls, events: EventHandlers, told: (told: readonly ReceivedNotice[]) => number) {
    this.#calls = calls;
    this.#events = events;
    this.#told = told;
    this.#blocking = calls.blocking();
    this.#off = calls.onBack(() => (this.#isBack = true));
  }

  /** Events from now on are told. */
  async start(): Promise<void> {
    this.#event = await latestEvent(this.#calls);
    void this.#read();
  }

  /** These are gone from the stream. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#known.delete(id);
  }

  close(): void {
    this.#closing.abort();
    this.#off();
    this.#blocking.close();
  }

  async #read(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        if (this.#isBack) await this.#startAnew();
        await this.#readOnce();
      } catch {
        // The connection's, whose keeper tells of it.
        if (!signal.aborted) await sleep(this.#calls.clock, PAUSE, signal);
      }
    }
  }

  /** The server may have lost both streams, and begun them anew. */
  async #startAnew(): Promise<void> {
    this.#isBack = false;
    this.#home = '0-0';
    try {
      this.#event = await latestEvent(this.#calls);
    } catch (error) {
      this.#isBack = true;
      throw error;
    }
  }

  async #readOnce(): Promise<void> {
    const { keys, instance } = this.#calls;
    const [home, events] = [keys.of(`home:${instance}`), keys.of(EVENTS)];
    const isBehind = this.#unhandled >= MOST_READ;
    const names = isBehind ? [events, this.#event] : [home, events, this.#home, this.#event];
    const wait = isBehind ? SHORT_WAIT : WAIT;
    const reply = await this.#block(['XREAD', 'COUNT', AT_ONCE, 'BLOCK', wait, 'STREAMS', ...names], wait);
    if (this.#closing.signal.aborted) return;
    const streams = readStreams(reply);
    const told = streams.get(events) ?? [];
    this.#event = told.at(-1)?.id ?? this.#event;
    dispatchEvents(told, instance, this.#events);
    const notices = streams.get(home) ?? [];
    // Where the connection came back meanwhile, it is read from its begin.
    this.#home = notices.at(-1)?.id ?? this.#home;
    this.#unhandled = this.#told(this.#new(notices));
  }

  #new(entries: readonly StreamEntry[]): ReceivedNotice[] {
    return entries.flatMap(({ id, fields }): ReceivedNotice[] => {
      const octets = fields.get('n');
      if (!octets || this.#known.has(id)) return [];
      this.#known.add(id);
      return [{ id, instance: fields.get('i')?.toString(), octets }];
    });
  }

  /** A connection that is dead says nothing of it: it is opened anew. */
  async #block(args: readonly Argument[], wait: number): Promise<unknown> {
    const { clock } = this.#calls;
    const blocking = this.#blocking;
    const timer = clock.setTimeout(() => {
      blocking.close();
      if (!this.#closing.signal.aborted) this.#blocking = this.#calls.blocking();
    }, wait + SILENCE);
    try {
      return await blocking.command(args);
    } finally {
      clock.clearTimeout(timer);
    }
  }
}
