import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../nodes/connection';
import { Registry } from '../../nodes/registry';
import { Smsc } from '../../src/simulator';
import { until } from '../support/until';
import { connectionOf } from './support/connection';

const MOST = 1200;

describe('A connection whose kind of queue is changed', () => {
  let smsc: Smsc;
  let port: number;
  let queueDirectory: string;
  let registry: Registry;
  let last: Connection | undefined;
  const texts: string[] = [];
  const warnings: string[] = [];

  beforeEach(async () => {
    queueDirectory = mkdtempSync(join(tmpdir(), 'smpp-change-order-'));
    registry = new Registry();
    texts.length = warnings.length = 0;
    smsc = new Smsc();
    smsc.on('submit', ({ text }) => texts.push(String(text)));
    ({ port } = await smsc.start());
  });
  afterEach(async () => {
    await last?.close(true);
    last = undefined;
    await smsc.stop();
    rmSync(queueDirectory, { recursive: true, force: true });
  });

  function connection(queue: string, autoConnect: boolean, account: object = {}): Connection {
    const warn = (text: string): number => warnings.push(text);
    const options = {
      port,
      queue,
      queueDirectory,
      clientId: 'carrier',
      autoConnect,
      windowSize: 1,
      sendRate: 0,
    };
    last = connectionOf({ registry, log: { warn, error: warn }, options: { ...options, ...account } });
    last.view({ status: () => undefined });
    return last;
  }

  const messages = (what: string, count: number): { destination_addr: string; short_message: string }[] =>
    Array.from({ length: count }, (_, n) => ({
      destination_addr: '491511234567',
      short_message: `${what} ${n}`,
    }));
  const textsOf = (what: string, count: number): string[] =>
    messages(what, count).map(({ short_message }) => short_message);

  for (const [from, to] of [
    ['memory', 'disk'],
    ['disk', 'memory'],
  ] as const) {
    for (const isAuto of [true, false])
      it(`from ${from} to ${to} sends what was queued before first, also where more is given at once, ${isAuto ? 'connecting by itself' : 'connected by hand'}`, async () => {
        const before = connection(from, false);
        await before.sendBatch(messages('before', MOST), { completeWhen: 'queued' });
        await before.close(false);
        const after = connection(to, isAuto);
        const given = [after.sendBatch(messages('constructed', 3), { completeWhen: 'queued' })];
        await Promise.resolve();
        after.deployed();
        given.push(after.sendBatch(messages('deployed', 3), { completeWhen: 'queued' }));
        // By hand: they are moved and queued though nobody connects.
        await Promise.all(given);
        if (!isAuto) await after.connect();
        await until(() => texts.length >= MOST + 6, 'all of them');
        assert.deepEqual(texts, [
          ...textsOf('before', MOST),
          ...textsOf('constructed', 3),
          ...textsOf('deployed', 3),
        ]);
        assert.match(warnings.join(), new RegExp(`${MOST} messages moved there from`));
      });
  }

  it('takes messages also where those before belong to another account', async () => {
    const before = connection('memory', false, { systemId: 'other' });
    await before.sendBatch(messages('before', 3), { completeWhen: 'queued' });
    await before.close(false);
    const after = connection('disk', false);
    after.deployed();
    await after.sendBatch(messages('after', 3), { completeWhen: 'queued' });
    await assert.rejects(after.connect(), { code: 'STORE_ACCOUNT' });
    await after.claim();
    await after.connect();
    await until(() => texts.length >= 6, 'all of them');
    assert.deepEqual(texts.sort(), [...textsOf('before', 3), ...textsOf('after', 3)].sort());
  });
});
