import type { TlsOptions } from 'node:tls';
import { systemClock, type Clock } from '../clock';
import { createLog, silentLog, type Log, type LogSink } from '../observability';
import { DEFAULT_MAX_PDU_LENGTH } from '../protocol';
import { findTlsProblems } from '../session';
import { ENCODING_NAMES, withoutLineEnd } from '../text';
import { SmscConfigError, type Problem } from './errors';
import { RECEIPT_STATES, type ReceiptState } from './receipt-text';
import { findRuleProblems, type Rule } from './rules';

/** How a simulated SMSC is set up. Times are in seconds. */
export interface SmscOptions {
  /** The address to listen on; default 127.0.0.1, which other machines cannot reach. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** What a client must bind with; empty (the default): anything. */
  readonly systemId?: string;
  readonly password?: string;
  /** From the answer to the receipt; default 0.5. */
  readonly receiptDelay?: number;
  /** What becomes of every message; default DELIVRD. */
  readonly receiptState?: ReceiptState;
  /** Faults on demand; default none. */
  readonly rules?: readonly Rule[];
  /**
   * The message_id of the nth message taken, from 1: at most 64 ASCII characters. Default: digits that do
   * not come again after a restart.
   */
  readonly messageId?: (n: number) => string;
  /** What the bind response says; default 3.4. */
  readonly interfaceVersion?: '3.3' | '3.4' | '5.0';
  /** Options of Node's `tls.createServer` with key and certificate; absent: plain TCP. */
  readonly tls?: TlsOptions;
  /** Requests towards one client that may wait for their responses; default 10. */
  readonly windowSize?: number;
  /** How long a client may take to answer; default 30. */
  readonly responseTimeout?: number;
  /** A client that was silent for so long is asked; default 60; 0: never. */
  readonly enquireLinkInterval?: number;
  /** How long a client may take to bind; default 10; 0: for ever. */
  readonly bindTimeout?: number;
  /** A link without messages for so long is unbound; default 0: never. */
  readonly inactivityTimeout?: number;
  /** Octets; default 131072. */
  readonly maxPduLength?: number;
  /** What data_coding 0 means here; default gsm0338. */
  readonly defaultAlphabet?: string;
  /** A pino logger, or a function that takes finished lines; default: none. */
  readonly log?: Log | LogSink;
  readonly clock?: Clock;
  /** Chance, from 0 up to 1: for the UUIDs of the rule `ids`; default Math.random. */
  readonly random?: () => number;
}

/** The options, checked: times in milliseconds, defaults filled in. */
export type SmscSettings = Readonly<ReturnType<typeof readSettings>>;

const VERSIONS: Readonly<Record<string, number>> = { '3.3': 0x33, '3.4': 0x34, '5.0': 0x50 };
const LONGEST_SECONDS = 2_000_000;
const ALPHABETS = ENCODING_NAMES.filter((name) => name !== 'binary');

/** Reads options one by one and collects what is wrong with them. */
class Reader {
  readonly problems: Problem[] = [];
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();

  constructor(options: object) {
    this.#options = options as Readonly<Record<string, unknown>>;
  }

  /** An emptied field of an editor means its default. */
  given(field: string): unknown {
    this.#read.add(field);
    const value = this.#options[field];
    return value === null || value === '' ? undefined : value;
  }

  text(field: string, fallback: string, max = 255): string {
    const given = this.given(field) ?? fallback;
    const value = typeof given === 'string' ? withoutLineEnd(given) : given;
    if (typeof value === 'string' && value.length <= max) return value;
    return this.#wrong(field, value, `give a text of at most ${max} characters`, fallback);
  }

  number(field: string, fallback: number, min: number, max: number, whole = true): number {
    const given = this.given(field) ?? fallback;
    const value = typeof given === 'string' ? Number(given) : given;
    const fits = typeof value === 'number' && value >= min && value <= max;
    if (fits && (!whole || Number.isInteger(value))) return value;
    return this.#wrong(field, given, `give a ${whole ? 'whole ' : ''}number from ${min} to ${max}`, fallback);
  }

  milliseconds(field: string, fallback: number, min = 0): number {
    return this.number(field, fallback, min, LONGEST_SECONDS, false) * 1000;
  }

  choice<const T extends string>(field: string, fallback: T, all: readonly T[]): T {
    const value = this.given(field) ?? fallback;
    const found = all.find((one) => one === value);
    return found ?? this.#wrong(field, value, `give one of ${all.join(', ')}`, fallback);
  }

  log(field: string): Log {
    const value = this.given(field) ?? silentLog;
    if (typeof value === 'function') return createLog({ sink: value as LogSink });
    const { info, isLevelEnabled } = value as Partial<Log>;
    if (typeof info === 'function' && typeof isLevelEnabled === 'function') return value as Log;
    return this.#wrong(field, value, 'give a pino logger, or a function that takes lines', silentLog);
  }

  /** Complains about options that nobody asked for. */
  rest(): void {
    for (const [field, value] of Object.entries(this.#options)) {
      if (this.#read.has(field)) continue;
      this.problems.push({
        field,
        value,
        remedy: `there is no such option; there are ${[...this.#read].join(', ')}`,
      });
    }
  }

  #wrong<T>(field: string, value: unknown, remedy: string, fallback: T): T {
    this.problems.push({ field, value, remedy });
    return fallback;
  }
}

function tlsProblems(tls: TlsOptions | undefined): Problem[] {
  if (!tls) return [];
  const problem = (field: string, remedy: string): Problem => ({ field, value: undefined, remedy });
  if (!tls.pfx && (!tls.cert || !tls.key)) return [problem('tls', 'give key and cert, both in PEM form')];
  return findTlsProblems(tls).map(({ field, remedy }) => problem(field ? `tls.${field}` : 'tls', remedy));
}

/** Checks all options; throws {@link SmscConfigError} with everything that is wrong. */
export function normalise(options: SmscOptions): SmscSettings {
  const read = new Reader(options);
  const settings = readSettings(read);
  read.rest();
  const problems = [...read.problems, ...tlsProblems(settings.tls), ...findRuleProblems(settings.rules)];
  if (problems.length > 0) throw new SmscConfigError(problems);
  return settings;
}

function readSettings(read: Reader) {
  return {
    host: read.text('host', '127.0.0.1'),
    port: read.number('port', 0, 0, 65_535),
    systemId: read.text('systemId', '', 64),
    password: read.text('password', '', 64),
    receiptDelay: read.milliseconds('receiptDelay', 0.5),
    receiptState: read.choice('receiptState', 'DELIVRD', RECEIPT_STATES),
    rules: (read.given('rules') ?? []) as readonly Rule[],
    messageId: read.given('messageId') as SmscOptions['messageId'],
    interfaceVersion: VERSIONS[read.choice('interfaceVersion', '3.4', Object.keys(VERSIONS))] ?? 0x34,
    tls: read.given('tls') as TlsOptions | undefined,
    windowSize: read.number('windowSize', 10, 1, 100_000),
    responseTimeout: read.milliseconds('responseTimeout', 30, 0.01),
    enquireLinkInterval: read.milliseconds('enquireLinkInterval', 60),
    bindTimeout: read.milliseconds('bindTimeout', 10),
    inactivityTimeout: read.milliseconds('inactivityTimeout', 0),
    maxPduLength: read.number('maxPduLength', DEFAULT_MAX_PDU_LENGTH, 256, 16_777_216),
    defaultAlphabet: read.choice('defaultAlphabet', 'gsm0338', ALPHABETS),
    log: read.log('log'),
    clock: (read.given('clock') ?? systemClock) as Clock,
    random: (read.given('random') ?? Math.random) as () => number,
  };
}
