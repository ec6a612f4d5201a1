import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { CommandError } from '../../src/cli/errors';
import { Journal, type RowState } from '../../src/cli/send/journal';
import { folderWith } from '../support/shell';

const ROWS = 12;
type Word = 'sent' | 'accepted' | 'failed' | 'returned';
const MEANS: Readonly<Record<Word, RowState>> = {
  sent: 'sent',
  accepted: 'accepted',
  failed: 'failed',
  returned: 'new',
};
const content = (row: number): unknown => ({ destination_addr: String(row) });

describe('the journal of smpp send', () => {
  let folder: ReturnType<typeof folderWith>;
  let path: string;
  beforeEach(() => {
    folder = folderWith({});
    path = join(folder.path, 'journal');
  });
  afterEach(() => folder.remove());

  const steps = fc.array(
    fc.tuple(
      fc.integer({ min: 1, max: ROWS }),
      fc.constantFrom('accepted' as const, 'failed' as const, 'returned' as const),
    ),
    { maxLength: 30 },
  );

  it('knows after a crash, wherever it was cut, what its whole lines say', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), async (taken, cut) => {
        writeFileSync(path, '');
        const written = await Journal.open(path);
        for (const [row, word] of taken) {
          written.sent(row, content(row));
          written.ended(row, word, 'an id\nof two lines');
        }
        written.close();
        const whole = readFileSync(path);
        const head = whole.indexOf(0x0a) + 1;
        const left = whole.subarray(0, head + (cut % (whole.length - head + 1)));
        writeFileSync(path, left);

        const expected = new Map<number, RowState>();
        const lines = left
          .subarray(head, left.lastIndexOf(0x0a) + 1)
          .toString()
          .split('\n');
        for (const [, word, row] of lines.map((line) => /^(\w+) (\d+)/.exec(line) ?? []))
          if (word !== undefined) expected.set(Number(row), MEANS[word as Word]);

        const read = await Journal.open(path);
        for (let row = 1; row <= ROWS; row++)
          assert.equal(read.stateOf(row, content(row)), expected.get(row) ?? 'new', `row ${row}`);
        assert.equal(read.unsure, [...expected.values()].filter((state) => state === 'sent').length);
        // What comes next begins a line of its own.
        read.sent(1, content(1));
        read.close();
        const after = await Journal.open(path);
        assert.equal(after.stateOf(1, content(1)), 'sent');
        after.close();
      }),
      { numRuns: 60 },
    );
  });

  it('does not take a row for another one', async () => {
    const journal = await Journal.open(path);
    journal.sent(3, content(3));
    journal.ended(3, 'accepted', 'id');
    assert.equal(journal.stateOf(3, content(3)), 'accepted');
    assert.throws(() => journal.stateOf(3, content(4)), CommandError);
    journal.close();
  });

  it('is nobody else’s while it is open, and is free again after a crash', async () => {
    const journal = await Journal.open(path);
    journal.close();
    // Of a process that is no more.
    writeFileSync(`${path}.lock`, '4194304');
    (await Journal.open(path)).close();
    writeFileSync(`${path}.lock`, String(process.ppid));
    await assert.rejects(Journal.open(path), /in use by process/);
  });

  it('leaves a file alone that is none, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 100 }), async (octets) => {
        writeFileSync(path, octets);
        await Journal.open(path).then(
          (journal) => journal.close(),
          (error: unknown) => {
            assert.ok(error instanceof CommandError);
            assert.deepEqual(readFileSync(path), Buffer.from(octets));
          },
        );
      }),
      { numRuns: 60 },
    );
  });
});
