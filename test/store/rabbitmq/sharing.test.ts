import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { systemClock } from '../../../src/clock';
import type { Store } from '../../../src/store';
import {
  assertNothingToTake,
  done,
  ids,
  item,
  items,
  sleep,
  take,
  takeAll,
} from '../../../src/store/conformance/harness';
import { amqpUrl } from '../../support/brokers';
import { runsTypeScript } from '../../support/child';
import { Stores } from '../stores';
import { openRabbit, removeQueues, type Opening } from './setup';

describe('a RabbitMQ store among several', function () {
  this.timeout(60_000);
  let url: string;
  let clientId: string;
  const stores = new Stores();
  before(async function () {
    url = await amqpUrl(this);
  });
  beforeEach(() => void (clientId = randomUUID()));
  afterEach(async () => {
    await stores.close();
    await removeQueues(url, clientId);
  });
  const open = (more: Partial<Opening> = {}): Promise<Store> =>
    stores.add(openRabbit({ url, clientId, ...more }));

  it('what a killed process had leased comes to another within seconds, marked', async () => {
    const store = await open();
    await store.queue.enqueue(items('m', 5));
    const child = spawn(
      process.execPath,
      [...runsTypeScript, join(__dirname, 'taking-child.ts'), url, clientId],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let said = '';
    child.stdout.on('data', (text: Buffer) => (said += text.toString()));
    while (said.split(/\s/).filter(Boolean).length < 5) await sleep(20);
    await assertNothingToTake(store);
    await store.queue.enqueue([item('new')]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const leases = await takeAll(store, 6);
    assert.deepEqual(ids(leases).sort(), ['m0', 'm1', 'm2', 'm3', 'm4', 'new']);
    assert.ok(leases.filter(({ item: { id } }) => id !== 'new').every(({ state }) => state.redelivered));
  });

  it('what nobody takes for long goes to the others, in its order and not marked', async () => {
    let shift = 0;
    const clock = { ...systemClock, monotonic: () => performance.now() + shift };
    const store = await open({ clock });
    const other = await open();
    // The first two come to whoever asked last.
    const idle = take(store, 1);
    await store.queue.enqueue(items('m', 4));
    const first = await idle;
    shift = 11_000;
    await sleep(1500);
    const leases = await takeAll(other, 3);
    assert.deepEqual(ids([...first, ...leases]).sort(), ['m0', 'm1', 'm2', 'm3']);
    assert.ok(leases.every(({ state }) => !state.redelivered));
    await other.queue.settle(leases.map(done));
    // It takes again as if nothing had been.
    await other.queue.enqueue([item('later')]);
    await other.close();
    assert.deepEqual(ids(await take(store, 1)), ['later']);
  });

  it('less urgent messages are taken only when nothing more urgent waits, also with a backlog', async () => {
    const store = await open();
    for (let at = 0; at < 300; at += 50) await store.queue.enqueue(items(`bulk${at}-`, 50, 4));
    await take(store, 1);
    for (let at = 0; at < 200; at += 50) await store.queue.enqueue(items(`urgent${at}-`, 50, 1));
    const seen: string[] = [];
    while (seen.length < 400) {
      const leases = await take(store, 7);
      seen.push(...leases.map(({ item: { priority } }) => String(priority)));
      await store.queue.settle(leases.map(done));
    }
    assert.equal(seen.slice(0, 200).join(''), '1'.repeat(200));
  });

  it('a backlog of one priority is delivered no further than it is asked for', async () => {
    const store = await open();
    await store.queue.enqueue([...items('m', 100), ...items('bulk', 100, 4)]);
    await take(store, 5);
    const other = await open();
    const rest = await takeAll(other, 190 - 5);
    assert.ok(rest.length >= 185);
  });
});
