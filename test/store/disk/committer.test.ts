import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as lmdb from 'lmdb';
import { systemClock } from '../../../src/clock';
import { Committer } from '../../../src/store/disk/commit/committer';
import { layOut, roomFor } from '../../../src/store/disk/lmdb/space';
import { openEnvironment, tablesIn, type Tables } from '../../../src/store/disk/lmdb/tables';

const CALLERS = 200;
const ROUNDS = 20;

describe('callers that write to the disk again and again', () => {
  let directory: string;
  let tables: Tables;
  let committer: Committer;
  /** Callers of each transaction. */
  let sizes: number[];
  let seen: string[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'smpp-committer-'));
    await layOut(directory, undefined);
    tables = await tablesIn(openEnvironment(lmdb, directory), undefined);
    sizes = [];
    seen = [];
    committer = new Committer(tables, systemClock, directory);
  });
  afterEach(async () => {
    await committer.close();
    await tables.root.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** Each writes `ROUNDS` times. */
  async function write(callers = CALLERS): Promise<void> {
    let size = 0;
    committer.last = {
      roomAtEnd: roomFor([], 0),
      atEnd: () => {
        sizes.push(size);
        size = 0;
        return () => undefined;
      },
    };
    const caller = async (who: number): Promise<void> => {
      for (let round = 0; round < ROUNDS; round++) {
        const name = `${who}.${round}`;
        const apply = (): void => {
          size++;
          seen.push(name);
          tables.state.put(Buffer.from(name), Buffer.from('x'));
        };
        await committer.make([{ room: roomFor([10], 1), apply }], true);
      }
    };
    await Promise.all(Array.from({ length: callers }, (_, who) => caller(who)));
  }

  function assertOrder(): void {
    assert.equal(tables.state.count, CALLERS * ROUNDS);
    for (let who = 0; who < CALLERS; who++) {
      const own = seen.filter((name) => name.startsWith(`${who}.`));
      assert.deepEqual(
        own,
        Array.from({ length: ROUNDS }, (_, round) => `${who}.${round}`),
      );
    }
  }

  it('share each transaction', async () => {
    await write();
    assert.deepEqual(sizes, Array(ROUNDS).fill(CALLERS));
    assertOrder();
  });

  it('are not more at a time than one transaction may have, however many they are', async () => {
    await write(12_000);
    assert.equal(Math.max(...sizes), 5000);
  });

  it('are never fewer than asked: one caller has each transaction to itself', async () => {
    await write(1);
    assert.deepEqual(sizes, Array(ROUNDS).fill(1));
  });
});
