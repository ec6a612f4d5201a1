import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SmppClient, type ClientEvents, type SmppClientOptions } from '../../../src/index';
import { Smsc } from '../../../src/simulator';
import { hasCode } from '../../../src/store/conformance/harness';
import { until } from '../../support/until';

const PHONE = { source_addr: '447700900123', destination_addr: '70123' };
const LONG = 'long '.repeat(60);
const LATER = 0x64;

describe('A client', () => {
  let smsc: Smsc;
  let client: SmppClient;
  let lines: Record<string, unknown>[];
  beforeEach(async () => {
    lines = [];
    smsc = new Smsc({ receiptDelay: 0.01 });
    await smsc.start();
  });
  afterEach(async () => {
    await client.stop();
    await smsc.stop();
  });

  const make = (options: SmppClientOptions): SmppClient =>
    (client = new SmppClient({ port: smsc.port, log: (line) => lines.push(line), ...options }));
  const warnings = (): string[] =>
    lines.filter(({ level }) => level === 'warn').map(({ msg }) => String(msg));
  const answers = async (text: string): Promise<number[]> =>
    (await smsc.deliver({ ...PHONE, text })).map(({ command_status }) => command_status);

  describe('to whose messages nothing listens', () => {
    it('accepts them with one warning', async () => {
      await make({}).start();
      assert.deepEqual([await answers('a'), await answers(LONG)], [[0], [0, 0]]);
      assert.equal(warnings().length, 1);
      assert.match(warnings()[0] ?? '', /answered as received and is gone.*whenNobodyListens to later/);
    });

    it('has the SMSC keep them until something does, each part of a long one', async () => {
      await make({ whenNobodyListens: 'later' }).start();
      assert.deepEqual([await answers('a'), await answers(LONG)], [[LATER], [LATER, LATER]]);
      assert.equal(warnings().length, 1);
      const told: unknown[] = [];
      client.on('message', ({ payload }) => void told.push(payload));
      assert.deepEqual(await answers(LONG), [0, 0]);
      assert.deepEqual(told, [LONG]);
    });

    it('takes receipts all the same', async () => {
      await make({ whenNobodyListens: 'later' }).start();
      const { event } = await client.send(
        { short_message: 'x', destination_addr: '447700900123' },
        { completeWhen: 'delivered' },
      );
      assert.equal(event, 'delivered');
    });

    it('asks who knows better, where there is one', async () => {
      let listening: 'yes' | 'no' | 'later' = 'later';
      await make({ listening: () => Promise.resolve(listening) }).start();
      assert.deepEqual(await answers('a'), [LATER]);
      listening = 'no';
      assert.deepEqual(await answers('a'), [0]);
      assert.deepEqual(warnings(), []);
    });
  });

  describe('whose queue holds what another account left', () => {
    let queueDirectory: string;
    beforeEach(async () => {
      queueDirectory = await mkdtemp(join(tmpdir(), 'smpp-left-'));
      // Later than any stop here: an awaited receipt stays awaited.
      await smsc.stop();
      smsc = new Smsc({ receiptDelay: 60 });
      await smsc.start();
    });
    afterEach(async () => {
      await client.stop();
      await rm(queueDirectory, { recursive: true, force: true });
    });

    const message = { short_message: 'x', destination_addr: '447700900123' };
    async function refused(): Promise<void> {
      await make({ queueDirectory, systemId: 'one' }).enqueue([message, message]);
      await client.stop();
      await assert.rejects(make({ queueDirectory, systemId: 'two' }).start(), hasCode('STORE_ACCOUNT'));
    }

    it('that is only of messages that asked for no receipt is nobody’s', async () => {
      // No receipt comes as long as this goes on, however slow the machine is.
      await smsc.stop();
      smsc = new Smsc({ receiptDelay: 3600 });
      await smsc.start();
      await make({ queueDirectory, systemId: 'one' }).start();
      await client.send({ ...message, registered_delivery: 'none' });
      await client.stop();
      await make({ queueDirectory, systemId: 'two' }).start();
      await client.send(message);
      await client.stop();
      await assert.rejects(make({ queueDirectory, systemId: 'three' }).start(), /1 awaited receipt:/);
    });

    it('sends it when it is claimed', async () => {
      await refused();
      let submits = 0;
      smsc.on('submit', () => submits++);
      await client.claim();
      await client.start();
      await until(() => submits === 2, 'both messages');
    });

    it('goes on without it when it is purged, and tells of each', async () => {
      await refused();
      const failures: ClientEvents['failure'][] = [];
      client.on('failure', (event) => void failures.push(event));
      assert.equal(await client.purge(), 2);
      assert.deepEqual(
        failures.map(({ code }) => code),
        ['REMOVED', 'REMOVED'],
      );
      await client.start();
      assert.equal((await client.status()).queued, 0);
    });

    it('leaves it to the old account under another clientId', async () => {
      await refused();
      await client.stop();
      await make({ queueDirectory, systemId: 'two', clientId: 'second' }).start();
      assert.equal((await client.status()).queued, 0);
      await client.stop();
      assert.equal((await make({ queueDirectory, systemId: 'one' }).status()).queued, 2);
    });
  });
});
