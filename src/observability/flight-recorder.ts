import type { Clock, TimerHandle } from '../clock';
import type { Level, LogLine } from './catalogue';
import { joined } from './joined';
import type { Write } from './levels';
import { LogRateLimiter } from './log-rate-limiter';

/** Octets of all lines that are kept, about. */
export const MOST_OCTETS = 8 * 1024 * 1024;
/** Times a minute that lines are written out. */
export const DUMPS_PER_MINUTE = 6;
/** What a line takes beside its names and values. */
const LINE_OVERHEAD = 160;
const FIELD_OVERHEAD = 16;

/** What a {@link FlightRecorder} keeps. */
export interface FlightRecorderOptions {
  /** Lines that are kept. */
  readonly lines: number;
  /** Milliseconds between two lines that say how many are kept; 0: none. */
  readonly heartbeat?: number;
  /** Time and timers. */
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'setTimeout' | 'clearTimeout'>;
}

/** A line that was not shown. */
interface Kept {
  readonly level: Level;
  readonly facts: Record<string, unknown>;
  readonly text: string | undefined;
  readonly write: Write;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly octets: number;
}

/**
 * Keeps the last lines that were not shown, of all levels below the one that is, and writes them out when a line of
 * warning or worse comes, before it: each once, marked `recorded`, with the time of its own. Bounded in lines, in
 * octets, and in how often it writes them out.
 */
export class FlightRecorder {
  readonly #options: FlightRecorderOptions;
  readonly #limiter: LogRateLimiter;
  /** A ring: the oldest lies at `#first`. */
  readonly #ring: (Kept | undefined)[] = [];
  #first = 0;
  #count = 0;
  #octets = 0;
  /** Lines that had to make room since lines were written out. */
  #overwritten = 0;
  #timer: TimerHandle | undefined;
  #write: Write = () => undefined;

  constructor(options: FlightRecorderOptions) {
    this.#options = options;
    this.#limiter = new LogRateLimiter(options.clock, DUMPS_PER_MINUTE);
  }

  /** Lines and octets that are kept. */
  get kept(): { readonly lines: number; readonly octets: number } {
    return { lines: this.#count, octets: this.#octets };
  }

  /** `facts` are redacted; `write` is what is to write the line one day. */
  record(level: Level, facts: Record<string, unknown>, text: string | undefined, write: Write): void {
    const now = unchanging(facts);
    const octets = octetsOf(now) + (text?.length ?? 0) + LINE_OVERHEAD;
    const { lines, clock } = this.#options;
    while (this.#count > 0 && (this.#count >= lines || this.#octets + octets > MOST_OCTETS)) {
      this.#overwritten++;
      this.#take();
    }
    this.#ring[(this.#first + this.#count) % lines] = {
      level,
      facts: now,
      text,
      write,
      at: clock.now(),
      octets,
    };
    this.#count++;
    this.#octets += octets;
  }

  /** A line of warning or worse is to be written. */
  writeOut(): void {
    if (this.#count === 0) return;
    const passedOver = this.#limiter.next();
    if (passedOver === undefined) return;
    const lines = this.#count;
    const facts = {
      event: 'flight_recorder',
      stage: 'start',
      lines,
      ...(this.#overwritten > 0 ? { overwritten: this.#overwritten } : {}),
      ...(passedOver > 0 ? { passed_over: passedOver } : {}),
    } satisfies LogLine;
    this.#write('info', { ...facts, recorded: true }, `what went before and was not shown (lines: ${lines})`);
    this.#overwritten = 0;
    for (let kept = this.#take(); kept; kept = this.#take()) {
      const recorded_at = new Date(kept.at).toISOString();
      kept.write(kept.level, joined(kept.facts, { recorded: true, recorded_at }), kept.text);
    }
  }

  /** Gives it what writes its own lines. */
  attach(write: Write): void {
    this.#write = write;
  }

  /** From now on it tells now and then how many lines are kept, where that is asked for. */
  begin(): void {
    const { heartbeat = 0, clock } = this.#options;
    if (heartbeat === 0 || this.#timer !== undefined) return;
    const beat = (): void => {
      this.#timer = clock.setTimeout(beat, heartbeat);
      const { lines, octets } = this.kept;
      const facts = { event: 'flight_recorder', stage: 'heartbeat', lines, octets } satisfies LogLine;
      this.#write('info', facts, `the flight recorder keeps ${lines} lines`);
    };
    this.#timer = clock.setTimeout(beat, heartbeat);
  }

  /** Stops its timer. */
  end(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #take(): Kept | undefined {
    if (this.#count === 0) return undefined;
    const kept = this.#ring[this.#first];
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#options.lines;
    this.#count--;
    this.#octets -= kept?.octets ?? 0;
    return kept;
  }
}

/** Facts as they are now: who logged them may change what they hold. */
function unchanging(facts: Record<string, unknown>): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  for (const name in facts) {
    const value = facts[name];
    if (typeof value === 'object' && value !== null) (copy ??= { ...facts })[name] = snapshot(value);
  }
  return copy ?? facts;
}

function snapshot(value: object): unknown {
  if (value instanceof Error) {
    const { name, message, stack } = value;
    const { code } = value as { code?: unknown };
    return { type: name, message, stack, ...(typeof code === 'string' ? { code } : {}) };
  }
  try {
    return JSON.parse(JSON.stringify(value)) as unknown;
  } catch {
    return '[unreadable]';
  }
}

/** About as many as they take in JSON. */
function octetsOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let octets = 0;
  for (const name in value) {
    octets += name.length + FIELD_OVERHEAD + octetsOf((value as Record<string, unknown>)[name]);
  }
  return octets;
}
