import assert from 'node:assert/strict';
import { SmppError, type SmppClientOptions } from '../../../src/index';
import { type Script, silence } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, numbered } from '../setup';
import { Hub } from './hub';
import { Instances } from './setup';

describe('Instances that share a store', () => {
  const world = new Instances();
  let hub: Hub;
  let count = 0;

  beforeEach(() => {
    hub = new Hub();
  });
  afterEach(() => world.end());

  const sender = async (script?: Script, options: SmppClientOptions = {}, leaseTime?: number) => {
    const peer = await world.peer(script);
    const queue = hub.handle(`sender${++count}`, leaseTime);
    const instance = world.make({ queue, port: peer.port, ...options });
    await instance.client.start();
    return { ...instance, peer };
  };

  it('renew the leases of all that they hold, and none when nothing is left', async () => {
    const b = await sender({ submit_sm: silence }, { windowSize: 20 }, 90);
    await b.client.enqueue(numbered(20));
    await b.peer.untilSubmits(20);
    await until(() => hub.extended.length > 2);
    assert.equal(hub.extended.at(-1), 20);
    const link = await b.peer.link();
    for (const submit of b.peer.submits) link.answer(submit, { message_id: 'x' });
    await until(() => b.told('response').length === 20);
    await pass(40);
    const { length } = hub.extended;
    await pass(200);
    assert.equal(hub.extended.length, length);
  });

  it('all pause when the SMSC asks one of them for less, and only that one tells its status', async () => {
    let isThrottled = true;
    const b = await sender({
      submit_sm: () => (isThrottled ? { command_status: 0x58 } : { message_id: '1' }),
    });
    const c = await sender();
    await b.client.enqueue(HELLO);
    await until(() => b.told('throttle').length === 1 && c.told('throttle').length === 1);
    isThrottled = false;
    assert.equal(b.told('throttle')[0]?.command_status, 'ESME_RTHROTTLED');
    const [heard] = c.told('throttle');
    assert.equal(heard?.state, 'throttled');
    assert.equal(heard?.command_status, undefined);
    assert.ok(Math.abs((heard?.wait ?? 0) - 3) < 0.1);
    assert.deepEqual([b.client.state, c.client.state], ['throttled', 'throttled']);
    const lines = c.lines.filter(({ event }) => event === 'throttle').map(({ msg }) => msg);
    assert.deepEqual(lines, ['the SMSC asks another instance for less; sending pauses']);
    assert.equal((await c.client.status()).state, 'throttled');
  });

  it('set one rate for all, which each of them reports', async () => {
    const b = await sender();
    const c = await sender();
    b.client.configure({ sendRate: 25 });
    assert.equal((await c.client.status()).send_rate, 25);
  });

  it('keep their sessions while the store is away, with one line and one back', async () => {
    const b = await sender();
    const away = new SmppError('QUEUE_UNAVAILABLE', 'ECONNREFUSED', { retriable: true });
    await b.client.enqueue(HELLO);
    await b.peer.untilSubmits(1);
    hub.failure = away;
    await assert.rejects(b.client.enqueue(HELLO), { code: 'QUEUE_UNAVAILABLE' });
    await pass(300);
    assert.equal(b.client.state, 'bound');
    assert.equal((await b.client.status()).queue_state, 'unavailable');
    assert.deepEqual(
      b.told('queue').map(({ state }) => state),
      ['unavailable'],
    );
    hub.failure = undefined;
    await b.client.enqueue(HELLO);
    await b.peer.untilSubmits(2);
    const warned = b.lines.filter(({ level }) => level === 'warn' || level === 'error');
    assert.equal(warned.length, 1, JSON.stringify(warned));
  });
});
