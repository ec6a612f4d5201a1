import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runsTypeScript } from '../../support/child';
import { needs } from '../../support/skip';

/** So that what does not wait for it is sure to come before its end. */
const SLOW_SYNC = 'inject=fdatasync:delay_enter=20ms';

/** How far a message has come: its page is written, that is synced, and which pages count is written and synced. */
const WRITTEN = 1;
const SYNCED = 2;
const COMMITTED = 3;

/** What a trace tells of the messages, by their ids, which look like `<1.17>`. */
class Trace {
  readonly #begun = new Map<string, { call: string; ready: string[] }>();
  readonly #stages = new Map<string, number>();
  #dsync: string | undefined;
  readonly acknowledged: string[] = [];
  /** Acknowledged before they were committed. */
  readonly early: string[] = [];

  constructor(lines: readonly string[]) {
    for (const line of lines) this.#line(line);
  }

  /** A line "unfinished" is a call that has only begun, "resumed" its end. */
  #line(line: string): void {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    if (!resumed) this.#begun.set(thread, this.#begins(rest.replace(/ <unfinished \.\.\.>$/, '')));
    if (rest.endsWith('<unfinished ...>')) return;
    const { call, ready } = this.#begun.get(thread) ?? { call: '', ready: [] };
    this.#ends(resumed ? `${call}${resumed[1]}` : call, ready);
  }

  /** What it does is done to those that had come so far when it began. */
  #begins(call: string): { call: string; ready: string[] } {
    const isSync = call.startsWith('fdatasync(');
    const wanted = isSync ? WRITTEN : SYNCED;
    const isNeeded = isSync || call.startsWith('pwrite');
    const ready = isNeeded ? [...this.#stages].filter(([, stage]) => stage === wanted) : [];
    return { call, ready: ready.map(([id]) => id) };
  }

  #ends(call: string, ready: readonly string[]): void {
    this.#dsync = /^openat\(.*data\.mdb", .*O_DSYNC.* = (\d+)$/.exec(call)?.[1] ?? this.#dsync;
    if (/^fdatasync\(.*= 0(?: \(DELAYED\))?$/.test(call))
      for (const id of ready) this.#stages.set(id, SYNCED);
    const descriptor = /^(?:pwrite64|pwritev|writev)\((\d+), .* = \d+$/.exec(call)?.[1];
    if (descriptor !== undefined && descriptor === this.#dsync)
      for (const id of ready) this.#stages.set(id, COMMITTED);
    else if (descriptor !== undefined)
      for (const [id] of call.matchAll(/<\d+\.\d+>/g))
        if (!this.#stages.has(id)) this.#stages.set(id, WRITTEN);
    const id = /^write\(1, "acknowledged (<\d+\.\d+>)/.exec(call)?.[1];
    if (id === undefined) return;
    this.acknowledged.push(id);
    if (this.#stages.get(id) !== COMMITTED) this.early.push(id);
  }
}

describe('the disk store, seen from the operating system,', function () {
  this.timeout(60_000);

  for (const [who, callers, count] of [
    ['one caller', 1, 20],
    ['many callers', 30, 8],
  ] as const)
    it(`has synced before every acknowledgement, with ${who}`, function () {
      const program = needs(this, 'strace');
      const directory = mkdtempSync(join(tmpdir(), 'smpp-sync-'));
      const file = join(directory, 'trace');
      try {
        const child = [process.execPath, ...runsTypeScript, join(__dirname, 'acknowledging-child.ts')];
        const calls = 'trace=openat,fdatasync,pwrite64,pwritev,writev,write';
        const options = ['-f', '-s', '70000', '-o', file, '-e', calls, '-e', 'signal=none', '-e', SLOW_SYNC];
        const args = [...options, ...child, join(directory, 'queue'), String(callers), String(count)];
        execFileSync(program, args, { stdio: 'pipe' });
        const trace = new Trace(readFileSync(file, 'utf8').split('\n'));
        assert.deepEqual(trace.early, []);
        assert.equal(new Set(trace.acknowledged).size, callers * count);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });
});
