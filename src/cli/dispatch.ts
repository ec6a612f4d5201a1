import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { SmppError } from '../index';
import type { Context } from './command';
import { COMMANDS } from './commands';
import { readConnection } from './configuration';
import { CommandError } from './errors';
import { Interruption, OutputClosed, exitCode, type ExitCode } from './exit-codes';
import { Output, isPipe, type Sink } from './output';
import { parseArguments, type Parsed } from './parser';

/** What surrounds a command: a process, or a test. */
export interface Surroundings {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
}

/** Runs the command that the words name. Never rejects. */
export async function dispatch(words: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const asked = parseArguments(words, COMMANDS, {
    version: version(),
    stdout: surroundings.stdout,
    stderr: surroundings.stderr,
    color: wantsColor(surroundings, surroundings.stderr),
  });
  if ('exitCode' in asked) return asked.exitCode;
  const output = outputFor(asked, surroundings);
  try {
    return await asked.command.run(contextFor(asked, output, surroundings));
  } catch (error) {
    return failed(error, output, surroundings);
  }
}

function contextFor({ command, options, operands }: Parsed, output: Output, around: Surroundings): Context {
  const { stdin, env, cwd, signal } = around;
  return {
    operands,
    options,
    stdin,
    output,
    env,
    cwd,
    signal,
    connection: (more = {}) => {
      if (!command.connects) throw new Error(`the command ${command.name} takes no connection`);
      const { options: found, warnings } = readConnection({ options: { ...options, ...more }, env, cwd });
      for (const warning of warnings) output.warn(warning);
      return found;
    },
  };
}

function outputFor({ options }: Parsed, around: Surroundings): Output {
  const { stdout, stderr } = around;
  const color = options['color'] !== false && wantsColor(around, stderr);
  return new Output({
    stdout,
    stderr,
    json: options['json'] === true,
    quiet: options['quiet'] === true,
    color,
  });
}

/** https://no-color.org */
function wantsColor({ env }: Surroundings, stream: Sink): boolean {
  return stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** No stack traces: they are of no use to whoever types commands. SMPP_DEBUG=1 shows them. */
function failed(thrown: unknown, output: Output, { signal, env }: Surroundings): ExitCode {
  // A stream that cannot be written fails in other ways from then on.
  const error: unknown = signal.reason instanceof CommandError ? signal.reason : thrown;
  if (isPipe(error) || signal.reason instanceof OutputClosed) return exitCode('ok');
  if (env['SMPP_DEBUG']) output.error(String((error as Error).stack));
  if (error instanceof CommandError) {
    output.error(error.message, error.details);
    return error.exitCode;
  }
  if (signal.aborted && signal.reason instanceof Interruption) return signal.reason.exitCode;
  const { message } = error as Error;
  if (error instanceof SmppError) {
    output.error(message);
    return CODES.get(error.code) ?? exitCode('failed');
  }
  output.error(`this should not have happened: ${message}`, [
    'with SMPP_DEBUG=1 the place is shown; please tell us',
  ]);
  return exitCode('internal');
}

/** Where an error of the engine ends a command as a whole. */
const CODES = new Map<string, ExitCode>(
  [
    ...['CONNECT_FAILED', 'CONNECT_TIMEOUT', 'TLS_FAILED', 'BIND_REFUSED', 'BIND_TIMEOUT', 'BIND_FAILED'],
    ...[
      'QUEUE_UNAVAILABLE',
      'STORE_IN_USE',
      'STORE_ACCOUNT',
      'NOT_BOUND',
      'STOPPED',
      'PORT_IN_USE',
      'LISTEN_FAILED',
    ],
  ].map((code) => [code, exitCode('connection')]),
);
CODES.set('INVALID_CONFIG', exitCode('configuration')).set('PLUGIN_MISSING', exitCode('configuration'));

/** The package's own: beside src/, or above dist/. */
function version(): string {
  for (const above of [
    ['..', '..'],
    ['..', '..', '..'],
  ]) {
    try {
      const text = readFileSync(join(__dirname, ...above, 'package.json'), 'utf8');
      return String((JSON.parse(text) as { version: unknown }).version);
    } catch {
      // Not there.
    }
  }
  return 'unknown';
}
