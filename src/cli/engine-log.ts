import type { SmppClientOptions } from '../index';
import { toJson, type Output } from './output';

export interface EngineLog {
  readonly log: (line: Record<string, unknown>) => void;
  /** Warnings are held back: what the command ends with says the same. */
  hush(): void;
  speak(): void;
}

/** Log lines of the engine on standard error, where they are no results: warnings for people, the rest as it is. */
export function engineLog(output: Output): EngineLog {
  let held = false;
  return {
    log: (line) => {
      const { level, msg } = line;
      const isWarning = level === 'warn' || level === 'error';
      if (held && isWarning) return;
      if (output.json || !isWarning) output.stderr.write(`${toJson(line)}\n`);
      else output.warn(String(msg));
    },
    hush: () => {
      held = true;
    },
    speak: () => {
      held = false;
    },
  };
}

/** Unless the configuration says where log lines go. */
export const withLog = (given: SmppClientOptions, log: EngineLog['log']): SmppClientOptions =>
  given.logTarget ? given : { ...given, log };
