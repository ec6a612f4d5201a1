import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Smsc } from '../../src/simulator';
import { segment } from '../../src/text';
import { endChild, startChild } from '../support/child';
import { rounds } from '../support/rounds';
import { pass, until } from '../support/until';

const KILLS = rounds(8, 3);
const AT_ONCE = 8;

interface Line {
  readonly payload: string;
  readonly incomplete?: boolean;
}

describe(`A client that acknowledges what it has saved, killed ${KILLS} times`, function () {
  this.timeout(120_000);
  let directory = '';
  let smsc: Smsc;
  let child: ChildProcess | undefined;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'smpp-saving-'));
    smsc = new Smsc();
    await smsc.start();
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    await smsc.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    const args = [String(smsc.port), directory, join(directory, 'saved')];
    child = startChild(join(__dirname, 'saving-child.ts'), args);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
  }

  /** One PDU, again until it is answered with "taken", as a real centre does. */
  async function deliver(
    pdu: Omit<Parameters<Smsc['deliver']>[0], 'source_addr' | 'destination_addr'>,
  ): Promise<void> {
    for (;;) {
      try {
        const all = await smsc.deliver({ source_addr: '447700900123', destination_addr: '70123', ...pdu });
        if (all.every(({ command_status }) => command_status === 0)) return;
      } catch {
        // Nobody is bound, or the link went.
      }
      await pass(20);
    }
  }

  /** Messages until `ended`, added to `taken` when they were; every third has three parts. */
  async function send(worker: number, taken: string[], ended: () => boolean): Promise<void> {
    for (let n = 0; !ended(); n++) {
      const text = n % 3 === 0 ? `${worker}.${n} `.repeat(100).slice(0, 400) : `${worker}.${n}`;
      const reference = (worker * 31 + n) & 0xff;
      for (const part of segment(text, { method: 'udh8', reference }).segments) await deliver(part);
      taken.push(text);
    }
  }

  it('has all that it has acknowledged, whole', async () => {
    await start();
    const taken: string[] = [];
    let over = false;
    const sending = Promise.all(
      Array.from({ length: AT_ONCE }, (_, worker) => send(worker, taken, () => over)),
    );
    for (let round = 0; round < KILLS; round++) {
      // In the midst of work, on a slow machine too.
      const before = taken.length;
      await until(() => taken.length > before + AT_ONCE, 'work');
      await pass(Math.random() * 300);
      await endChild(child as ChildProcess, 'SIGKILL');
      await start();
    }
    over = true;
    await sending;
    const lines = readFileSync(join(directory, 'saved'), 'utf8').trim().split('\n');
    const saved = lines.map((line) => JSON.parse(line) as Line);
    const texts = new Set(saved.filter(({ incomplete }) => !incomplete).map(({ payload }) => payload));
    assert.deepEqual(
      taken.filter((text) => !texts.has(text)),
      [],
    );
    assert.ok(taken.length > KILLS * AT_ONCE, `${taken.length} messages`);
    // Repeats are what was saved and not answered yet, at most so many for each kill.
    assert.ok(saved.length - texts.size <= KILLS * AT_ONCE, `${saved.length - texts.size} repeats`);
  });
});
