import type { Clock } from '../../clock';
import {
  FlightRecorder,
  LogFile,
  collapseRepeats,
  createLog,
  guarded,
  redactedLog,
  standardStream,
  type CollapsedLog,
  type LogLine,
  type LogOptions,
  type OpenLog,
} from '../../observability';
import { SmppError } from '../../protocol';
import { connectionName } from '../config/connection-name';
import type { Problem } from '../config/errors';
import { SECRET_OPTIONS, type Settings } from '../config/options';
import type { SmppClientOptions } from './client-options';

/** A client's log, and where its lines go. */
export interface LogPart {
  readonly log: CollapsedLog;
  /** Rejects with `NOT_SUPPORTED` where lines go to no file. */
  reopen(): Promise<void>;
  /** The client runs. */
  begin(): void;
  /** Tells what was counted, and writes what waits. */
  close(): Promise<void>;
}

/** A file is named where one is written, and only there; of a log of one's own the target is its own. */
export function logProblems({ log }: SmppClientOptions, { logTarget, logFile }: Settings): Problem[] {
  const problem = (field: string, value: unknown, remedy: string): Problem[] => [{ field, value, remedy }];
  if (logTarget !== undefined && !isBlank(log))
    return problem(
      'logTarget',
      logTarget,
      'the lines go to your own log (option log); leave one of the two away',
    );
  if ((logTarget === 'file') === (logFile.trim() !== '')) return [];
  if (logTarget !== 'file')
    return problem(
      'logFile',
      logFile,
      'it is only written with logTarget file; choose that, or leave it empty',
    );
  return problem(
    'logFile',
    logFile,
    'logTarget file needs the path of one, such as /var/log/smpp/carrier.log',
  );
}

const isBlank = (value: unknown): boolean => value === undefined || value === null || value === '';

export function logPart(options: SmppClientOptions, settings: Settings, clock: Clock): LogPart {
  const { flightRecorder: lines, flightRecorderHeartbeat: heartbeat } = settings;
  const recorder = lines > 0 ? new FlightRecorder({ lines, heartbeat, clock }) : undefined;
  const file = fileOf(options, settings, clock, (lost) => {
    const facts = { event: 'log', stage: 'lost', lines: lost } satisfies LogLine;
    root.warn(facts, `${lost} lines were lost while the log file could not be written`);
  });
  const root = rootOf(options, settings, {
    recorder,
    ...(file && { lines: (line: string) => file.write(line) }),
  });
  const log = collapseRepeats(root, clock);
  return {
    log,
    reopen: async () => {
      if (file) return file.reopen();
      throw new SmppError(
        'NOT_SUPPORTED',
        'the log goes to no file that could be opened anew (logTarget file)',
      );
    },
    begin: () => recorder?.begin(),
    close: async () => {
      log.end();
      recorder?.end();
      await file?.close();
    },
  };
}

function fileOf(
  { onLogFailure }: SmppClientOptions,
  { logTarget, logFile }: Settings,
  clock: Clock,
  recovered: (lost: number) => void,
): LogFile | undefined {
  if (logTarget !== 'file') return undefined;
  const warn = (text: string): void => process.emitWarning(text, 'SmppWarning');
  const told = onLogFailure
    ? guarded(onLogFailure, (error) => warn(`onLogFailure failed: ${String(error)}`))
    : warn;
  return new LogFile(logFile.trim(), {
    clock,
    told,
    recovered: (lost) => (lost > 0 ? recovered(lost) : undefined),
  });
}

function rootOf(
  { log, logLevel }: SmppClientOptions,
  settings: Settings,
  own: Pick<LogOptions, 'recorder' | 'lines'>,
): OpenLog {
  const identity = {
    ...settings.logMetadata,
    connection: connectionName(settings),
    host: `${settings.host}:${settings.port}`,
    system_id: settings.systemId,
  };
  const { logTarget, logMessageText: messageText, logLevel: level } = settings;
  const secrets = SECRET_OPTIONS.flatMap((name) => settings[name]).flatMap(withPassword);
  const common = { messageText, secrets, recorder: own.recorder };
  if (typeof log === 'object') {
    // A logger has a level of its own, which counts where none was given.
    const given = isBlank(logLevel) ? {} : { level };
    return redactedLog(log, { ...common, ...given, metadata: identity });
  }
  const stream = logTarget === 'stderr' ? { lines: standardStream('stderr') } : {};
  return createLog({
    ...common,
    ...stream,
    ...own,
    level,
    metadata: identity,
    ...(log ? { sink: log } : {}),
  });
}

/** A secret, and of a URL its password as it is written there and as it is. */
function withPassword(secret: string): string[] {
  const [, written] = /\/\/[^@/]*?:([^@/]*)@/.exec(secret) ?? [];
  if (written === undefined) return [secret];
  try {
    return [secret, written, decodeURIComponent(written)];
  } catch {
    return [secret, written];
  }
}
