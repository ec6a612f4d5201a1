import assert from 'node:assert/strict';
import type { Message, SmppClientOptions } from '../../../src/index';
import { until } from '../../support/until';
import { PHONE, World, untilAsked, type Menu } from './world';

describe('A reply to a USSD message', () => {
  const world = new World();
  afterEach(() => world.end());

  interface Asked {
    readonly menu: Menu;
    readonly session_id: string;
    /** What the phone shows next; undefined: nothing came. */
    readonly shown: Promise<string | undefined>;
  }

  async function asked(options: SmppClientOptions = {}, rules: readonly object[] = []): Promise<Asked> {
    await world.start({ rules: rules as never });
    const menu = await world.menu(options);
    const shown = world.smsc.ussd(PHONE, '*100#', { timeout: 5 }).then(
      ({ text }) => text,
      () => undefined,
    );
    const { session_id = '' } = await menu.message(0);
    return { menu, session_id, shown };
  }

  it('is one for each message of the phone', async () => {
    const { menu, session_id, shown } = await asked();
    const codes = await Promise.all(
      ['one', 'two', 'three'].map((short_message) => menu.codeOf({ session_id, short_message })),
    );
    assert.deepEqual(codes, ['sent', 'SESSION_ANSWERED', 'SESSION_ANSWERED']);
    assert.equal(await shown, 'one');
    assert.equal(await menu.codeOf({ session_id, short_message: 'four' }), 'SESSION_ANSWERED');
  });

  it('may be several where the dialect says so', async () => {
    const { menu, session_id } = await asked({ ussdDialect: { severalReplies: true } });
    for (const short_message of ['one', 'two', 'three'])
      assert.equal(await menu.codeOf({ session_id, short_message }), 'sent');
  });

  for (const [what, message, code] of [
    ['is too long for a screen', { short_message: 'x'.repeat(183) }, 'TEXT_TOO_LONG'],
    ['has too many characters that count twice', { short_message: '€'.repeat(92) }, 'TEXT_TOO_LONG'],
    ['is too long in UCS2', { short_message: 'ж'.repeat(81) }, 'TEXT_TOO_LONG'],
    ['is binary', { short_message: Buffer.from('00ff', 'hex') }, 'INVALID_FIELD'],
    ['has another word for its session', { short_message: 'x', session: 'end' }, 'INVALID_FIELD'],
    ['begins a dialogue and names one', { short_message: 'x', session: 'new' }, 'INVALID_FIELD'],
    ['has no text', {}, 'MISSING_TEXT'],
    ['is for another number', { short_message: 'x', destination_addr: '447700900999' }, 'INVALID_FIELD'],
    ['names no dialogue', { short_message: 'x', session_id: 7 }, 'INVALID_FIELD'],
    ['names one that never was', { short_message: 'x', session_id: 'no-such-one' }, 'SESSION_OVER'],
    ['has a key', { short_message: 'x', idempotency_key: 'k' }, 'INVALID_FIELD'],
    ['has a header', { short_message: 'x', udh: { ports: { destination: 1, source: 2 } } }, 'INVALID_FIELD'],
    ['is a query', { command: 'query_sm', message_id: '1' }, 'INVALID_FIELD'],
    ['is for a list', { short_message: 'x', command: 'submit_multi' }, 'INVALID_FIELD'],
  ] as const)
    it(`is refused where it ${what}, and the phone still waits`, async () => {
      const { menu, session_id, shown } = await asked();
      let submits = 0;
      world.smsc.on('submit', () => submits++);
      assert.equal(await menu.codeOf({ session_id, ...message } as unknown as Message), code);
      assert.equal(submits, 0);
      assert.equal(await menu.codeOf({ session_id, short_message: 'fits' }), 'sent');
      assert.equal(await shown, 'fits');
    });

  it('fits with 182 characters of the GSM alphabet, or 80 of UCS2, in one piece', async () => {
    for (const text of ['x'.repeat(182), '€'.repeat(91), 'ж'.repeat(80)]) {
      const { menu, session_id, shown } = await asked();
      assert.equal(await menu.codeOf({ session_id, short_message: text }), 'sent');
      assert.equal(await shown, text);
      await world.end();
    }
  });

  it('may close with no text at all', async () => {
    const { menu, session_id, shown } = await asked();
    assert.equal(await menu.codeOf({ session_id, session: 'close' }), 'sent');
    assert.equal(await shown, '');
  });

  it('keeps its turn where its batch is not queued', async () => {
    const { menu, session_id, shown } = await asked();
    const batch = [{ session_id, short_message: 'one' }, { short_message: 'no recipient' }];
    await assert.rejects(menu.client.enqueue(batch), { code: 'MISSING_DESTINATION', index: 1 });
    await untilAsked(
      async () => (await menu.codeOf({ session_id, short_message: 'two' })) === 'sent',
      'a turn',
    );
    assert.equal(await shown, 'two');
  });

  it('keeps its turn where the queue is full', async () => {
    const { menu, session_id, shown } = await asked({ queueCapacity: 1 });
    menu.client.pause();
    await menu.client.enqueue({ short_message: 'x', destination_addr: PHONE });
    assert.equal(await menu.codeOf({ session_id, short_message: 'one' }), 'QUEUE_FULL');
    await menu.client.purge();
    menu.client.resume();
    await untilAsked(
      async () => (await menu.codeOf({ session_id, short_message: 'two' })) === 'sent',
      'a turn',
    );
    assert.equal(await shown, 'two');
  });

  it('that the SMSC refuses ends the dialogue, which is told', async () => {
    const { menu, session_id } = await asked({}, [{ type: 'status', status: 'ESME_RINVDSTADR' }]);
    assert.equal(await menu.codeOf({ session_id, short_message: 'x' }), 'REFUSED');
    await until(() => menu.told('ussd').length > 0, 'the end');
    const [told] = menu.told('ussd');
    assert.deepEqual(
      [told?.payload, told?.code, told?.command_status, told?.session_id],
      ['abort', 'REFUSED', 'ESME_RINVDSTADR', session_id],
    );
    assert.equal(menu.told('failure')[0]?.session_id, session_id);
    assert.equal(await menu.codeOf({ session_id, short_message: 'x' }), 'SESSION_OVER');
  });

  it('that is refused for a while goes again', async () => {
    const { menu, session_id, shown } = await asked({ throttleWait: 0.05 }, [
      { type: 'status', status: 'ESME_RTHROTTLED', times: 1 },
    ]);
    assert.equal(await menu.codeOf({ session_id, short_message: 'x' }), 'sent');
    assert.equal(await shown, 'x');
  });

  it('without a response is not sent again, and ends the dialogue', async () => {
    const { menu, session_id } = await asked({ responseTimeout: 0.2 }, [{ type: 'silent', taken: true }]);
    let submits = 0;
    world.smsc.on('submit', () => submits++);
    assert.equal(await menu.codeOf({ session_id, short_message: 'x' }), 'OUTCOME_UNKNOWN');
    await until(() => menu.told('ussd').length > 0, 'the end');
    assert.equal(menu.told('ussd')[0]?.code, 'OUTCOME_UNKNOWN');
    assert.equal(submits, 1);
  });

  it('is not sent once the dialogue is over, though it was queued before', async () => {
    const { menu, session_id } = await asked();
    menu.client.pause();
    const code = menu.codeOf({ session_id, short_message: 'late' });
    await untilAsked(async () => (await menu.client.status()).queued === 1, 'it is queued');
    await world.smsc.hangUpUssd(PHONE);
    await until(() => menu.told('ussd').length > 0, 'the end');
    let submits = 0;
    world.smsc.on('submit', () => submits++);
    menu.client.resume();
    assert.equal(await code, 'SESSION_OVER');
    assert.equal(submits, 0);
  });

  it('expires with its dialogue', async () => {
    const { menu, session_id } = await asked({ ussdTimeout: 1 });
    menu.client.pause();
    const code = menu.codeOf({ session_id, short_message: 'late' });
    await until(() => menu.told('ussd').length > 0, 'the end');
    menu.client.resume();
    assert.match(await code, /^(EXPIRED|SESSION_OVER)$/);
    assert.equal(menu.told('ussd').length, 1);
    assert.equal(menu.told('ussd')[0]?.payload, 'timeout');
  });

  it('goes before what waits', async () => {
    const { menu, session_id } = await asked();
    menu.client.pause();
    await until(() => menu.client.state === 'paused', 'it sends nothing');
    await menu.client.enqueue({ short_message: 'ordinary', destination_addr: PHONE });
    const texts: unknown[] = [];
    world.smsc.on('submit', ({ text }) => texts.push(text));
    const sent = menu.codeOf({ session_id, short_message: 'screen' });
    await untilAsked(async () => (await menu.client.status()).queued === 2, 'both are queued');
    menu.client.resume();
    assert.equal(await sent, 'sent');
    assert.equal(texts[0], 'screen');
  });

  it('is not replayed from the dead letters into a dialogue that is over', async () => {
    const { menu, session_id } = await asked({}, [{ type: 'status', status: 'ESME_RINVDSTADR', times: 1 }]);
    assert.equal(await menu.codeOf({ session_id, short_message: 'x' }), 'REFUSED');
    let submits = 0;
    world.smsc.on('submit', () => submits++);
    const { replayed } = await menu.client.replay();
    await until(() => menu.told('failure').length > replayed.length, 'it failed again');
    assert.equal(menu.told('failure').at(-1)?.code, 'SESSION_OVER');
    assert.equal(submits, 0);
  });
});
