import { LEVELS, type Level, type LogLine } from './catalogue';

export { LEVELS, type Level } from './catalogue';

/** The part of a pino logger that the engine uses; a user's own pino logger fits. */
export interface OpenLog {
  /** Each PDU. */
  trace: OpenLogMethod;
  /** Each step of each message. */
  debug: OpenLogMethod;
  /** What changed. */
  info: OpenLogMethod;
  /** What an operator should look at. */
  warn: OpenLogMethod;
  /** What failed for good. */
  error: OpenLogMethod;
  /** Whether lines of this level are written, so that none is made up in vain. */
  isLevelEnabled(level: string): boolean;
  /** With `options.level` the child has a level of its own. */
  child(bindings: Record<string, unknown>, options?: { level?: string }): OpenLog;
  /** The least level that is written; may be set while in use. */
  level: string;
}

/** Facts first (`event`, `stage`, …), then a sentence for people. Never throws. */
export type OpenLogMethod = (facts: Record<string, unknown>, text?: string) => void;

/** As the engine itself writes to it: only lines that the catalogue has. */
export interface Log {
  /** Each PDU. */
  trace: LogMethod;
  /** Each step of each message. */
  debug: LogMethod;
  /** What changed. */
  info: LogMethod;
  /** What an operator should look at. */
  warn: LogMethod;
  /** What failed for good. */
  error: LogMethod;
  /** Whether lines of this level are written, so that none is made up in vain. */
  isLevelEnabled(level: string): boolean;
  /** A log whose lines have these facts, too. */
  child(bindings: Record<string, unknown>): Log;
  /** The least level that is written; may be set while in use. */
  level: string;
}

export type LogMethod = (facts: LogLine, text?: string) => void;

/** The same log, for whoever only passes lines on. */
export const openLog = (log: Log | OpenLog): OpenLog => log as OpenLog;

/** Of a level by its name; `silent`, and what is no level, is above all. */
export function weightOf(level: string): number {
  return Object.hasOwn(LEVELS, level) ? LEVELS[level as Level] : Infinity;
}

export type Write = (level: Level, facts: Record<string, unknown>, text?: string) => void;

/** A log before another one, whose level it has. */
export function before(
  log: OpenLog,
  write: Write,
  child: OpenLog['child'],
  isLevelEnabled: OpenLog['isLevelEnabled'] = (level) => log.isLevelEnabled(level),
): OpenLog {
  return {
    ...methods(write),
    isLevelEnabled,
    child,
    get level() {
      return log.level;
    },
    set level(level) {
      log.level = level;
    },
  };
}

/** The methods of a log that all do the same. */
export function methods(write: Write): Pick<OpenLog, Level> {
  const method =
    (level: Level): OpenLogMethod =>
    (facts, text) =>
      write(level, facts, text);
  return {
    trace: method('trace'),
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
  };
}
