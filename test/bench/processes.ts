import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import * as path from 'node:path';
import { runsTypeScript } from '../support/child';
import type { Job, Result } from './client';

/** Unpinned, a small window measures the scheduler. */
export const canPin = cpus().length >= 2 && spawnSync('taskset', ['-c', '1', 'true']).status === 0;

const CLIENT_CORE = 0;
const RESPONDER_CORE = 1;

interface Start {
  readonly core?: number;
  readonly args?: readonly string[];
  readonly flags?: readonly string[];
}

/** `core`: where it runs, if it can be chosen; any where none is given. */
function start(script: string, { core, args = [], flags = [] }: Start): ChildProcess {
  const node = [
    ...[process.execPath, ...flags, ...runsTypeScript],
    ...[path.join(__dirname, script), ...args],
  ];
  const pin = canPin && core !== undefined ? ['taskset', '-c', String(core)] : [];
  const [command = '', ...rest] = [...pin, ...node];
  return spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

async function answerOf<T>(child: ChildProcess, what: string): Promise<T> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child, 'exit', { signal }).then(([code]: unknown[]) => {
    throw new Error(`the ${what} ended with ${String(code)} before it said anything`);
  });
  ended.catch(() => undefined);
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as unknown[];
    return message as T;
  } finally {
    over.abort();
  }
}

export interface Responder {
  readonly port: number;
  /** Milliseconds that enquire_link took to be answered, of each since it was last asked for. */
  latencies(): Promise<number[]>;
  stop(): void;
}

export async function startResponder(): Promise<Responder> {
  const child = start('responder.ts', { core: RESPONDER_CORE });
  const { port } = await answerOf<{ port: number }>(child, 'responder');
  return {
    port,
    latencies: async () => {
      child.send('latencies');
      return (await answerOf<{ latencies: number[] }>(child, 'responder')).latencies;
    },
    stop: () => child.kill(),
  };
}

/** @param pinned false: it runs on any core, so that several share all */
export async function runClient(job: Job, pinned = true): Promise<Result> {
  const child = start('client.ts', pinned ? { core: CLIENT_CORE } : {});
  child.send(job);
  const answer = await answerOf<{ result?: Result; error?: unknown }>(child, job.contender);
  if (!answer.result) throw new Error(`${job.contender} failed: ${String(answer.error)}`);
  return answer.result;
}

/** Runs a script of this folder and resolves with the one message that it sends. */
export async function figuresOf<T>(script: string, args: readonly string[], flags?: string[]): Promise<T> {
  const child = start(script, { args, ...(flags ? { flags } : {}) });
  const answer = await answerOf<T>(child, script);
  child.kill();
  return answer;
}
