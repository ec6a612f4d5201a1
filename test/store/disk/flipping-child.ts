/**
 * Flips random bits in the file of a disk store and works with what is left of it, round after round, each on a
 * fresh copy. Tells of each round before it, by its seed, and after it by what came of it:
 *
 *   round 17    came {"seed":17,"wrong":[],"missing":3,"told":["record"],…}
 */
import { closeSync, cpSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  openDiskStore,
  type DiskStore,
  type Lease,
  type QueueItem,
  type StoreDamage,
} from '../../../src/store';
import { dead, done, entry, item, items, retry, take, takeAll } from '../../../src/store/conformance/harness';
import { META_SIZE, readMeta } from '../../../src/store/disk/repair/page-layout';
import { Random } from '../../fuzz/random';
import { say } from '../../support/say';

const MOST_FLIPS = 20;
const MESSAGES = 1000;
const READY = 860;

const open = (directory: string, onDamage: (damage: StoreDamage) => void): Promise<DiskStore> =>
  openDiskStore({
    directory,
    account: { host: 'localhost', systemId: 'flips' },
    capacity: 0,
    whenFull: 'reject',
    onDamage,
  });

/** Of many sizes, some of which need pages of their own. */
function message(number: number): QueueItem {
  const size = ((number * 37) % 400) + (number % 50 === 0 ? 6000 : 0);
  return item(`m${number}`, { priority: (number % 5) as 0, segments: [Buffer.alloc(size, `${number} `)] });
}

const isWrong = ({ item: { id, priority, segments } }: Lease): boolean => {
  const whole = message(Number(id.slice(1)));
  return (
    whole.priority !== priority || segments.length !== 1 || !whole.segments[0]?.equals(segments[0] as Buffer)
  );
};

/** Every table has something in it. */
async function fill(directory: string): Promise<void> {
  const store = await open(directory, () => undefined);
  for (let first = 0; first < MESSAGES; first += 50)
    await store.queue.enqueue(Array.from({ length: 50 }, (_, at) => message(first + at)));
  const leases = await takeAll(store, 200);
  const settled = leases.slice(0, 100);
  await store.settle(
    settled.map((lease) => entry(`of ${lease.item.id}`)),
    settled.map(done),
  );
  await store.queue.settle(leases.slice(100, 120).map((lease) => retry(lease, Date.now() + 3_600_000)));
  await store.queue.settle(leases.slice(120, 140).map((lease) => dead(lease)));
  await store.queue.release(leases.slice(140));
  for (let at = 0; at < 50; at++) await store.state.set(`fact ${at}`, Buffer.alloc(20, at));
  await store.close();
}

function flip(file: string, random: Random): void {
  const fd = openSync(file, 'r+');
  const meta = Buffer.alloc(META_SIZE);
  readSync(fd, meta, 0, META_SIZE, 0);
  const { pageSize, lastPage } = readMeta(meta);
  // The first two pages lead to all others.
  const reach = random.below(6) === 0 ? 2 * pageSize : (lastPage + 1) * pageSize;
  const octet = Buffer.alloc(1);
  for (let flips = 1 + random.below(MOST_FLIPS); flips > 0; flips--) {
    const at = random.below(reach);
    readSync(fd, octet, 0, 1, at);
    octet.writeUInt8(octet.readUInt8() ^ (1 << random.below(8)));
    writeSync(fd, octet, 0, 1, at);
  }
  closeSync(fd);
}

/** All that is ready, settled as it comes. */
async function drain(store: DiskStore): Promise<Lease[]> {
  const leases: Lease[] = [];
  for (;;) {
    const { queued, delayed } = await store.queue.stats();
    if (queued <= delayed) return leases;
    try {
      const some = await take(store, 500, 300);
      await store.queue.settle(some.map(done));
      leases.push(...some);
    } catch {
      // What cannot be read was counted.
      return leases;
    }
  }
}

async function round(directory: string, seed: number): Promise<unknown> {
  const told: StoreDamage['kind'][] = [];
  flip(join(directory, 'data.mdb'), new Random(seed));
  const store = await open(directory, ({ kind }) => told.push(kind));
  const leases = await drain(store);
  await store.queue.enqueue(items('new', 50));
  const added = await takeAll(store, 50);
  await store.settle(
    added.map((lease) => entry(lease.item.id)),
    added.map(done),
  );
  const correlated = await store.correlator.get('new49');
  await Promise.all([store.deadLetters.list(), store.state.list(''), store.correlator.expire()]);
  await store.queue.purge();
  await store.close();
  await (await open(directory, () => undefined)).close();
  return {
    seed,
    wrong: leases.filter(isWrong).map((lease) => lease.item.id),
    twice: leases.length - new Set(leases.map((lease) => lease.item.id)).size,
    missing: READY - leases.length,
    told,
    goesOn: correlated !== undefined && added.every((lease, at) => lease.item.id === `new${at}`),
  };
}

async function main(base: string, first: number, rounds: number): Promise<void> {
  const whole = join(base, 'whole');
  await fill(whole);
  for (let seed = first; seed < first + rounds; seed++) {
    say(`round ${seed}`);
    const directory = join(base, String(seed));
    cpSync(whole, directory, { recursive: true });
    say(`came ${JSON.stringify(await round(directory, seed))}`);
    rmSync(directory, { recursive: true });
  }
}

void main(process.argv[2] ?? '', Number(process.argv[3]), Number(process.argv[4]));
