import type { pino as Pino } from 'pino';
import { guarded } from './callback';
import { before, type Level, type Log } from './levels';

/**
 * Where finished lines go: each is one JSON object, parsed, with `level` by name. What it returns is passed over;
 * where it throws or rejects, the process warns of it, once.
 */
export type LogSink = (line: Record<string, unknown>) => unknown;

export interface LogOptions {
  /**
   * trace (every PDU either way, by its header), debug (what each message comes to, step by step), info, warn,
   * error, silent; default info.
   */
  level?: string;
  /** The user's own fields, on every line. */
  metadata?: Readonly<Record<string, unknown>>;
  /** Whether message texts and whole numbers may appear; default false. */
  messageText?: boolean;
  /** Default: JSON lines on standard output. */
  sink?: LogSink;
}

const SECRETS = ['password', 'systemPassword', 'receiverPassword', 'queueUrl', 'correlationUrl', 'queueKey'];
const TEXTS = ['short_message', 'message_payload', 'payload', 'text'];
export const NUMBERS = ['source_addr', 'destination_addr', 'source', 'destination', 'msisdn'];

/**
 * The root of all log lines. Redaction sits here, for a child's own `redact` would
 * replace it: passwords never appear, message texts only when asked, numbers are masked.
 */
export function createLog(options: LogOptions = {}): Log {
  const { level = 'info', metadata = {}, messageText = false, sink } = options;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- thirty modules, of no use to a log of one's own
  const { pino } = require('pino') as { pino: typeof Pino };
  return pino(
    {
      level,
      base: { ...metadata },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: hiddenNames(messageText).flatMap((name) => [name, `*.${name}`]),
        censor: (value, path) => censor(value, path.at(-1) ?? ''),
      },
    },
    sink ? { write: writerTo(sink) } : process.stdout,
  );
}

/** A sink is called in the middle of everything, where what it throws would end the process. */
function writerTo(sink: LogSink): (line: string) => void {
  const give = guarded(sink, warnOnce('the log sink (option log) failed; lines are lost'));
  return (line) => give(JSON.parse(line) as Record<string, unknown>);
}

/** By a warning of the process, for there is no log to write it to. */
function warnOnce(text: string): (error: unknown) => void {
  let told = false;
  return (error) => {
    if (told) return;
    told = true;
    process.emitWarning(`${text}: ${error instanceof Error ? error.message : String(error)}`, 'SmppWarning');
  };
}

const nothing = (): void => undefined;
/** A log that writes nothing. */
export const silentLog: Log = {
  ...{ trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
  isLevelEnabled: () => false,
  child: () => silentLog,
  level: 'silent',
};

function hiddenNames(messageText: boolean): readonly string[] {
  return messageText ? SECRETS : [...SECRETS, ...TEXTS, ...NUMBERS];
}

function censor(value: unknown, name: string): unknown {
  if (NUMBERS.includes(name)) return typeof value === 'string' ? maskNumber(value) : '[hidden]';
  return SECRETS.includes(name) ? '[secret]' : '[hidden]';
}

/**
 * `+4915112345678` → `+49151******78`: enough to recognise, too little to dial. Numbers within a text too;
 * names and short codes stay.
 */
export function maskNumber(text: string): string {
  return text.replace(/\d{7,}/g, (digits) => {
    const head = Math.min(5, digits.length - 4);
    return digits.slice(0, head) + '*'.repeat(digits.length - head - 2) + digits.slice(-2);
  });
}

/** Somebody's own logger, which redacts nothing by itself, with the redaction of {@link createLog}. */
export function redactedLog(log: Log, messageText = false): Log {
  const hidden = new Set(hiddenNames(messageText));
  const failed = warnOnce('the log (option log) failed; lines are lost');
  const isLevelEnabled = (level: string): boolean => {
    try {
      return log.isLevelEnabled(level);
    } catch (error) {
      failed(error);
      return false;
    }
  };
  const write = (level: Level, facts: Record<string, unknown>, text?: string): void => {
    if (!isLevelEnabled(level)) return;
    try {
      log[level](redact(facts, hidden), text);
    } catch (error) {
      failed(error);
    }
  };
  const child: Log['child'] = (bindings) => redactedLog(log.child(redact(bindings, hidden)), messageText);
  return before(log, write, child, isLevelEnabled);
}

/** The log with these facts on each line. Unlike a child of pino's it has no level of its own, and follows the log's. */
export function withFacts(log: Log, bindings: Record<string, unknown>): Log {
  return before(
    log,
    (level, facts, text) => {
      if (log.isLevelEnabled(level)) log[level]({ ...bindings, ...facts }, text);
    },
    (more) => withFacts(log, { ...bindings, ...more }),
  );
}

/** As deep as the paths of {@link createLog}: fields, and fields of plain objects in them. */
function redact(
  facts: Record<string, unknown>,
  hidden: ReadonlySet<string>,
  depth = 1,
): Record<string, unknown> {
  const shown = Object.entries(facts).map(([name, value]) => {
    if (hidden.has(name) && value !== undefined) return [name, censor(value, name)];
    return [name, depth > 0 && isPlain(value) ? redact(value, hidden, depth - 1) : value];
  });
  return Object.fromEntries(shown) as Record<string, unknown>;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
