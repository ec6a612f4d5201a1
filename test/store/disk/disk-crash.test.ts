import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openDiskStore } from '../../../src/store';
import { hasCode } from '../../../src/store/conformance/harness';
import { runsTypeScript } from '../../support/child';
import { rounds } from '../../support/rounds';
import { wrongTrace } from './expected-trace';

const ROUNDS = rounds(5, 2);
const child = join(__dirname, 'crashing-child.ts');
const account = { host: 'localhost', systemId: 'crash' };

describe('the disk store, when its process is killed', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'smpp-crash-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  /** Lets a child run and kills it `ms` after its first step; returns what it told. */
  async function runAndKill(run: string, ms: number): Promise<string[]> {
    const args = [...runsTypeScript, child, directory, run];
    const process_ = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: string[] = [];
    for await (const line of createInterface({ input: process_.stdout })) {
      if (lines.push(line) === 1) setTimeout(() => process_.kill('SIGKILL'), ms);
    }
    return lines;
  }

  it('loses nothing, repeats only what was leased, and marks that', async function () {
    this.timeout(20_000 + 5000 * ROUNDS);
    const told: string[] = [];
    for (let round = 0; round < ROUNDS; round++)
      told.push(...(await runAndKill(`r${round}`, 50 + 300 * Math.random())));
    told.push(...(await drain()));

    assert.deepEqual(
      told.filter((line) => line.startsWith('damage')),
      [],
    );
    const queued = new Set<string>();
    const sent = new Map<string, number>();
    const done = new Set<string>();
    let repeated = 0;
    for (const [word, id, redelivered] of told.map((line) => line.split(' ') as [string, string, string])) {
      if (word === 'queued') queued.add(id);
      if (word === 'done') done.add(id);
      if (word !== 'sending') continue;
      assert.ok(!done.has(id), `${id} came again although it was settled`);
      const before = sent.get(id) ?? 0;
      if (before > 0) assert.equal(redelivered, 'true', `${id} came again without the mark`);
      if (before > 0) repeated++;
      sent.set(id, before + 1);
    }
    const lost = [...queued].filter((id) => !sent.has(id));
    assert.deepEqual(lost, []);
    assert.ok(queued.size > 20 * ROUNDS, `${queued.size} acknowledged`);
    assert.ok(repeated <= 4 * 8 * ROUNDS, `${repeated} repeated`);
  });

  async function drain(): Promise<string[]> {
    const store = await openDiskStore({ directory, account, capacity: 0, whenFull: 'reject' });
    const lines: string[] = [];
    for (let left = (await store.queue.stats()).queued; left > 0;) {
      const leases = await store.queue.take(100, { signal: AbortSignal.timeout(5000) });
      for (const { item, state } of leases) {
        lines.push(`sending ${item.id} ${state.redelivered}`);
        if (wrongTrace(item)) lines.push(`damage ${item.id} has another trace`);
      }
      await store.queue.settle(leases.map((lease) => ({ outcome: 'done', lease })));
      left -= leases.length;
    }
    await store.close();
    return lines;
  }

  it('keeps a second process out, and lets the next one in when it is gone', async function () {
    this.timeout(20_000);
    const open = (): ReturnType<typeof openDiskStore> =>
      openDiskStore({ directory, account, capacity: 0, whenFull: 'reject' });
    let refused: Promise<void> | undefined;
    const process_ = spawn(process.execPath, [...runsTypeScript, child, directory, 'one'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: process_.stdout })) {
      if (!line.startsWith('queued') || refused) continue;
      refused = assert.rejects(open(), (error: Error) => {
        assert.ok(hasCode('STORE_IN_USE')(error));
        return error.message.includes(`process ${process_.pid}`);
      });
      void refused.finally(() => process_.kill('SIGKILL'));
    }
    await refused;
    await (await open()).close();
  });
});
