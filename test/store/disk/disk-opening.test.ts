import assert from 'node:assert/strict';
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entry, items } from '../../../src/store/conformance/harness';
import { PageChecker, timeSlices } from '../../../src/store/disk/repair/page-checker';
import { META_SIZE, readMeta, type Snapshot } from '../../../src/store/disk/repair/page-layout';
import { DiskStores } from '../setup';

const ROUNDS = 5;
/** Milliseconds for which the event loop may wait. */
const LONGEST = 50;

/** What the newer of the two meta pages tells of. */
function snapshotOf(fd: number): Snapshot {
  const read = (at: number): Snapshot => {
    const octets = Buffer.alloc(META_SIZE);
    readSync(fd, octets, 0, META_SIZE, at);
    return readMeta(octets);
  };
  const first = read(0);
  const second = read(first.pageSize);
  return second.transaction > first.transaction ? second : first;
}

describe('opening a large store', function () {
  this.timeout(60_000);
  let directory: string;
  const stores = new DiskStores();

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'smpp-opening-'));
    const store = await stores.open({ directory });
    for (let batch = 0; batch < 30; batch++) {
      const some = items(`${batch}-`, 5000);
      await store.queue.enqueue(some);
      await store.correlator.put(some.map(({ id }) => entry(`of ${id}`, { id })));
    }
    await stores.close();
    assert.ok(statSync(join(directory, 'data.mdb')).size > 40e6);
  });
  after(async () => {
    await stores.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('never holds up the event loop for long', async () => {
    // A machine that is busy otherwise is no fault of the store: one quiet round is enough.
    const longest: number[] = [];
    for (let round = 0; round < ROUNDS && !(Math.min(...longest) <= LONGEST); round++) {
      let gap = 0;
      let last = process.cpuUsage();
      // Milliseconds of CPU time, which others on the machine do not take from it.
      const tick = (): void => {
        const { user, system } = process.cpuUsage(last);
        gap = Math.max(gap, (user + system) / 1000);
        last = process.cpuUsage();
      };
      const timer = setInterval(tick, 1);
      await stores.open({ directory });
      clearInterval(timer);
      tick();
      longest.push(gap);
      await stores.close();
    }
    assert.ok(Math.min(...longest) <= LONGEST, `${longest.map(Math.round).join(', ')} ms`);
  });

  it('is checked some milliseconds at a time, by the clock given', async () => {
    let now = 0;
    let looks = 0;
    let most = 0;
    let turns = 0;
    const clock = {
      now: () => 0,
      // Each entry takes a millisecond here.
      monotonic: () => ((most = Math.max(most, ++looks)), ++now),
      setTimeout: () => assert.fail('no timer is needed'),
      clearTimeout: () => undefined,
      setImmediate: (callback: () => void) => {
        turns++;
        looks = 0;
        setImmediate(callback);
      },
    };
    const fd = openSync(join(directory, 'data.mdb'), 'r');
    let entries = 0;
    try {
      const checker = new PageChecker(
        fd,
        fstatSync(fd).size,
        snapshotOf(fd),
        timeSlices(clock),
        () => entries++,
      );
      await checker.check();
      assert.deepEqual(checker.problems, []);
    } finally {
      closeSync(fd);
    }
    assert.ok(entries > 150_000, `${entries} entries`);
    assert.ok(most <= 12, `${most} ms without a pause`);
    assert.ok(turns > entries / 12, `${turns} pauses`);
  });
});
