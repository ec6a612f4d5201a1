import { OTHER } from '../../observability';
import { MESSAGE_STATES } from '../../text';
import { BUCKETS, bucketOf, quantile } from './delay-buckets';
import { SlidingCounts } from './sliding-counts';

/** Prefixes of one length; what is beyond them counts as `other`, until one has gone. */
export const MOST_PREFIXES = 200;
/** A prefix leaves at least so many digits of the number away: no number is told whole. */
export const HIDDEN_DIGITS = 4;

/** Of final receipts; `other`: what no specification has. */
const STATES: readonly string[] = [...MESSAGE_STATES, OTHER];
const ACCEPTED = 0;
const FIRST_STATE = 1;
const FIRST_BUCKET = FIRST_STATE + STATES.length;
const WIDTH = FIRST_BUCKET + BUCKETS;

/** What is known of one prefix within the window. */
export interface PrefixReport {
  /** Digits, or `other`. */
  readonly prefix: string;
  readonly prefix_length: number;
  /** Segments that the SMSC accepted, with a final receipt asked for. */
  readonly accepted: number;
  /** Final receipts: one for each segment. */
  readonly receipts: number;
  /** How many of them, by state; without those that are 0. */
  readonly states: Readonly<Record<string, number>>;
  /** The share of DELIVRD among them, 0 to 1; absent: there are none. */
  readonly delivered_share?: number;
  /** Seconds from acceptance to receipt; absent: there are none. */
  readonly receipt_seconds_median?: number;
  readonly receipt_seconds_p95?: number;
}

interface Row {
  readonly counts: SlidingCounts;
  /** Something was counted since it was last told. */
  changed: boolean;
}

/** Counts by the first digits of recipients: prefixes of one length. Times are monotonic milliseconds. */
export class PrefixTable {
  readonly #length: number;
  readonly #window: number;
  readonly #rows = new Map<string, Row>();

  /** `window`: milliseconds. */
  constructor(length: number, window: number) {
    this.#length = length;
    this.#window = window;
  }

  get size(): number {
    return this.#rows.size;
  }

  accepted(number: string, now: number): void {
    this.#row(number).counts.add(ACCEPTED, now);
  }

  receipt(number: string, state: string, seconds: number, now: number): void {
    const { counts } = this.#row(number);
    const known = STATES.indexOf(state);
    counts.add(FIRST_STATE + (known < 0 ? STATES.length - 1 : known), now);
    counts.add(FIRST_BUCKET + bucketOf(seconds), now);
  }

  #row(number: string): Row {
    const row =
      this.#rows.get(prefixOf(number, this.#length)) ?? this.#newRow(prefixOf(number, this.#length));
    row.changed = true;
    return row;
  }

  #newRow(prefix: string): Row {
    const isFull = prefix !== OTHER && this.#rows.size - Number(this.#rows.has(OTHER)) >= MOST_PREFIXES;
    const name = isFull ? OTHER : prefix;
    const row = this.#rows.get(name) ?? { counts: new SlidingCounts(WIDTH, this.#window), changed: true };
    this.#rows.set(name, row);
    return row;
  }

  /** All that is known now. */
  *reports(now: number): Iterable<PrefixReport> {
    for (const [prefix, { counts }] of this.#rows) yield this.#report(prefix, counts.sums(now));
  }

  /** What was counted since the last call; and once, with nothing in it, what has left the window, which is forgotten. */
  *news(now: number): Iterable<PrefixReport> {
    for (const [prefix, row] of this.#rows) {
      const report = this.#report(prefix, row.counts.sums(now));
      const isGone = report.accepted + report.receipts === 0;
      if (isGone) this.#rows.delete(prefix);
      if (isGone || row.changed) yield report;
      row.changed = false;
    }
  }

  clear(): void {
    this.#rows.clear();
  }

  #report(prefix: string, sums: readonly number[]): PrefixReport {
    const states: Record<string, number> = {};
    let receipts = 0;
    STATES.forEach((state, at) => {
      const count = sums[FIRST_STATE + at] as number;
      if (count > 0) states[state] = count;
      receipts += count;
    });
    const facts = {
      prefix,
      prefix_length: this.#length,
      accepted: sums[ACCEPTED] as number,
      receipts,
      states,
    };
    if (receipts === 0) return facts;
    const delays = sums.slice(FIRST_BUCKET);
    return {
      ...facts,
      delivered_share: Number(((states['DELIVRD'] ?? 0) / receipts).toFixed(4)),
      receipt_seconds_median: quantile(delays, 0.5) ?? 0,
      receipt_seconds_p95: quantile(delays, 0.95) ?? 0,
    };
  }
}

/** The first digits of an international number, with or without +; `other`: it is none, or too short for it. */
export function prefixOf(number: string, length: number): string {
  const start = number.startsWith('+') ? 1 : 0;
  if (number.length - start < length + HIDDEN_DIGITS) return OTHER;
  for (let at = start; at < number.length; at++) {
    const code = number.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return OTHER;
  }
  return number.slice(start, start + length);
}
