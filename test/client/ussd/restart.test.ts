import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/clock';
import { openMemoryStore, type SmppClientOptions } from '../../../src/index';
import { ownPrefix, redisUrl } from '../../support/brokers';
import { until } from '../../support/until';
import { PHONE, World, untilAsked } from './world';

describe('A USSD dialogue, over a restart', () => {
  const world = new World();
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'smpp-ussd-'));
    await world.start();
  });
  afterEach(async () => {
    await world.end();
    await rm(directory, { recursive: true, force: true });
  });

  const onDisk = (more: SmppClientOptions = {}): SmppClientOptions => ({
    queue: 'disk',
    queueDirectory: directory,
    ...more,
  });

  it('goes on, where the queue is on disk', async () => {
    const before = await world.menu(onDisk());
    const dialled = world.smsc.ussd(PHONE, '*100#');
    const first = await before.message(0);
    await before.reply(first, { short_message: 'Yes?' });
    const screen = await dialled;
    await before.client.stop();
    const after = await world.menu(onDisk());
    const typed = screen.answer('1');
    const second = await after.message(0);
    assert.deepEqual(
      [second.session, second.session_id, second.ussd_code],
      ['continue', first.session_id, '*100#'],
    );
    await after.reply(second, { short_message: 'Bye', session: 'close' });
    assert.equal((await typed).text, 'Bye');
    assert.deepEqual(after.told('ussd'), []);
  });

  it('is answered by a message that is kept until its answer goes', async () => {
    const before = await world.menu(onDisk());
    const dialled = world.smsc.ussd(PHONE, '*100#');
    const { session_id = '' } = await before.message(0);
    before.client.pause();
    const id = await before.client.enqueue({ session_id, short_message: 'queued' });
    await before.client.stop();
    const after = await world.menu(onDisk());
    assert.equal((await dialled).text, 'queued');
    assert.equal(await after.codeOf({ session_id, short_message: 'x' }), 'SESSION_ANSWERED');
    assert.ok(id !== '');
  });

  it('is over afterwards where its time is, and that is told', async () => {
    const before = await world.menu(onDisk({ ussdTimeout: 1 }));
    world.smsc.ussd(PHONE, '*100#').catch(() => undefined);
    const { session_id } = await before.message(0);
    await before.client.stop();
    const after = await world.menu(onDisk({ ussdTimeout: 1 }));
    await until(() => after.told('ussd').length > 0, 'the end');
    const told = after.told('ussd').map((one) => [one.payload, one.code, one.session_id]);
    assert.deepEqual(told, [['timeout', 'TIMEOUT', session_id]]);
  });

  it('gets no screen that the phone may show already: one on the wire when a crash came', async () => {
    const store = openMemoryStore({ capacity: 100, whenFull: 'reject', clock: systemClock });
    const before = await world.menu({ queue: store });
    world.smsc.ussd(PHONE, '*100#').catch(() => undefined);
    const { session_id = '' } = await before.message(0);
    before.client.pause();
    await before.client.enqueue({ session_id, short_message: 'shown?' });
    await before.client.stop();
    const [lease] = await store.queue.take(1, { signal: new AbortController().signal });
    assert.equal(lease?.item.session, session_id);
    lease.state.redelivered = true;
    await store.queue.release([lease]);
    let submits = 0;
    world.smsc.on('submit', () => submits++);
    const after = await world.menu({ queue: store });
    await until(() => after.told('ussd').length > 0, 'the end');
    assert.equal(after.told('failure')[0]?.code, 'OUTCOME_UNKNOWN');
    assert.equal(after.told('ussd')[0]?.code, 'OUTCOME_UNKNOWN');
    assert.equal(submits, 0);
  });
});

describe('A USSD dialogue, of two clients with one Redis', () => {
  const world = new World();
  beforeEach(() => world.start());
  afterEach(() => world.end());

  async function shared(context: Mocha.Context, more: SmppClientOptions = {}): Promise<SmppClientOptions> {
    const queueUrl = await redisUrl(context);
    return { queue: 'redis', queueUrl, keyPrefix: ownPrefix(), clientId: 'menu', ...more };
  }

  it('is the same to both: what one heard, the other answers', async function () {
    const options = await shared(this);
    const one = await world.menu(options);
    const dialled = world.smsc.ussd(PHONE, '*100#');
    const first = await one.message(0);
    const two = await world.menu(options);
    await two.reply(first, { short_message: 'Yes?' });
    const screen = await dialled;
    assert.equal(screen.text, 'Yes?');
    assert.equal(
      await one.codeOf({ session_id: first.session_id, short_message: 'again' }),
      'SESSION_ANSWERED',
    );
    const typed = screen.answer('1');
    await until(() => one.told('message').length + two.told('message').length > 1, 'the answer');
    const second = two.told('message')[0] ?? one.told('message')[1];
    assert.equal(second?.session_id, first.session_id);
    const other = two.told('message').length > 0 ? one : two;
    await other.client.send({
      session_id: first.session_id ?? '',
      short_message: 'Bye',
      session: 'close',
    });
    assert.equal((await typed).text, 'Bye');
    for (const { codeOf } of [one, two])
      await untilAsked(
        async () => (await codeOf({ session_id: first.session_id, short_message: 'x' })) === 'SESSION_OVER',
        'it is over',
      );
  });

  it('has one answer, though both give one', async function () {
    const options = await shared(this);
    const menus = [await world.menu(options), await world.menu(options)];
    const dialled = world.smsc.ussd(PHONE, '*100#');
    await until(() => menus.some(({ told }) => told('message').length > 0), 'a message');
    const event = menus.flatMap(({ told }) => told('message'))[0];
    const codes = await Promise.all(
      menus.map(({ codeOf }) => codeOf({ session_id: event?.session_id, short_message: 'mine' })),
    );
    assert.deepEqual(codes.sort(), ['SESSION_ANSWERED', 'sent']);
    assert.equal((await dialled).text, 'mine');
  });

  it('that is over is told by one of them, once', async function () {
    const options = await shared(this, { ussdTimeout: 1 });
    const one = await world.menu(options);
    world.smsc.ussd(PHONE, '*100#').catch(() => undefined);
    await one.message(0);
    const two = await world.menu(options);
    const told = (): number => one.told('ussd').length + two.told('ussd').length;
    await until(() => told() > 0, 'the end');
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(told(), 1);
  });
});
