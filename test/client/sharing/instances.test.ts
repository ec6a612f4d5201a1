import assert from 'node:assert/strict';
import type { SmppClientOptions } from '../../../src/index';
import { needs } from '../../support/skip';
import { silence, type Script } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, numbered, textsOf } from '../setup';
import { Instances, sharedOptions } from './setup';

describe('Instances that share a store', () => {
  const world = new Instances();
  let shared: SmppClientOptions;

  before(function () {
    needs(this, 'redis');
  });
  beforeEach(async function () {
    shared = await sharedOptions(this);
  });
  afterEach(() => world.end());

  const sender = (script?: Script, options: SmppClientOptions = {}) =>
    world.bound({ ...shared, ...options }, script);

  it('all pause when the SMSC asks one of them for less, and only that one tells its status', async () => {
    let isThrottled = true;
    const odd: Script = {
      submit_sm: () => (isThrottled ? { command_status: 0x58 } : { message_id: '1' }),
    };
    const options: SmppClientOptions = { throttleWait: 1 };
    const [b, c] = [await sender(odd, options), await sender(odd, options)];
    await b.client.enqueue(HELLO);
    const both = [b, c];
    await until(() => both.every((one) => one.told('throttle').length === 1));
    const [hit, other] = b.peer.submits.length === 1 ? [b, c] : [c, b];
    isThrottled = false;
    assert.equal(hit.told('throttle')[0]?.command_status, 'ESME_RTHROTTLED');
    const [heard] = other.told('throttle');
    assert.equal(heard?.state, 'throttled');
    assert.ok(heard?.payload && !('command_status' in heard), 'a status that it did not get');
    assert.ok(Math.abs((heard?.wait ?? 0) - 1) < 0.2);
    assert.deepEqual(
      both.map(({ client }) => client.state),
      ['throttled', 'throttled'],
    );
    const lines = other.lines.filter(({ event }) => event === 'throttle').map(({ msg }) => msg);
    assert.deepEqual(lines, ['the SMSC asks another instance for less; sending pauses']);
    await until(() => both.every((one) => one.told('throttle').length === 2));
    await until(() => b.told('response').length + c.told('response').length === 2);
  });

  it('set one rate for all, which each of them reports and keeps', async () => {
    const b = await sender(undefined, { sendRate: 500 });
    const c = await sender(undefined, { sendRate: 500 });
    b.client.configure({ sendRate: 50 });
    for (const { client } of [b, c]) {
      const deadline = Date.now() + 5000;
      while ((await client.status()).send_rate !== 50 && Date.now() < deadline) await pass(10);
      assert.equal((await client.status()).send_rate, 50);
    }
    const begin = performance.now();
    await b.client.enqueue(numbered(100));
    await until(() => b.peer.submits.length + c.peer.submits.length === 100);
    const seconds = (performance.now() - begin) / 1000;
    assert.ok(seconds > 1.7, `100 messages at 50/s in ${seconds} s`);
  });

  it('send each message once, and all of them, between them', async () => {
    const all = [await sender(), await sender(), await sender()];
    const [first] = all;
    const ids = await first?.client.enqueue(numbered(300));
    await until(() => all.flatMap((one) => one.told('response')).length >= 300);
    await pass(300);
    const texts = all.flatMap(({ peer }) => textsOf(peer.submits));
    assert.equal(texts.length, 300);
    assert.equal(new Set(texts).size, 300);
    assert.equal(ids?.length, 300);
  });

  it('leave what they hold to the others when they stop, at once', async () => {
    const b = await sender({ submit_sm: silence }, { windowSize: 5 });
    const sent = b.client.send(HELLO);
    sent.catch(() => undefined);
    await b.client.enqueue(numbered(20));
    await b.peer.untilSubmits(5);
    const c = await sender({ submit_sm: silence }, { windowSize: 100 });
    await c.peer.untilSubmits(16);
    const begin = performance.now();
    await b.client.stop();
    await assert.rejects(sent, { code: 'STOPPED' });
    await c.peer.untilSubmits(21);
    const seconds = (performance.now() - begin) / 1000;
    assert.ok(seconds < 5, `${seconds} s: not before its leases ran out`);
  });

  it('keep what they hold for as long as they live, however long that takes', async () => {
    const b = await sender({ submit_sm: silence }, { leaseTime: 1, responseTimeout: 30 });
    await b.client.enqueue(numbered(5));
    await b.peer.untilSubmits(5);
    const c = await sender(undefined, { leaseTime: 1 });
    await pass(3500);
    assert.equal(c.peer.submits.length, 0);
    const link = await b.peer.link();
    for (const submit of b.peer.submits) link.answer(submit, { message_id: 'x' });
    await until(() => b.told('response').length === 5);
    await pass(300);
    assert.equal((await c.client.status()).queued, 0);
  });
});
