import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runsTypeScript } from '../../support/child';
import { rounds } from '../../support/rounds';

const ROUNDS = rounds(60, 20);
/** Always the same; `FLIP_SEED` and many `TEST_ROUNDS` for a search. */
const SEED = Number(process.env['FLIP_SEED'] ?? 1);

interface Came {
  readonly seed: number;
  readonly wrong: readonly string[];
  readonly twice: number;
  readonly missing: number;
  readonly told: readonly string[];
  readonly goesOn: boolean;
}

describe(`a disk store with random bits flipped in its file, ${ROUNDS} times from seed ${SEED}`, function () {
  this.timeout(60_000 + 2000 * ROUNDS);
  let directory: string;
  let all: Came[];
  let last: string;
  let ended: [code: number | null, signal: NodeJS.Signals | null];

  // In a process of its own, for what LMDB may do to it.
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'smpp-flips-'));
    all = [];
    const args = [...runsTypeScript, join(__dirname, 'flipping-child.ts'), directory, `${SEED}`, `${ROUNDS}`];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const end = new Promise<typeof ended>((resolve) => child.on('exit', (...how) => resolve(how)));
    for await (const line of createInterface({ input: child.stdout })) {
      last = line;
      if (line.startsWith('came ')) all.push(JSON.parse(line.slice(5)) as Came);
    }
    ended = await end;
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const seedsWhere = (fails: (round: Came) => boolean): number[] => all.filter(fails).map(({ seed }) => seed);

  it('never ends the process, and opens each time', () => {
    assert.deepEqual([ended, all.length], [[0, null], ROUNDS], last);
  });
  it('gives every message as it was, once, or not at all', () => {
    assert.deepEqual(
      seedsWhere(({ wrong, twice }) => wrong.length > 0 || twice > 0),
      [],
    );
  });
  it('tells of it where messages are missing', () => {
    assert.ok(all.some(({ missing }) => missing > 0));
    assert.deepEqual(
      seedsWhere(({ missing, told }) => missing > 0 && told.length === 0),
      [],
    );
  });
  it('loses few messages where single records are hit', () => {
    assert.deepEqual(
      seedsWhere(({ missing, told }) => missing > told.length && !told.includes('file')),
      [],
    );
  });
  it('takes new messages and sends them in their order', () => {
    assert.deepEqual(
      seedsWhere(({ goesOn }) => !goesOn),
      [],
    );
  });
});
