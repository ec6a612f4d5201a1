import assert from 'node:assert/strict';
import { Inbox, freePort, helper, load, statuses, until, useHelper } from './support/helper';
import { Centre } from './support/smsc';

type Facts = Record<string, unknown>;

describe('msg.action', () => {
  useHelper();
  let centre: Centre;
  let result: Inbox;
  let failed: Inbox;
  let completed: Inbox;

  const act = (action: unknown, payload?: unknown): void =>
    helper.getNode('out').receive({ action, payload });

  async function status(): Promise<Facts> {
    act('status');
    return (await result.next()).payload as Facts;
  }

  async function start(config: Facts = {}): Promise<void> {
    await load(
      centre.flow(
        [
          centre.out({ completeWhen: 'queued' }),
          { id: 'catch', type: 'catch', wires: [['caught']] },
          { id: 'caught', type: 'helper' },
          { id: 'complete', type: 'complete', scope: ['out'], wires: [['completed']] },
          { id: 'completed', type: 'helper' },
        ],
        config,
      ),
    );
    result = new Inbox('result');
    failed = new Inbox('caught');
    completed = new Inbox('completed');
  }

  beforeEach(async () => {
    centre = await Centre.start();
  });
  afterEach(() => centre.smsc.stop());

  it('connects and disconnects, while the queue goes on taking messages', async () => {
    await start({ autoConnect: false });
    assert.equal((await status()).state, 'disconnected');
    act('connect');
    await completed.next();
    await completed.next();
    assert.equal((await status()).state, 'bound');
    await completed.next();
    act('disconnect');
    await completed.next();
    assert.equal(centre.smsc.sessions.length, 0);
    helper.getNode('out').receive({ payload: 'x', topic: '447700900123' });
    await result.next();
    const { state, queued } = await status();
    assert.deepEqual([state, queued], ['disconnected', 1]);
  });

  it('lets a connect fail that a disconnect comes upon', async () => {
    await start({ autoConnect: false, port: await freePort() });
    act('connect');
    await until(
      () => statuses('out').at(-1)?.text.includes('connecting') === true,
      'the status "connecting"',
    );
    act('disconnect');
    const { error, smpp } = await failed.next();
    assert.deepEqual([(error as Facts).code, (smpp as Facts).code], ['STOPPED', 'STOPPED']);
    await completed.next();
  });

  it('pauses and resumes sending', async () => {
    await start();
    await until(() => centre.smsc.sessions.length === 1, 'a session');
    let submits = 0;
    centre.smsc.on('submit', () => submits++);
    act('pause');
    helper.getNode('out').receive({ payload: ['a', 'b', 'c'], topic: '447700900123' });
    await result.next();
    assert.equal((await status()).state, 'paused');
    await until(
      () => statuses('out').at(-1)?.text.startsWith('smpp-config.status.paused') === true,
      'the status "paused"',
    );
    assert.equal(submits, 0);
    act('resume');
    await until(() => submits === 3, 'the messages');
  });

  it('purges the queue, and says how many went', async () => {
    await start({ autoConnect: false });
    helper.getNode('out').receive({ payload: ['a', 'b'], topic: '447700900123' });
    await completed.next();
    await result.next();
    act('purge');
    assert.deepEqual((await completed.next()).smpp, { event: 'purged', removed: 2, dead_letters: 0 });
    assert.equal((await status()).queued, 0);
  });

  it('removes nothing where a purge does not say right what it is about', async () => {
    await start({ autoConnect: false });
    helper.getNode('out').receive({ payload: 'a', topic: '447700900123' });
    await completed.next();
    await result.next();
    act('purge', 'dead_letters');
    const { error, smpp } = await failed.next();
    assert.deepEqual([(smpp as Facts).code, (smpp as Facts).field], ['INVALID_FIELD', 'payload']);
    assert.match(String((error as Facts).message), /"dead_letters".*nothing was removed/);
    assert.equal((await status()).queued, 1);
  });

  it('refuses a page of dead letters of no size', async () => {
    await start({ autoConnect: false });
    for (const limit of [0, -1, 1.5, 'all', {}]) {
      act('dead-letters', { limit });
      assert.match(String(((await failed.next()).error as Facts).message), /limit.*from 1 on/);
    }
    act('dead-letters', { limit: '5' });
    assert.deepEqual((await result.next()).payload, { total: 0, letters: [] });
  });

  it('configures rate, window and log level', async () => {
    await start();
    act('configure', { send_rate: 5, window_size: 3, log_level: 'warn' });
    assert.equal((await completed.next()).smpp && true, true);
    const { send_rate, window_size } = await status();
    assert.deepEqual([send_rate, window_size], [5, 3]);
    act('configure', { rate: '7', window: 4 });
    await completed.next();
    const again = await status();
    assert.deepEqual([again.send_rate, again.window_size], [7, 4]);
  });

  it('refuses what cannot be configured, naming what can', async () => {
    await start({ autoConnect: false });
    const wrong: [unknown, RegExp][] = [
      [{ host: 'x' }, /host.*only send_rate/],
      [{ send_rate: -1 }, /send_rate \(-1\): give/],
      [{ rate: null, window: 0 }, /rate \(null\): give a value/],
      [{ window: 0 }, /window \(0\): give/],
      ['fast', /give an object/],
    ];
    for (const [payload, text] of wrong) {
      act('configure', payload);
      const { error, smpp } = await failed.next();
      assert.equal((error as Facts).code, 'INVALID_CONFIG');
      assert.equal((smpp as Facts).code, 'INVALID_CONFIG');
      assert.match(String((error as Facts).message), text);
    }
  });

  it('is an error when it is not known, naming those that are', async () => {
    await start({ autoConnect: false });
    for (const action of ['explode', 7, ' ', false]) {
      act(action);
      const { error, smpp } = await failed.next();
      assert.equal((error as Facts).code, 'UNKNOWN_ACTION');
      assert.equal((smpp as Facts).field, 'action');
      assert.match(
        String((error as Facts).message),
        /connect, disconnect, pause, resume, purge, dead-letters, replay, status, configure/,
      );
    }
  });

  it('records what goes over the wire, and sends it in the form that is wanted', async () => {
    await start();
    await until(() => centre.smsc.sessions.some(({ bind_type }) => bind_type !== undefined), 'the bind');
    act('record', 'start');
    const started = (await completed.next()).smpp as Facts;
    assert.deepEqual([started.event, started.recording, started.size], ['recorder', true, 1024]);
    helper.getNode('out').receive({ payload: 'Hello', topic: '447700900123' });
    const { id } = (await result.next()).smpp as Facts;
    await completed.next();
    act('record', { action: 'start', id });
    assert.deepEqual(((await completed.next()).smpp as Facts).messages, [{ id, entries: 0, missed: 0 }]);
    await until(() => centre.smsc.sessions.some(({ submitted }) => submitted === 1), 'the submit');
    const texts = [];
    for (const shown of [{}, { numbers: true }, { texts: 'true' }]) {
      act('record', { action: 'export', format: 'text', ...shown });
      const { payload, smpp } = await result.next();
      texts.push(String(payload));
      assert.deepEqual([(smpp as Facts).action, (smpp as Facts).format], ['export', 'text']);
      await completed.next();
    }
    assert.deepEqual(
      texts.map((text) => [text.includes('447700900123'), text.includes('"Hello"')]),
      [
        [false, false],
        [true, false],
        [false, true],
      ],
    );
    act('record', { action: 'export', format: 'pcap', last: '1' });
    const { payload, smpp } = await result.next();
    assert.ok(Buffer.isBuffer(payload) && payload.readUInt32LE(0) === 0xa1b2c3d4);
    assert.equal((smpp as Facts).entries, 1);
    await completed.next();
    act('record', { action: 'stop', id });
    await completed.next();
    act('record', 'stop');
    assert.equal(((await completed.next()).smpp as Facts).recording, false);
  });

  it('names what is wrong with an order to the recorder', async () => {
    await start();
    for (const [payload, field, code] of [
      ['record', 'payload', 'INVALID_FIELD'],
      [1_796_000_000_000, 'payload', 'INVALID_FIELD'],
      [{ action: 'export', format: 'pdf' }, 'format', 'INVALID_FIELD'],
      [{ action: 'export', last: 0 }, 'last', 'INVALID_FIELD'],
      [{ action: 'export', numbers: 'yes' }, 'numbers', 'INVALID_FIELD'],
      [{ action: 'start', id: 7 }, 'id', 'INVALID_FIELD'],
      [{ action: 'start', kib: 7 }, 'kib', 'INVALID_FIELD'],
      [{ action: 'start', size: 1e6 }, 'size', 'INVALID_FIELD'],
      ['export', undefined, 'NOT_RECORDED'],
    ] as const) {
      act('record', payload);
      const { smpp } = await failed.next();
      assert.deepEqual([(smpp as Facts).code, (smpp as Facts).field], [code, field]);
    }
  });
});
