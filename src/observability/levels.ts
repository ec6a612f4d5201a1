/** The part of a pino logger that the engine uses; a user's own pino logger fits. */
export interface Log {
  trace: LogMethod;
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
  isLevelEnabled(level: string): boolean;
  /** With `options.level` the child has a level of its own. */
  child(bindings: Record<string, unknown>, options?: { level?: string }): Log;
  level: string;
}

/** Facts first (`event`, `stage`, …), then a sentence for people. Never throws. */
export type LogMethod = (facts: Record<string, unknown>, text?: string) => void;

/** By weight. */
export const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50 } as const;

export type Level = keyof typeof LEVELS;

/** Of a level by its name; `silent`, and what is no level, is above all. */
export function weightOf(level: string): number {
  return Object.hasOwn(LEVELS, level) ? LEVELS[level as Level] : Infinity;
}

export type Write = (level: Level, facts: Record<string, unknown>, text?: string) => void;

/** A log before another one, whose level it has. */
export function before(
  log: Log,
  write: Write,
  child: Log['child'],
  isLevelEnabled: Log['isLevelEnabled'] = (level) => log.isLevelEnabled(level),
): Log {
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
export function methods(write: Write): Pick<Log, Level> {
  const method =
    (level: Level): LogMethod =>
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
