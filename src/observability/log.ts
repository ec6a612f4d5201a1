import type { pino as Pino } from 'pino';
import { guarded } from './callback';
import { ADDED, FIELDS } from './catalogue';
import type { FlightRecorder } from './flight-recorder';
import { gatedLog } from './gate';
import { joined } from './joined';
import { before, openLog, type Log, type OpenLog } from './levels';
import { Redaction, type RedactionOptions } from './redaction';
import { standardStream } from './targets/standard-stream';

/**
 * Where finished lines go: each is one JSON object, parsed, with `level` by name. What it returns is passed over;
 * where it throws or rejects, the process warns of it, once.
 */
export type LogSink = (line: Record<string, unknown>) => unknown;

/** How a log is made. */
export interface LogOptions extends RedactionOptions {
  /**
   * trace (every PDU either way, by its header), debug (what each message comes to, step by step), info, warn,
   * error, silent; default info.
   */
  level?: string;
  /** The user's own fields, on every line. */
  metadata?: Readonly<Record<string, unknown>>;
  /** Default: JSON lines on standard output. */
  sink?: LogSink;
  /** Takes finished lines as text, each with its line end; in place of a sink. */
  lines?: (line: string) => void;
  /** Keeps what is not shown. */
  recorder?: FlightRecorder | undefined;
}

/**
 * The root of all log lines: passwords never appear, message texts only when asked, numbers are masked. That is done
 * before pino, whose own redaction takes ten times as long as all else that it does with a line.
 */
export function createLog(options: LogOptions = {}): OpenLog {
  const { level = 'info', metadata = {}, sink, recorder } = options;
  const redaction = new Redaction(options);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- thirty modules, of no use to a log of one's own
  const { pino } = require('pino') as { pino: typeof Pino };
  const { bound, defaults } = split(metadata);
  const write = sink ? writerTo(sink) : (options.lines ?? standardStream('stdout'));
  const root = pino(
    {
      level: 'trace',
      base: redaction.facts(bound),
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  const failed = warnOnce('the log failed; lines are lost');
  return gatedLog(root, { redaction, level, recorder, failed, defaults });
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
export const silentLog: OpenLog = {
  ...{ trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
  isLevelEnabled: () => false,
  child: () => silentLog,
  level: 'silent',
};

/**
 * Somebody's own logger, which redacts nothing by itself, with the redaction of {@link createLog}. Without a `level` it
 * has that of the logger, also when that changes; what it is set to is its own, and the logger's stays as it is.
 */
export function redactedLog(
  log: OpenLog,
  options: RedactionOptions & Pick<LogOptions, 'level' | 'metadata' | 'recorder'> = {},
): OpenLog {
  const { level, metadata = {}, recorder } = options;
  const failed = warnOnce('the log (option log) failed; lines are lost');
  const { bound, defaults } = split(metadata);
  return gatedLog(log, { redaction: new Redaction(options), level, recorder, failed, defaults }, bound);
}

/** Written by the logger itself. */
const OF_LOGGER = new Set(['level', 'time', 'msg']);
const OF_LINES = new Set(['event', 'stage', ...Object.keys(FIELDS), ...Object.keys(ADDED)]);
// No line has another one.
OF_LINES.delete('connection');

/**
 * Facts of every line: those that no line has by itself, and those that one may have, whose own then counts. Bound to
 * pino, they would stand twice in a JSON object, which not everybody reads, and not everybody alike.
 */
function split(metadata: Readonly<Record<string, unknown>>) {
  const bound: Record<string, unknown> = {};
  const defaults: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(metadata)) {
    if (!OF_LOGGER.has(name)) (OF_LINES.has(name) ? defaults : bound)[name] = value;
  }
  return { bound, defaults };
}

/** The log with these facts on each line. Unlike a child of pino's it has no level of its own, and follows the log's. */
export function withFacts(log: Log | OpenLog, bindings: Record<string, unknown>): OpenLog {
  const open = openLog(log);
  return before(
    open,
    (level, facts, text) => {
      if (open.isLevelEnabled(level)) open[level](joined(bindings, facts), text);
    },
    (more) => withFacts(open, { ...bindings, ...more }),
  );
}
