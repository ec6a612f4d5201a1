import { joined } from './joined';
import { LEVELS, methods, weightOf, type Level, type OpenLog, type Write } from './levels';
import type { FlightRecorder } from './flight-recorder';
import type { Redaction } from './redaction';

/** What all children of a log have in common. */
export interface GateParts {
  readonly redaction: Redaction;
  /** Of its own; absent: that of the logger behind, whatever becomes of it. */
  level?: string | undefined;
  readonly recorder?: FlightRecorder | undefined;
  /** The logger behind threw. */
  readonly failed: (error: unknown) => void;
  /** On each line that has no such fact itself: pino would write one that is bound a second time. */
  readonly defaults?: Readonly<Record<string, unknown>>;
}

type ToldParts = Omit<GateParts, 'defaults'> & { readonly defaults: GateParts['defaults'] | undefined };

/**
 * A log before a logger that writes: it decides what is written, redacts that, and has what is not written recorded.
 * The level is one for all children.
 */
export function gatedLog(
  root: OpenLog,
  parts: GateParts,
  bindings: Readonly<Record<string, unknown>> = {},
): OpenLog {
  const open = opened(root, parts.redaction.facts({ ...bindings }), parts.failed);
  const defaults = parts.redaction.facts({ ...parts.defaults });
  const told = { ...parts, defaults: Object.keys(defaults).length > 0 ? defaults : undefined };
  parts.recorder?.attach(forced(open, putter(open, told)));
  return gate(root, open, told);
}

/** `open` is a child of the root that writes all that it is given. */
function gate(root: OpenLog, open: OpenLog, parts: ToldParts): OpenLog {
  const { redaction, recorder, failed } = parts;
  const put = putter(open, parts);
  const isShown = (level: string): boolean => {
    if (parts.level !== undefined) return weightOf(level) >= weightOf(parts.level);
    try {
      return root.isLevelEnabled(level);
    } catch (error) {
      failed(error);
      return false;
    }
  };
  const putAnyhow = forced(open, put);
  // Of a silent log nothing is ever written out.
  const isRecorded = (): boolean => recorder !== undefined && isShown('error');
  const write: Write = (level, facts, text) => {
    try {
      if (isShown(level)) {
        const shown = redaction.facts(facts);
        if (recorder && LEVELS[level] >= LEVELS.warn) recorder.writeOut();
        put(level, shown, redaction.sentence(text, facts));
      } else if (isRecorded()) {
        recorder?.record(level, redaction.facts(facts), redaction.sentence(text, facts), putAnyhow);
      }
    } catch (error) {
      failed(error);
    }
  };
  return {
    ...methods(write),
    isLevelEnabled: (level) => isShown(level) || isRecorded(),
    child: (bindings) => gate(root, opened(open, redaction.facts(bindings), failed), parts),
    get level() {
      return parts.level ?? root.level;
    },
    set level(level) {
      parts.level = level;
    },
  };
}

function putter(open: OpenLog, { defaults, failed }: ToldParts): Write {
  return (level, facts, text) => {
    try {
      open[level](defaults ? joined(defaults, facts) : facts, text);
    } catch (error) {
      failed(error);
    }
  };
}

function opened(log: OpenLog, bindings: Record<string, unknown>, failed: GateParts['failed']): OpenLog {
  try {
    return log.child(bindings, { level: 'trace' });
  } catch (error) {
    failed(error);
    return log;
  }
}

/** Writes also what a logger that is no pino would keep back at its level: at the next one that it writes. */
function forced(log: OpenLog, put: Write): Write {
  return (level, facts, text) => {
    const written = (Object.keys(LEVELS) as Level[]).find(
      (each) => LEVELS[each] >= LEVELS[level] && log.isLevelEnabled(each),
    );
    put(written ?? level, facts, text);
  };
}
