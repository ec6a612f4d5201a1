import assert from 'node:assert/strict';
import type { SmppClientOptions } from '../../../src/index';
import { segment } from '../../../src/text';
import { ownPrefix, startRedis, type TestRedis } from '../../support/brokers';
import { needs } from '../../support/skip';
import type { Script } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, numbered, textsOf } from '../setup';
import { Instances, type Instance } from './setup';

/** Lines that an operator is to act on. */
const warned = ({ lines }: Instance): string[] =>
  lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ msg }) => String(msg));

const MOBILE = { command: 'deliver_sm', source_addr: '491517654321', destination_addr: '1234' };

describe('A Redis that is away', function () {
  this.timeout(90_000);
  const world = new Instances();
  let redis: TestRedis;
  let options: SmppClientOptions;

  before(function () {
    needs(this, 'redis-server');
  });
  beforeEach(async function () {
    redis = await startRedis(this, { appendonly: true });
    options = {
      queue: 'redis',
      queueUrl: redis.url,
      keyPrefix: ownPrefix(),
      clientId: 'shared',
      leaseTime: 2,
    };
  });
  afterEach(async () => {
    await world.end();
    await redis.stop();
  });

  const sender = (script?: Script, more: SmppClientOptions = {}) =>
    world.bound({ ...options, ...more }, script);
  const states = (instance: Instance): string[] => instance.told('queue').map(({ state }) => state);

  it('is no place for what a queueKey is to keep secret, which one line says', async () => {
    const b = await sender(undefined, { queueKey: 'correct horse battery staple' });
    assert.deepEqual(
      warned(b).map((line) => line.split(':')[0]),
      ['this queue does not encrypt what it holds'],
    );
  });

  it('asks the SMSC to send parts again that it cannot keep, by one line', async () => {
    const b = await sender();
    const link = await b.peer.link();
    await redis.kill();
    await until(() => states(b).length === 1);
    const parts = segment('a'.repeat(300), { method: 'udh8', reference: 7 }).segments;
    const answers = parts.map((part) => link.ask({ ...MOBILE, ...part }));
    for (const answer of answers) assert.equal((await answer).command_status, 0x64);
    assert.equal(warned(b).filter((line) => line.startsWith('a part of a long message')).length, 1);
  });

  it('asks the SMSC to send receipts again whose message it cannot look up', async () => {
    const b = await sender();
    const link = await b.peer.link();
    await redis.kill();
    await until(() => states(b).length === 1);
    const text =
      'id:77 sub:001 dlvrd:001 submit date:2611300000 done date:2611300000 stat:DELIVRD err:000 text:';
    const receipt = { ...MOBILE, esm_class: 4, short_message: Buffer.from(text) };
    assert.equal((await link.ask(receipt)).command_status, 0x64);
    assert.equal(b.lines.filter(({ level }) => level === 'error').length, 0);
    await redis.start();
    await until(() => states(b).length === 2);
    assert.equal((await link.ask(receipt)).command_status, 0);
  });

  it('is told by one line and one back, also while nothing is sent, and the session stays bound', async () => {
    // All that looks around in the store by itself, and often.
    const b = await sender(undefined, { drainList: 'naz', reassemblyTimeout: 4 });
    await redis.kill();
    await until(() => states(b).length === 1);
    await assert.rejects(b.client.enqueue(HELLO), { code: 'QUEUE_UNAVAILABLE' });
    await assert.rejects(b.client.send(HELLO), { code: 'QUEUE_UNAVAILABLE' });
    const status = await b.client.status();
    assert.equal(status.queue_state, 'unavailable');
    assert.equal(status.state, 'bound');
    const lines = warned(b);
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(
      lines[0] ?? '',
      /^the queue's server does not answer: .*the SMSC is not affected\. Redis at 127\..+\.$/,
    );
    assert.ok(!lines[0]?.includes('secret'));
    await redis.start();
    await until(() => states(b).length === 2);
    assert.deepEqual(states(b), ['unavailable', 'available']);
    assert.equal((await b.client.send(HELLO)).event, 'accepted');
    assert.equal((await b.client.status()).queue_state, 'available');
    assert.equal(b.peer.links.length, 1);
    assert.equal(warned(b).length, 1);
  });

  it('holds sending up, which goes on by itself: nothing is lost, and what is repeated is marked', async () => {
    const b = await sender(undefined, { sendRate: 40, windowSize: 5 });
    await b.client.enqueue(numbered(100));
    await b.peer.untilSubmits(20);
    await redis.kill();
    await until(() => states(b).length === 1);
    await redis.start();
    const texts = (): Set<string> => new Set(textsOf(b.peer.submits));
    await until(() => texts().size === 100, 'all messages', 60_000);
    await until(() => b.told('response').length >= 100);
    const repeats = b.peer.submits.length - 100;
    assert.ok(repeats <= 5, `${repeats} repeats`);
    assert.equal(b.told('response').filter(({ redelivered }) => redelivered).length, repeats);
    assert.equal(b.told('failure').length, 0);
    assert.equal(b.peer.links.length, 1);
    const lines = warned(b);
    assert.equal(lines.length, 1, lines.join('\n'));
  });

  it('is awaited by outcomes, for longer than leases last: what was accepted meanwhile is not sent again', async () => {
    const silent: Script = { submit_sm: () => undefined };
    // Longer than it takes to connect anew on a busy machine.
    options = { ...options, leaseTime: 4 };
    const a = world.make(options);
    const sent = a.client.sendBatch(numbered(5));
    const b = await sender(silent);
    await b.peer.untilSubmits(5);
    const c = await sender();
    await redis.kill();
    await pass(5000);
    const link = await b.peer.link();
    b.peer.submits.forEach((submit, at) => link.answer(submit, { message_id: `id${at}` }));
    await until(() => b.told('response').length === 5);
    await redis.start();
    const outcomes = await sent;
    assert.deepEqual(
      outcomes.map((one) => one.status === 'fulfilled' && one.value.message_id),
      [0, 1, 2, 3, 4].map((at) => `id${at}`),
    );
    await pass(5000);
    assert.equal(c.peer.submits.length, 0);
    assert.equal((await c.client.status()).queued, 0);
  });
});
