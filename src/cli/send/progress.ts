import { SingleBar } from '../libraries';
import type { Output } from '../output';

/** What has been done so far. */
export interface Done {
  readonly accepted: number;
  readonly failed: number;
  /** Of {@link ProgressOptions.size}. */
  readonly read: number;
}

export interface ProgressOptions {
  readonly output: Output;
  /** What there is to read, in octets; undefined: not known. */
  readonly size: number | undefined;
  readonly done: () => Done;
  /** What an accepted message is called: accepted, delivered, queued. */
  readonly word: string;
}

/** Milliseconds between two lines where there is no terminal, and between two looks at the rate. */
const LINE_INTERVAL = 5000;
const BAR_INTERVAL = 200;
/** Over so many looks the rate is taken. */
const LOOKS = 25;

/** How far it is: a bar on a terminal, lines every few seconds elsewhere; nothing with `--quiet`. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #bar: SingleBar | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #looks: { at: number; ended: number; read: number }[] = [];

  constructor(options: ProgressOptions) {
    this.#options = options;
    const { output } = options;
    if (output.quiet) return;
    this.#pace();
    if (output.stderr.isTTY) this.#bar = this.#startBar();
    else if (output.json) return;
    const interval = this.#bar ? BAR_INTERVAL : LINE_INTERVAL;
    this.#timer = setInterval(() => this.#show(), interval);
  }

  stop(): void {
    clearInterval(this.#timer);
    if (!this.#bar) return;
    this.#update();
    const { output } = this.#options;
    output.setAbove(undefined);
    // The bar goes back to where it began, which by now other lines have: make that here.
    output.stderr.write('\x1b7');
    this.#bar.stop();
  }

  #startBar(): SingleBar {
    const { output, size, word } = this.#options;
    const counts = `{accepted} ${word} · {failed} failed · {rate}/s`;
    const format =
      size === undefined ? `sending  ${counts}` : `sending [{bar}] {percentage} % · ${counts} · {left}`;
    const bar = new SingleBar({
      stream: output.stderr,
      format,
      barCompleteChar: '#',
      barIncompleteChar: '-',
      barsize: 24,
      hideCursor: false,
      // It is cut to the width; the terminal stays as it is, also after a kill.
      linewrap: true,
      // A line of text may have taken its place.
      forceRedraw: true,
      emptyOnZero: true,
      gracefulExit: false,
    });
    bar.start(size ?? 1, 0, { accepted: 0, failed: 0, rate: 0, left: '' });
    output.setAbove((text) => {
      output.stderr.write(`\r\x1b[K${text}\n`);
      bar.render();
    });
    return bar;
  }

  #show(): void {
    if (this.#bar) {
      this.#update();
      return;
    }
    const { output, done, size, word } = this.#options;
    const { accepted, failed, read } = done();
    const share = size === undefined ? '' : `, ${percent(read, size)} %`;
    output.note(`${accepted} ${word}, ${failed} failed, ${this.#pace().rate}/s${share}`);
  }

  #update(): void {
    const { done, size } = this.#options;
    const { accepted, failed, read } = done();
    const { rate, left } = this.#pace();
    this.#bar?.update(Math.min(read, size ?? 1), { accepted, failed, rate, left });
  }

  /** Messages per second, and how long the rest takes, of the last few looks. */
  #pace(): { rate: number; left: string } {
    const { done, size } = this.#options;
    const { accepted, failed, read } = done();
    const now = { at: Date.now(), ended: accepted + failed, read };
    this.#looks.push(now);
    if (this.#looks.length > LOOKS) this.#looks.shift();
    const [first = now] = this.#looks;
    const seconds = (now.at - first.at) / 1000;
    if (seconds <= 0) return { rate: 0, left: '' };
    const rate = Math.round((now.ended - first.ended) / seconds);
    const speed = (now.read - first.read) / seconds;
    const left = size === undefined || speed <= 0 ? '' : `${inWords((size - read) / speed)} left`;
    return { rate, left };
  }
}

const percent = (part: number, whole: number): number =>
  whole === 0 ? 100 : Math.min(100, Math.floor((part / whole) * 100));

/** `1 h 02 min`, `3 min 20 s`, `12 s` */
export function inWords(given: number): string {
  const seconds = Math.max(0, Math.round(given));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const two = (value: number): string => String(value).padStart(2, '0');
  if (hours > 0) return `${hours} h ${two(minutes)} min`;
  return minutes > 0 ? `${minutes} min ${two(seconds % 60)} s` : `${seconds} s`;
}
