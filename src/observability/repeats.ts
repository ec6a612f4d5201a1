import type { Clock, TimerHandle } from '../clock';
import { LEVELS, type Level } from './catalogue';
import { before, type OpenLog } from './levels';

type Facts = Record<string, unknown>;

/** Milliseconds for which lines like one that was written are counted in its place. */
const WITHIN = 10_000;
/** Lines of one kind that differ in what matters: so many are written, the others counted together. */
const MOST_OF_A_KIND = 10;
/** Lines that are remembered; beyond that all of one event and stage are one kind. */
const MOST_KEYS = 100;
/**
 * Of these events identical lines are counted from so many on: what a session went through is to be read in its order,
 * and messages, receipts and items of a queue that are told of may be looked for by their ids.
 */
const WRITTEN_EACH: Readonly<Record<string, number>> = { session: 5, message: 10, receipt: 10, queue: 10 };
/** Of a fact, as far as it tells lines apart. */
const LONGEST_FACT = 200;
/** These are of one message, or measure something: a line is the same line without them. */
const PASSING: ReadonlySet<string> = new Set(
  (
    'id ids message_id message_ids correlation_id trace_id span_id msgid ack_id log_id key metadata ' +
    'sequence_number command_length session segment segments missing attempts ' +
    'source destination source_addr destination_addr recipients ' +
    'duration retry_in queued removed passed_over free bound wait rate delay effective_send_rate ' +
    'throttle_responses non_throttle_responses percent_throttles'
  ).split(' '),
);

/** A line that was written, and how many like it came since. */
interface Written {
  readonly log: OpenLog;
  readonly level: Level;
  facts: Facts;
  text: string | undefined;
  /** Monotonic milliseconds. */
  since: number;
  passed: number;
  withheld: number;
}

/** A log that writes repeated lines once, with a count. */
export interface CollapsedLog extends OpenLog {
  /** Writes the counts, and from then on every line as it comes, without a timer. */
  end(): void;
  /** Counts again, after {@link end}. */
  begin(): void;
}

/**
 * What a peer can cause ten thousand times a second must not fill the log. A line of info, warn or error is
 * written at once; those like it within ten seconds are counted, and then told in one line:
 *
 *     malformed PDU
 *     malformed PDU (19,999 more of this in 10 s)
 *
 * Alike are lines of one level, text and facts, but for those of a single message. Of lines that differ ten of a kind are
 * written, and the others counted together; the kind has the command, its status and the code, so that a new one of
 * these is always told. Lines of debug and trace are written as they come, and at debug those that are counted, too.
 */
export function collapseRepeats(
  log: OpenLog,
  clock: Pick<Clock, 'monotonic' | 'setTimeout' | 'clearTimeout'>,
): CollapsedLog {
  const repeats = new Repeats(clock);
  return Object.assign(wrap(log, repeats, ''), { end: () => repeats.end(), begin: () => repeats.begin() });
}

function wrap(log: OpenLog, repeats: Repeats, bindings: string): OpenLog {
  return before(
    log,
    (level, facts, text) => {
      if (!log.isLevelEnabled(level)) return;
      if (LEVELS[level] < LEVELS.info) log[level](facts, text);
      else repeats.take({ log, level, facts, text, bindings });
    },
    (more) => wrap(log.child(more), repeats, bindings + identityOf(more)),
  );
}

interface Line {
  readonly log: OpenLog;
  readonly level: Level;
  readonly facts: Facts;
  readonly text: string | undefined;
  readonly bindings: string;
}

class Repeats {
  readonly #clock: Pick<Clock, 'monotonic' | 'setTimeout' | 'clearTimeout'>;
  /** The one whose time is over first comes first. */
  readonly #written = new Map<string, Written>();
  readonly #kinds = new Map<string, { since: number; count: number }>();
  #timer: TimerHandle | undefined;
  #open = true;

  constructor(clock: Pick<Clock, 'monotonic' | 'setTimeout' | 'clearTimeout'>) {
    this.#clock = clock;
  }

  take(line: Line): void {
    const { log, level, facts, text } = line;
    if (!this.#open) return log[level](facts, text);
    const now = this.#clock.monotonic();
    this.#sweep(now);
    const head = `${line.bindings}${level} ${String(facts['event'])} ${String(facts['stage'])} `;
    const own = `${head}${text} ${identityOf(facts)}`;
    const known = this.#written.get(own);
    if (known) return this.#again(known, line);
    const kind = head + kindOf(facts, text);
    const key = this.#written.size >= MOST_KEYS ? head : this.#isNew(kind, now) ? own : kind;
    const group = this.#written.get(key);
    if (group) return this.#again(group, line);
    const written = { log, level, facts: {}, text, since: now, passed: 1, withheld: 0 };
    this.#written.set(key, written);
    if (key === kind) this.#again(written, line);
    else log[level](facts, text);
  }

  end(): void {
    this.#open = false;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const written of this.#written.values()) this.#tell(written, this.#clock.monotonic());
    this.#written.clear();
    this.#kinds.clear();
  }

  begin(): void {
    this.#open = true;
  }

  /** Whether so few of the kind were written that this one is as well. */
  #isNew(kind: string, now: number): boolean {
    const counted = this.#kinds.get(kind);
    if (!counted) this.#kinds.set(kind, { since: now, count: 1 });
    return counted === undefined || ++counted.count <= MOST_OF_A_KIND;
  }

  #again(written: Written, { log, level, facts, text }: Line): void {
    if (written.passed < (WRITTEN_EACH[String(facts['event'])] ?? 1)) {
      written.passed++;
      return log[level](facts, text);
    }
    if (log.isLevelEnabled('debug')) log.debug(facts, text);
    written.facts = facts;
    written.text = text;
    written.withheld++;
    // Only now: a log without repeats has no timers.
    const due = written.since + WITHIN - this.#clock.monotonic();
    this.#timer ??= this.#clock.setTimeout(() => this.#due(), Math.max(1, due));
  }

  #due(): void {
    this.#timer = undefined;
    // Timers may fire a fraction of a millisecond early.
    const now = this.#clock.monotonic() + 1;
    this.#sweep(now);
    for (const { since, withheld } of this.#written.values()) {
      if (withheld === 0) continue;
      this.#timer = this.#clock.setTimeout(() => this.#due(), Math.max(1, since + WITHIN - now));
      return;
    }
  }

  /** Tells the counts of those whose time is over. What was not repeated is forgotten, the others are counted on. */
  #sweep(now: number): void {
    for (const [key, written] of this.#written) {
      if (written.since + WITHIN > now) break;
      this.#written.delete(key);
      if (written.withheld === 0) continue;
      this.#tell(written, now);
      this.#written.set(key, { ...written, facts: {}, since: now, withheld: 0 });
    }
    for (const [kind, { since }] of this.#kinds) {
      if (since + WITHIN > now) break;
      this.#kinds.delete(kind);
    }
  }

  #tell({ log, level, facts, text, since, withheld }: Written, now: number): void {
    if (withheld === 0) return;
    const seconds = Math.max(1, Math.round((now - since) / 1000));
    const more = `(${withheld.toLocaleString('en-US')} more of this in ${seconds} s)`;
    log[level](
      { ...facts, repeated: withheld, within: seconds },
      text === undefined ? more : `${text} ${more}`,
    );
  }
}

/** What a line says beside its text, but for what passes. */
function identityOf(facts: Facts): string {
  let identity = '';
  for (const [name, value] of Object.entries(facts)) {
    if (!PASSING.has(name) && value !== undefined) identity += `${name}=${shown(value)} `;
  }
  return identity;
}

function kindOf({ command, command_status, code }: Facts, text = ''): string {
  return `${shown(command)} ${shown(command_status)} ${shown(code)} ${text.replace(/"[^"]*"|[\d*+.,:]+/g, '#')}`;
}

function shown(value: unknown): string {
  if (value instanceof Error) return value.message.slice(0, LONGEST_FACT);
  if (typeof value === 'string') return value.slice(0, LONGEST_FACT);
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : '';
}
