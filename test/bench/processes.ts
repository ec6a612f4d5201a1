import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpus } from 'node:os';
import * as path from 'node:path';
import { runsTypeScript } from '../support/child';
import type { Job, Result } from './client';

/** Unpinned, a small window measures the scheduler. */
export const canPin = cpus().length >= 2 && spawnSync('taskset', ['-c', '1', 'true']).status === 0;

const CLIENT_CORE = 0;
const RESPONDER_CORE = 1;

function start(script: string, core: number): ChildProcess {
  const node = [process.execPath, ...runsTypeScript, path.join(__dirname, script)];
  const [command = '', ...args] = canPin ? ['taskset', '-c', String(core), ...node] : node;
  return spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function answerOf<T>(child: ChildProcess, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the ${what} ended with ${code} before it said anything`)));
  });
}

export async function startResponder(): Promise<{ port: number; stop(): void }> {
  const child = start('responder.ts', RESPONDER_CORE);
  const { port } = await answerOf<{ port: number }>(child, 'responder');
  return { port, stop: () => child.kill() };
}

export async function runClient(job: Job): Promise<Result> {
  const child = start('client.ts', CLIENT_CORE);
  child.send(job);
  const answer = await answerOf<{ result?: Result; error?: unknown }>(child, job.contender);
  if (!answer.result) throw new Error(`${job.contender} failed: ${String(answer.error)}`);
  return answer.result;
}
