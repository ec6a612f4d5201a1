import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../nodes/connection';
import { Registry } from '../../nodes/registry';
import type { ReceiptEvent } from '../../src/index';
import { systemClock } from '../../src/clock';
import { Peer } from '../support/peer';
import { pass, until } from '../support/until';
import { connectionOf } from './support/connection';

const HELLO = { short_message: 'Hello', destination_addr: '491511234567', source_addr: 'Shop' };

describe('a connection that is deployed again and again', function () {
  this.timeout(60_000);
  let queueDirectory: string;
  let registry: Registry;
  let peer: Peer;
  let receipts: ReceiptEvent[];
  let errors: string[];
  let warnings: string[];

  beforeEach(async () => {
    queueDirectory = mkdtempSync(join(tmpdir(), 'smpp-switch-'));
    registry = new Registry();
    peer = await Peer.start();
    receipts = [];
    errors = [];
    warnings = [];
  });
  afterEach(async () => {
    await peer.stop();
    rmSync(queueDirectory, { recursive: true, force: true });
  });

  function instance(queue: string, options: object = {}): Connection {
    const connection = connectionOf({
      registry,
      clock: { ...systemClock, setTimeout: (call, ms) => systemClock.setTimeout(call, Math.min(ms, 300)) },
      log: { warn: (text) => void warnings.push(text), error: (text) => void errors.push(text) },
      options: {
        port: peer.port,
        systemId: 'me',
        clientId: 'carrier',
        queue,
        queueDirectory,
        drainTimeout: 1,
        ...options,
      },
    });
    connection.client.on('receipt', (event) => void receipts.push(event));
    return connection;
  }

  for (const [from, to] of [
    ['memory', 'disk'],
    ['disk', 'memory'],
  ] as const) {
    it(`from ${from} to ${to} knows whose message each receipt is for, also back again`, async () => {
      const first = instance(from);
      await first.connect();
      await Promise.all(Array.from({ length: 100 }, () => first.send(HELLO, {})));
      await first.close(false);
      const second = instance(to);
      await second.connect();
      const tell = async (from: number, link: number): Promise<void> => {
        for (let n = from; n < from + 50; n++) (await peer.link(link)).receipt(String(n));
      };
      await tell(1, 1);
      await until(() => receipts.length === 50, '50 receipts');
      await second.close(false);
      const third = instance(from);
      await third.connect();
      await tell(51, 2);
      await until(() => receipts.length === 100, 'all receipts');
      assert.deepEqual([...new Set(receipts.map(({ matched }) => matched))], [true]);
      await third.close(true);
      assert.deepEqual(errors, []);
    });
  }

  it('sends what was put off in the queue on disk when its time has come, and tells once that it waits', async () => {
    const busy = await Peer.start({ submit_sm: () => ({ command_status: 'ESME_RMSGQFUL' }) });
    const first = instance('disk', { port: busy.port });
    await first.connect();
    await first.send(HELLO, { completeWhen: 'queued' });
    await busy.untilSubmits(1);
    while ((await first.client.status()).delayed === 0) await pass(10);
    await first.close(false);
    await busy.stop();
    const second = instance('memory');
    await second.connect();
    await peer.untilSubmits(1);
    assert.equal(warnings.filter((text) => text.includes('until their time has come')).length, 1);
    await second.close(true);
    assert.deepEqual(errors, []);
  });

  it('keeps what is queued in memory for the next instance where this one closes before all is moved', async () => {
    const first = instance('memory');
    await first.send(HELLO, { completeWhen: 'queued' });
    await first.close(false);
    // Not started: autoConnect comes with the deploy.
    await instance('disk').close(false);
    const last = instance('disk');
    await last.connect();
    await peer.untilSubmits(1);
    await last.close(true);
  });

  it('closes while it opens, at any distance, and the next instance finds all that was queued', async () => {
    for (let round = 0; round < 24; round++) {
      const kinds = ['memory', 'disk'] as const;
      const before = instance(kinds[round % 2] as string);
      await before.send(HELLO, { completeWhen: 'queued' });
      await before.close(false);
      const between = instance(kinds[(round + 1 + (round >> 3)) % 2] as string);
      const connecting = between.connect().catch(() => undefined);
      if (round % 3 === 0) await pass(round);
      else for (let n = 0; n < round; n++) await Promise.resolve();
      const closing = between.close(false);
      await Promise.all([closing, connecting]);
      const last = instance(kinds[(round >> 1) % 2] as string);
      await last.connect();
      await until(() => peer.submits.length > round, `message ${round}`);
      await until(() => last.client.state === 'bound');
      await last.close(false);
    }
    assert.deepEqual(errors, []);
    await instance('memory').close(true);
    registry.sweep();
  });
});
