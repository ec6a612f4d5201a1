import type { Clock, TimerHandle } from '../../clock';
import type { Log, LogLine } from '../../observability';
import type { Answer, Session } from '../../session';

/** A session, as far as its reading is paced. */
export type Reader = Pick<Session, 'pauseReading' | 'resumeReading' | 'parting' | 'closed'>;

export interface InboundAdmissionParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Requests that are being worked on, that is told and not answered, at most. */
  readonly limit: number;
  /** Milliseconds that a request may wait for its turn. */
  readonly handlerTimeout: number;
  /** Milliseconds for which reading may lag behind. */
  readonly longestLag: number;
  /** What a request is answered with that finds no room, or whose turn does not come: the SMSC repeats it. */
  readonly later: Answer;
}

type Work = () => Promise<Answer> | Answer;

interface Waiting {
  readonly reader: Reader;
  readonly octets: number;
  readonly dueAt: number;
  readonly work: Work;
  resolve(answer: Promise<Answer> | Answer): void;
  reject(error: unknown): void;
}

/** Requests that wait for their turn; from there on the socket is not read. */
const MOST_WAITING = 1000;
const MOST_OCTETS = 1024 * 1024;
/** Those at work, as they came: of ordinary length there are as many as the limit lets in. */
const MOST_OCTETS_AT_WORK = 32 * 1024 * 1024;

/**
 * Keeps what the SMSC sends within what handlers take.
 *
 *     SMSC ─▶ socket ─▶ waiting (1000) ─▶ at work (limit) ─▶ answer
 *                 ▲           │
 *                 └── pause ──┘
 *
 * An SMSC with a window of its own, as nearly all have, waits for answers before the socket need ever be
 * paused, and then all else is still read. One that goes on without is held up by the socket. But the
 * responses to our own requests come by the same socket, and the SMSC's `enquire_link`: so after a while of lagging
 * all is read, and what finds no room is answered so that the SMSC repeats it, until half is worked off.
 */
export class InboundAdmission {
  readonly #parts: InboundAdmissionParts;
  readonly #readers = new Set<Reader>();
  readonly #working = new Map<Promise<Answer>, Reader>();
  #octetsAtWork = 0;
  #waiting: Waiting[] = [];
  #octets = 0;
  #paused = false;
  /** Since when there was always something waiting, once reading had to be paused; monotonic milliseconds. */
  #laggingSince: number | undefined;
  #refusing = false;
  #refused = 0;
  #lagTimer: TimerHandle | undefined;
  #turnTimer: TimerHandle | undefined;

  constructor(parts: InboundAdmissionParts) {
    this.#parts = parts;
  }

  /** What is at work and what waits. */
  get size(): number {
    return this.#working.size + this.#waiting.length;
  }

  /** Does the work when its turn comes, and gives its answer: at once where the work does. */
  take(reader: Reader, octets: number, work: Work): Promise<Answer> | Answer {
    if (this.isFree(octets)) return this.track(reader, octets, work());
    if (this.#refusing) {
      this.#refused++;
      return this.#parts.later;
    }
    this.#know(reader);
    return new Promise((resolve, reject) => {
      const dueAt = this.#parts.clock.monotonic() + this.#parts.handlerTimeout;
      this.#waiting.push({ reader, octets, dueAt, work, resolve, reject });
      this.#octets += octets;
      this.#turnTimer ??= this.#parts.clock.setTimeout(() => this.#expire(), this.#parts.handlerTimeout);
      if (this.#isFull(1)) this.#pause();
    });
  }

  /** Resolves when nothing is at work any more, of one session or of all. */
  async idle(reader?: Reader): Promise<void> {
    const working = (): Promise<Answer>[] =>
      [...this.#working].filter(([, of]) => !reader || of === reader).map(([answer]) => answer);
    for (let now = working(); now.length > 0; now = working()) await Promise.allSettled(now);
  }

  /** What waits, of one session or of all, is answered so that the SMSC repeats it; everything is read again. */
  turnAway(reader?: Reader): void {
    const gone = this.#waiting.filter((one) => !reader || one.reader === reader);
    this.#keepWaiting((one) => !gone.includes(one));
    for (const waiting of gone) waiting.resolve(this.#parts.later);
  }

  /** For one more at work; a single one may have any length. */
  #hasRoom(octets: number): boolean {
    const { size } = this.#working;
    if (size >= this.#parts.limit) return false;
    return size === 0 || this.#octetsAtWork + octets <= MOST_OCTETS_AT_WORK;
  }

  /** Whether work would begin at once. */
  isFree(octets: number): boolean {
    return this.#waiting.length === 0 && this.#hasRoom(octets);
  }

  /** The answer of work that has begun: it has a place until it is there. */
  track(reader: Reader, octets: number, answer: Promise<Answer> | Answer): Promise<Answer> | Answer {
    if (!(answer instanceof Promise)) return answer;
    this.#octetsAtWork += octets;
    const done = (): void => {
      this.#octetsAtWork -= octets;
      this.#working.delete(answer);
      this.#next();
    };
    this.#working.set(answer, reader);
    answer.then(done, done);
    return answer;
  }

  #next(): void {
    for (let next = this.#waiting[0]; next && this.#hasRoom(next.octets); next = this.#waiting[0]) {
      const taken = next;
      this.#waiting.shift();
      this.#octets -= taken.octets;
      try {
        taken.resolve(this.track(taken.reader, taken.octets, taken.work()));
      } catch (error) {
        taken.reject(error);
      }
    }
    this.#looser();
  }

  #know(reader: Reader): void {
    if (this.#readers.has(reader)) return;
    this.#readers.add(reader);
    // Their turn would come too late, and where nobody waits for an answer, the SMSC sends them again as well.
    void reader.parting.then(() => this.turnAway(reader));
    void reader.closed.then(() => this.#readers.delete(reader));
  }

  #keepWaiting(keep: (waiting: Waiting) => boolean): void {
    this.#waiting = this.#waiting.filter(keep);
    this.#octets = this.#waiting.reduce((sum, { octets }) => sum + octets, 0);
    this.#looser();
  }

  #isFull(share: number): boolean {
    return this.#waiting.length >= share * MOST_WAITING || this.#octets >= share * MOST_OCTETS;
  }

  #pause(): void {
    const { clock, log, longestLag } = this.#parts;
    const since = this.#laggingSince;
    if (since !== undefined && clock.monotonic() - since >= longestLag) return this.#refuse();
    if (!this.#paused)
      log.debug({ event: 'reading', stage: 'paused' }, 'the handlers of messages are slow: reading pauses');
    this.#paused = true;
    // All of them: a session that has just come may not have been paused yet.
    for (const reader of this.#readers) reader.pauseReading();
    if (since !== undefined) return;
    this.#laggingSince = clock.monotonic();
    this.#lagTimer = clock.setTimeout(() => {
      // Else at the next pause, unless nothing waits before that.
      if (this.#paused) this.#refuse();
    }, longestLag);
  }

  #refuse(): void {
    this.#refusing = true;
    const text =
      'messages come faster than their handlers take them: what finds no room is answered so that the SMSC repeats it';
    this.#parts.log.warn({ event: 'reading', stage: 'refusing' }, text);
    this.#resume();
  }

  /** There is less waiting than there was. */
  #looser(): void {
    if (this.#isFull(0.5)) return;
    if (this.#refusing) {
      const facts = { event: 'reading', stage: 'taking', refused: this.#refused } satisfies LogLine;
      this.#parts.log.info(facts, 'there is room for messages again');
      this.#refusing = false;
      this.#refused = 0;
      this.#caughtUp();
    }
    this.#resume();
    if (this.#waiting.length > 0) return;
    this.#caughtUp();
    this.#parts.clock.clearTimeout(this.#turnTimer);
    this.#turnTimer = undefined;
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (const reader of this.#readers) reader.resumeReading();
  }

  #caughtUp(): void {
    this.#laggingSince = undefined;
    this.#parts.clock.clearTimeout(this.#lagTimer);
  }

  #expire(): void {
    const { clock, later } = this.#parts;
    this.#turnTimer = undefined;
    // Timers may fire a fraction of a millisecond early.
    const now = clock.monotonic() + 1;
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      if (first.dueAt > now) {
        this.#turnTimer = clock.setTimeout(() => this.#expire(), first.dueAt - now);
        break;
      }
      this.#waiting.shift();
      this.#octets -= first.octets;
      first.resolve(later);
    }
    this.#looser();
  }
}
