import { writeSync, write as writeTo } from 'node:fs';
import { promisify } from 'node:util';
import type { Clock, TimerHandle } from '../../clock';
import { flushAtExit } from './process-hooks';

const writing = promisify(writeTo);

/** Octets that may wait to be written; lines beyond that are lost. */
export const MOST_WAITING = 16 * 1024 * 1024;
/** Octets of one write, unless a single line is longer. */
const BATCH = 64 * 1024;
/** Milliseconds until what failed is tried again. */
const RETRY = 10_000;
/** Milliseconds until a pipe that was full is tried again. */
const PIPE_FULL = 20;
/** Times that it is tried when the process exits. */
const MOST_TRIES = 50;

/** What lines are written to. */
export interface Descriptor {
  /** Reads behind "cannot be written": `the log file /var/log/smpp.log`. */
  readonly name: string;
  /** Gives the number, opening what is not open. */
  open(): Promise<number>;
  openSync(): number;
  close(): Promise<void>;
}

export interface LineWriterOptions {
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  /** That lines cannot be written, once, and that they can again. */
  readonly told: (text: string) => void;
  /** Lines are written again; so many were lost. */
  readonly recovered?: (lost: number) => void;
}

/**
 * Appends lines off the main thread, one write at a time, and never fails: while it cannot write lines wait, those that
 * find no room are counted as lost, and it tries again. What waits is written when the process exits.
 *
 * Not sonic-boom, pino's own: where a disk is full that never returns from its flush at the exit of the process, and it
 * throws there where its file could not be opened.
 */
export class LineWriter {
  readonly #to: Descriptor;
  readonly #options: LineWriterOptions;
  /** Lines that wait, joined to batches. */
  readonly #waiting: string[] = [];
  #octets = 0;
  /** What is being written, from `#offset` on. */
  #batch: Buffer | undefined;
  #offset = 0;
  /** A write of it is under way; when the process exits it is finished, see uv_library_shutdown. */
  #underway = false;
  #isRunning = false;
  /** Writes and reopenings, one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #failing = false;
  #lost = 0;
  #retry: TimerHandle | undefined;
  #closed = false;
  readonly #unhook: () => void;

  constructor(to: Descriptor, options: LineWriterOptions) {
    this.#to = to;
    this.#options = options;
    this.#unhook = flushAtExit(this);
  }

  /** Lines that were lost so far, and not yet told of. */
  get lost(): number {
    return this.#lost;
  }

  /** A line with its line end. */
  write(line: string): void {
    const octets = Buffer.byteLength(line);
    if (this.#octets + octets > MOST_WAITING) {
      this.#lost++;
      return;
    }
    this.#octets += octets;
    const last = this.#waiting.length - 1;
    const joined = this.#waiting[last];
    if (joined !== undefined && joined.length + line.length <= BATCH) this.#waiting[last] = joined + line;
    else this.#waiting.push(line);
    if (this.#closed) this.flushSync();
    else if (!this.#failing) this.#start();
  }

  /** Resolves when what waits is written, or cannot be. */
  async flush(): Promise<void> {
    this.#start();
    await this.#last;
  }

  /** Writes on at once to what the descriptor is then: a file that was moved away is made anew. Rejects where that fails. */
  reopen(): Promise<void> {
    return this.#after(async () => {
      this.#cutOff();
      await this.#to.close();
      try {
        await this.#to.open();
      } catch (error) {
        this.#fail(error);
        throw error;
      }
      this.#start();
    });
  }

  /** Writes what waits, and closes. What comes later is written at once, one by one. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.flush();
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#retry);
    this.#unhook();
    if (this.#octets > 0) this.#giveUp();
    await this.#after(() => this.#to.close());
  }

  #giveUp(): void {
    const waiting = [this.#batch?.subarray(this.#offset).toString() ?? '', ...this.#waiting].join('');
    const lost = this.#lost + waiting.split('\n').length - 1;
    this.#options.told(`${this.#to.name} could not be written until the end; ${lost} lines were lost`);
    this.#waiting.length = 0;
    this.#batch = undefined;
    this.#offset = this.#octets = this.#lost = 0;
  }

  /** What waits, at once; what cannot be written is lost. */
  flushSync(): void {
    const waiting: Buffer[] = [];
    if (this.#batch && !this.#underway) waiting.push(this.#batch.subarray(this.#offset));
    waiting.push(...this.#waiting.map((text) => Buffer.from(text)));
    if (!this.#underway) this.#batch = undefined;
    this.#offset = 0;
    this.#waiting.length = 0;
    this.#octets = this.#batch?.length ?? 0;
    try {
      const fd = waiting.length > 0 ? this.#to.openSync() : -1;
      for (const octets of waiting) writeWhole(fd, octets);
    } catch {
      // Nobody is left who could be told.
    }
    if (this.#closed) void this.#to.close();
  }

  #after(job: () => Promise<void>): Promise<void> {
    const done = this.#last.then(job);
    this.#last = done.catch(() => undefined);
    return done;
  }

  #start(): void {
    if (this.#isRunning || this.#closed || this.#octets === 0) return;
    this.#isRunning = true;
    void this.#after(async () => {
      try {
        await this.#run();
      } catch (error) {
        this.#fail(error);
      } finally {
        this.#isRunning = false;
      }
    });
  }

  async #run(): Promise<void> {
    while (this.#octets > 0) {
      const fd = await this.#to.open();
      this.#batch ??= Buffer.from(this.#waiting.shift() ?? '');
      while (this.#offset < this.#batch.length) this.#offset += await this.#write(fd, this.#batch);
      this.#octets -= this.#batch.length;
      this.#batch = undefined;
      this.#offset = 0;
      if (this.#failing) this.#recover();
    }
  }

  async #write(fd: number, batch: Buffer): Promise<number> {
    this.#underway = true;
    try {
      const { bytesWritten } = await writing(fd, batch, this.#offset, batch.length - this.#offset, null);
      return bytesWritten;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      const { clock } = this.#options;
      await new Promise<void>((resolve) => unref(clock.setTimeout(resolve, PIPE_FULL)));
      return 0;
    } finally {
      this.#underway = false;
    }
  }

  /** A line that was begun in one file is not ended in another. */
  #cutOff(): void {
    if (!this.#batch || this.#offset === 0) return;
    const isWhole = this.#batch[this.#offset - 1] === 0x0a;
    const next = isWhole ? this.#offset : this.#batch.indexOf(0x0a, this.#offset) + 1;
    if (!isWhole) this.#lost++;
    this.#octets -= next;
    this.#batch = this.#batch.subarray(next);
    this.#offset = 0;
  }

  #fail(error: unknown): void {
    if (!this.#closed) this.#retryLater();
    if (this.#failing) return;
    this.#failing = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.told(
      `${this.#to.name} cannot be written: ${reason}; it is tried again every ${RETRY / 1000} s, and what ` +
        `is more than ${MOST_WAITING / 1024 / 1024} MiB by then is lost`,
    );
  }

  #recover(): void {
    const lost = this.#lost;
    this.#failing = false;
    this.#lost = 0;
    this.#options.clock.clearTimeout(this.#retry);
    this.#options.told(`${this.#to.name} is written again; ${lost} lines were lost`);
    this.#options.recovered?.(lost);
  }

  #retryLater(): void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#retry);
    this.#retry = unref(clock.setTimeout(() => this.#start(), RETRY));
  }
}

/** A timer that keeps no process alive. */
function unref(timer: TimerHandle): TimerHandle {
  (timer as { unref?: () => void } | undefined)?.unref?.();
  return timer;
}

/** Waits for room in a pipe, as long as somebody reads it. */
function writeWhole(fd: number, octets: Buffer): void {
  let tries = 0;
  for (let rest = octets; rest.length > 0;) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
      tries = 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || ++tries > MOST_TRIES) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_FULL);
    }
  }
}
