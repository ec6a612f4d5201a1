import assert from 'node:assert/strict';
import { until } from '../../support/until';
import { PHONE, World } from './world';

describe('A USSD dialogue', () => {
  const world = new World();
  beforeEach(() => world.start());
  afterEach(() => world.end());

  for (const dialect of ['standard', 'tata', 'mica', 'sixdee'])
    it(`is answered screen by screen, and closed, in the dialect ${dialect}`, async () => {
      const menu = await world.menu({ ussdDialect: dialect });
      const dialled = world.smsc.ussd(PHONE, '*100#', { dialect });
      const first = await menu.message(0);
      assert.deepEqual([first.session, first.payload, first.ussd_code], ['new', '*100#', '*100#']);
      const outcome = await menu.reply(first, { short_message: '1 Balance 2 Bye' });
      assert.equal(outcome.session_id, first.session_id);
      const screen = await dialled;
      assert.deepEqual([screen.text, screen.session], ['1 Balance 2 Bye', 'continue']);
      const typed = screen.answer('1');
      const second = await menu.message(1);
      assert.deepEqual([second.session, second.payload, second.ussd_code], ['continue', '1', '*100#']);
      assert.equal(second.session_id, first.session_id);
      await menu.reply(second, { short_message: 'You have 5', session: 'close' });
      const last = await typed;
      assert.deepEqual([last.text, last.session], ['You have 5', 'close']);
      assert.equal(await menu.codeOf({ session_id: first.session_id, short_message: 'x' }), 'SESSION_OVER');
      assert.deepEqual(menu.told('ussd'), []);
    });

  it('asks for no receipt, goes first, and is sent from the number that was dialled', async () => {
    const menu = await world.menu({ defaults: { source_addr: 'Shop', registered_delivery: 1 } });
    const seen = new Promise<Record<string, unknown>>((resolve) => world.smsc.on('submit', resolve));
    const dialled = world.smsc.ussd(PHONE, '*100#');
    await menu.reply(await menu.message(0), { short_message: 'Hello' });
    await dialled;
    const { service_type, source_addr, destination_addr, registered_delivery, data_coding } = await seen;
    assert.deepEqual(
      { service_type, source_addr, destination_addr, registered_delivery, data_coding },
      {
        service_type: 'USSD',
        source_addr: '*100#',
        destination_addr: PHONE,
        registered_delivery: 0,
        data_coding: 0,
      },
    );
  });

  it('ends where the phone hangs up, which is told', async () => {
    const menu = await world.menu();
    const dialled = world.smsc.ussd(PHONE, '*100#');
    const { session_id } = await menu.message(0);
    await menu.client.send({ session_id: session_id ?? '', short_message: 'Yes?' });
    await (await dialled).hangUp();
    await until(() => menu.told('ussd').length > 0, 'the end');
    const [told] = menu.told('ussd');
    assert.deepEqual(
      [told?.payload, told?.session, told?.code, told?.topic, told?.session_id, told?.ussd_code],
      ['abort', 'abort', 'NETWORK', PHONE, session_id, '*100#'],
    );
    assert.equal(await menu.codeOf({ session_id, short_message: 'x' }), 'SESSION_OVER');
  });

  it('ends when nobody says anything, which is told', async () => {
    const menu = await world.menu({ ussdTimeout: 1 });
    const dialled = world.smsc.ussd(PHONE, '*100#', { timeout: 1 }).catch(() => undefined);
    const { session_id } = await menu.message(0);
    await until(() => menu.told('ussd').length > 0, 'the end');
    const [told] = menu.told('ussd');
    assert.deepEqual([told?.payload, told?.code, told?.session_id], ['timeout', 'TIMEOUT', session_id]);
    assert.equal(await menu.codeOf({ session_id, short_message: 'x' }), 'SESSION_OVER');
    await dialled;
  });

  it('ends when the same phone dials anew, which is told', async () => {
    const menu = await world.menu();
    const before = world.smsc
      .ussd(PHONE, '*100#')
      .catch((error: unknown) => (error as { code?: string }).code);
    const first = await menu.message(0);
    const dialled = world.smsc.ussd(PHONE, '*200#');
    const second = await menu.message(1);
    assert.equal(await before, 'SESSION_OVER');
    assert.equal(second.session, 'new');
    assert.notEqual(second.session_id, first.session_id);
    const [told] = menu.told('ussd');
    assert.deepEqual([told?.payload, told?.code, told?.session_id], ['abort', 'REPLACED', first.session_id]);
    assert.equal(await menu.codeOf({ session_id: first.session_id, short_message: 'x' }), 'SESSION_OVER');
    await menu.reply(second, { short_message: 'Bye', session: 'close' });
    assert.equal((await dialled).text, 'Bye');
  });

  it('is apart from those of other phones', async () => {
    const menu = await world.menu();
    menu.client.on('message', (event) => {
      void menu.client.send({ session_id: event.session_id ?? '', short_message: `for ${event.topic}` });
    });
    const phones = Array.from({ length: 50 }, (_, at) => `4477009001${String(at).padStart(2, '0')}`);
    const screens = await Promise.all(phones.map((phone) => world.smsc.ussd(phone, '*100#')));
    assert.deepEqual(
      screens.map(({ text }) => text),
      phones.map((phone) => `for ${phone}`),
    );
    const ids = menu.told('message').map(({ session_id }) => session_id);
    assert.equal(new Set(ids).size, phones.length);
  });

  for (const dialect of ['standard', 'mica'])
    it(`may be begun by the application, in the dialect ${dialect}`, async () => {
      const menu = await world.menu({ ussdDialect: dialect });
      const shown = world.smsc.expectUssd(PHONE, { dialect });
      const asked = { session: 'new', source_addr: '100', destination_addr: PHONE } as const;
      const { session_id } = await menu.client.send({ ...asked, short_message: 'Happy?' });
      const screen = await shown;
      assert.deepEqual([screen.text, screen.session], ['Happy?', 'continue']);
      const typed = screen.answer('yes');
      const event = await menu.message(0);
      assert.deepEqual([event.session, event.payload, event.session_id], ['continue', 'yes', session_id]);
      await menu.reply(event, { short_message: 'Thank you', session: 'close' });
      assert.deepEqual([(await typed).text, (await typed).session], ['Thank you', 'close']);
      assert.deepEqual(menu.told('ussd'), []);
    });

  it('may be a notice, which waits for nothing', async () => {
    const menu = await world.menu();
    const shown = world.smsc.expectUssd(PHONE);
    const notice = { session: 'notify', source_addr: '100', destination_addr: PHONE } as const;
    const { session_id } = await menu.client.send({ ...notice, short_message: 'You have been paid' });
    assert.deepEqual([(await shown).text, (await shown).session], ['You have been paid', 'close']);
    assert.equal(await menu.codeOf({ session_id, short_message: 'x' }), 'SESSION_OVER');
  });

  it('that is not known goes on as one of its own: the phone waits for an answer', async () => {
    const lost = await world.menu();
    const dialled = world.smsc.ussd(PHONE, '*100#');
    const first = await lost.message(0);
    await lost.reply(first, { short_message: 'Yes?' });
    const screen = await dialled;
    await lost.client.stop();
    const menu = await world.menu();
    const typed = screen.answer('1');
    const event = await menu.message(0);
    assert.equal(event.session, 'continue');
    assert.notEqual(event.session_id, first.session_id);
    await menu.reply(event, { short_message: 'Again, please', session: 'close' });
    assert.equal((await typed).text, 'Again, please');
  });

  it('takes texts in the coding of the gateway, and writes them in it', async () => {
    const dialect = { dataCodings: { 15: 'gsm0338' } };
    const menu = await world.menu({ ussdDialect: dialect });
    await world.smsc
      .deliver({
        source_addr: PHONE,
        destination_addr: '100',
        short_message: Buffer.from([0x02, 0x31]),
        data_coding: 15,
        tlvs: { ussd_service_op: 1 },
      })
      .catch(() => undefined);
    const event = await menu.message(0);
    assert.equal(event.payload, '$1');
    const seen = new Promise<Record<string, unknown>>((resolve) => world.smsc.on('submit', resolve));
    await menu.reply(event, { short_message: 'Hello' });
    assert.equal((await seen)['data_coding'], 15);
  });

  it('costs nothing where no USSD comes: an ordinary message has no session', async () => {
    const menu = await world.menu();
    await world.smsc.deliver({ source_addr: PHONE, destination_addr: '100', text: 'Hello' });
    const event = await menu.message(0);
    assert.equal(event.session, undefined);
    assert.equal(event.session_id, undefined);
  });
});
