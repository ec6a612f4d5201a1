import assert from 'node:assert/strict';
import { DeliveryError, type Message, type Outcome } from '../../../src/index';
import { until } from '../../support/until';
import type { Answering } from '../../support/peer';
import { Scenes, advanceUntil, store, type Scene, type SceneOptions } from '../setup';

const [ONE, TWO, THREE] = ['447700900123', '447700900124', '447700900125'] as const;
const MULTI: Message = { command: 'submit_multi', short_message: 'Hello', source_addr: 'Shop' };
const range = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => String(447700900000 + at));
const LONG = 'x'.repeat(300);

const refusal = (destination_addr: string, error_status_code = 0x0b): object => ({
  ...{ dest_addr_ton: 1, dest_addr_npi: 1, destination_addr, error_status_code },
});
const answers = (...all: object[]): Answering => {
  let at = 0;
  return () => all[Math.min(at++, all.length - 1)] as Record<string, unknown>;
};

describe('A message to several destinations', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  const scene = (submit_multi: Answering, options: SceneOptions = {}): Promise<Scene> =>
    scenes.bound({ submit_multi }, { receiptHoldTime: 0, ...options });
  const failure = async (sent: Promise<Outcome>): Promise<DeliveryError> => {
    const error: unknown = await sent.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof DeliveryError, String(error));
    return error;
  };
  const receipt = async ({ peer }: Scene, id: string, from: string, state = 'DELIVRD'): Promise<void> => {
    const link = await peer.link();
    await link.response(link.receipt(id, state, { source_addr: from }));
  };

  it('that the SMSC takes for some is accepted, and those refused are listed and not tried again', async () => {
    const { client, peer, told, lines } = await scene(
      answers({ message_id: 'm1', unsuccess_sme: [refusal(`+${TWO}`), refusal('staff', 0x34)] }),
    );
    const dest_address = [ONE, TWO, { dl_name: 'staff' }];
    const outcome = await client.send({ ...MULTI, dest_address });
    const { event, message_id, destinations, segments, cost, unsuccess_sme } = outcome;
    assert.deepEqual([event, message_id, destinations, segments, cost], ['accepted', 'm1', 3, 1, 3]);
    const expected = [
      {
        destination_addr: `+${TWO}`,
        dest_addr_ton: 1,
        dest_addr_npi: 1,
        error_status_code: 0x0b,
        error_status: 'ESME_RINVDSTADR',
        meaning: unsuccess_sme?.[0]?.meaning,
      },
      {
        destination_addr: 'staff',
        dest_addr_ton: 1,
        dest_addr_npi: 1,
        error_status_code: 0x34,
        error_status: 'ESME_RINVDLNAME',
        meaning: unsuccess_sme?.[1]?.meaning,
      },
    ];
    assert.deepEqual(unsuccess_sme, expected);
    assert.ok(unsuccess_sme?.every(({ meaning }) => meaning.length > 5));
    assert.deepEqual(told('response')[0]?.unsuccess_sme, expected);
    assert.equal((await peer.link()).requests('submit_multi').length, 1);
    const line = lines.find(({ unsuccess }) => unsuccess === 2);
    assert.match(
      String(line?.['msg']),
      /refused for 2 of 3 destinations: \+44770\*+24 ESME_RINVDSTADR, staff/,
    );
    assert.equal(line?.['level'], 'info');
  });

  const all = [refusal(ONE, 0x0b), refusal(TWO, 0x14)];
  for (const [what, fields, status] of [
    ['by a list alone', { message_id: 'm1', unsuccess_sme: all }, 'ESME_RINVDSTADR'],
    ['by a status beside the list', { command_status: 0x45, unsuccess_sme: all }, 'ESME_RSUBMITFAIL'],
    ['by a passing status beside the list', { command_status: 8, unsuccess_sme: all }, 'ESME_RSYSERR'],
    ['by a status alone', { command_status: 0x33 }, 'ESME_RINVNUMDESTS'],
  ] as const) {
    it(`that the SMSC takes for none fails: ${what}`, async () => {
      const { client, peer, told } = await scene(answers(fields));
      const error = await failure(client.send({ ...MULTI, dest_address: [ONE, TWO] }));
      const { code, command_status, unsuccess_sme } = error.outcome;
      assert.deepEqual([code, command_status], ['REFUSED', status]);
      const listed = 'unsuccess_sme' in fields ? ['ESME_RINVDSTADR', 'ESME_RMSGQFUL'] : undefined;
      assert.deepEqual(
        unsuccess_sme?.map(({ error_status }) => error_status),
        listed,
      );
      assert.deepEqual(told('failure')[0]?.unsuccess_sme, unsuccess_sme);
      const { letters } = await client.deadLetters();
      assert.deepEqual(letters[0]?.unsuccess_sme, unsuccess_sme);
      assert.equal((await peer.link()).requests('submit_multi').length, 1);
    });
  }

  it('that the SMSC takes for some is accepted also where a status stands beside the list', async () => {
    const { client } = await scene(
      answers({ command_status: 0x45, message_id: 'm1', unsuccess_sme: [refusal(TWO)] }),
    );
    const { event, unsuccess_sme } = await client.send({ ...MULTI, dest_address: [ONE, TWO] });
    assert.deepEqual([event, unsuccess_sme?.length], ['accepted', 1]);
  });

  it('goes again where the SMSC asks for less, whatever it lists', async () => {
    const { client, clock, peer } = await scene(
      answers({ command_status: 0x58, unsuccess_sme: [refusal(ONE, 0x58)] }, { message_id: 'm1' }),
    );
    const sent = client.send({ ...MULTI, dest_address: [ONE] });
    await advanceUntil(clock, () => peer.links[0]?.requests('submit_multi').length === 2);
    assert.deepEqual(await sent.then(({ event, unsuccess_sme }) => [event, unsuccess_sme]), [
      'accepted',
      undefined,
    ]);
  });

  it('of several segments sends each to all, and says which destination was refused which', async () => {
    const { client, peer } = await scene(
      answers(
        { message_id: 'a', unsuccess_sme: [refusal(TWO)] },
        { message_id: 'b', unsuccess_sme: [refusal(TWO, 0x14), refusal(THREE)] },
      ),
    );
    const dest_address = [ONE, TWO, THREE];
    const { cost, message_ids, unsuccess_sme } = await client.send({
      ...MULTI,
      short_message: LONG,
      dest_address,
    });
    assert.deepEqual([cost, message_ids], [6, ['a', 'b']]);
    assert.deepEqual(
      unsuccess_sme?.map(({ destination_addr, error_status, segments }) => [
        destination_addr,
        error_status,
        segments,
      ]),
      [
        [TWO, 'ESME_RINVDSTADR', [0, 1]],
        [THREE, 'ESME_RINVDSTADR', [1]],
      ],
    );
    const sent = (await peer.link()).requests('submit_multi') as unknown as {
      dest_address: unknown[];
      short_message: Buffer;
      esm_class: number;
    }[];
    const reference = sent[0]?.short_message.subarray(3, 4).toString('hex');
    assert.deepEqual(
      sent.map((pdu) => [
        pdu.dest_address.length,
        pdu.esm_class & 0x40,
        pdu.short_message.subarray(3, 6).toString('hex'),
      ]),
      [
        [3, 0x40, `${reference}0201`],
        [3, 0x40, `${reference}0202`],
      ],
    );
  });

  it('fails where each destination lacks a segment', async () => {
    const { client } = await scene(
      answers(
        { message_id: 'a', unsuccess_sme: [refusal(TWO)] },
        { message_id: 'b', unsuccess_sme: [refusal(ONE)] },
      ),
    );
    const error = await failure(client.send({ ...MULTI, short_message: LONG, dest_address: [ONE, TWO] }));
    assert.deepEqual([error.code, error.outcome.message_ids], ['REFUSED', ['a', 'b']]);
    assert.match(error.message, /a part of it for each of its destinations/);
  });

  it('is delivered when all that were taken have their final receipts, told apart by address', async () => {
    const it = await scene(answers({ message_id: '0a1', unsuccess_sme: [refusal(TWO)] }));
    const sent = it.client.send(
      { ...MULTI, dest_address: [ONE, TWO, THREE] },
      { completeWhen: 'delivered', deliveredTimeout: 60 },
    );
    await until(() => it.told('response').length === 1);
    for (const number of [THREE, THREE]) await receipt(it, '0a1', number);
    assert.equal((await it.client.status()).waiting, 1);
    await receipt(it, '0a1', `+${ONE}`);
    const { event, receipts, receipt: worst } = await sent;
    assert.deepEqual([event, worst?.state], ['delivered', 'DELIVRD']);
    assert.deepEqual(
      receipts?.map(({ address, state }) => [address, state]),
      [
        [THREE, 'DELIVRD'],
        [ONE, 'DELIVRD'],
      ],
    );
    await receipt(it, '0a1', ONE);
    assert.deepEqual(
      it.told('receipt').map(({ topic, matched, duplicate }) => [topic, matched, duplicate]),
      [
        [THREE, true, undefined],
        [THREE, true, true],
        [ONE, true, undefined],
        [ONE, true, true],
      ],
    );
  });

  it('is undelivered where one of them was not, and says which', async () => {
    const it = await scene(answers({ message_id: '0a1' }));
    const sent = failure(
      it.client.send({ ...MULTI, dest_address: [ONE, TWO] }, { completeWhen: 'delivered' }),
    );
    await until(() => it.told('response').length === 1);
    await receipt(it, '0a1', ONE, 'EXPIRED');
    await receipt(it, '0a1', TWO);
    const { code, receipt: worst, receipts } = (await sent).outcome;
    assert.deepEqual([code, worst?.state, worst?.address], ['UNDELIVERED', 'EXPIRED', ONE]);
    assert.deepEqual(
      receipts?.map(({ address, state }) => [address, state]),
      [
        [ONE, 'EXPIRED'],
        [TWO, 'DELIVRD'],
      ],
    );
  });

  for (const [receiptPerMessage, wanted] of [
    ['all', ['a ONE', 'b TWO', 'b ONE', 'a TWO']],
    ['last', ['a ONE', 'b TWO', 'b ONE']],
    ['any', ['a ONE', 'b TWO']],
  ] as const) {
    it(`of several segments is delivered as receiptPerMessage ${receiptPerMessage} says, for each`, async () => {
      const it = await scene(answers({ message_id: 'xa' }, { message_id: 'xb' }), { receiptPerMessage });
      let over = false;
      const sent = it.client.send(
        { ...MULTI, short_message: LONG, dest_address: [ONE, TWO] },
        { completeWhen: 'delivered' },
      );
      void sent.then(() => (over = true));
      await until(() => it.told('response').length === 2);
      for (const one of wanted) {
        assert.equal(over, false, one);
        const [id, who] = one.split(' ');
        await receipt(it, `x${id}`, who === 'ONE' ? ONE : TWO);
      }
      assert.equal((await sent).event, 'delivered');
    });
  }

  it('to a distribution list matches receipts of its members, and ends at deliveredTimeout with what has come', async () => {
    const it = await scene(answers({ message_id: '0a1' }));
    const sent = failure(
      it.client.send(
        { ...MULTI, dest_address: [ONE, { dl_name: 'staff' }], correlation_id: 'c' },
        { completeWhen: 'delivered', deliveredTimeout: 60 },
      ),
    );
    await until(() => it.told('response').length === 1);
    for (const number of [ONE, '33700900001', '33700900002', '33700900001']) await receipt(it, '0a1', number);
    await it.clock.advance(60_000);
    const { code, receipts } = (await sent).outcome;
    assert.equal(code, 'RECEIPT_TIMEOUT');
    assert.deepEqual(
      receipts?.map(({ address }) => address),
      [ONE, '33700900001', '33700900002'],
    );
    assert.deepEqual(
      it
        .told('receipt')
        .map(({ correlation_id, address, duplicate }) => [correlation_id, address, duplicate]),
      [
        ['c', ONE, undefined],
        ['c', '33700900001', undefined],
        ['c', '33700900002', undefined],
        ['c', '33700900001', true],
      ],
    );
  });

  it('whose receipt comes before its response is matched all the same', async () => {
    const it = await scene(
      (_pdu, link) => {
        for (const source_addr of [TWO, '33700900001']) link.receipt('0a1', 'DELIVRD', { source_addr });
        return { message_id: '0a1' };
      },
      { receiptHoldTime: 30 },
    );
    const { id } = await it.client.send({ ...MULTI, dest_address: [ONE, TWO, { dl_name: 'staff' }] });
    await advanceUntil(it.clock, () => it.told('receipt').length === 2);
    assert.deepEqual(
      it
        .told('receipt')
        .map((one) => [one.id, one.address])
        .sort(),
      [
        [id, '33700900001'],
        [id, TWO],
      ],
    );
  });

  it('is not the message of a receipt for another to one of its numbers with the same id', async () => {
    const it = await scenes.bound(
      { submit_multi: () => ({ message_id: '7' }), submit_sm: () => ({ message_id: '7' }) },
      { receiptHoldTime: 0 },
    );
    const many = await it.client.send({ ...MULTI, dest_address: [ONE, { dl_name: 'staff' }] });
    const one = await it.client.send({ short_message: 'x', destination_addr: TWO, source_addr: 'Shop' });
    for (const number of [TWO, ONE, THREE]) await receipt(it, '7', number);
    assert.deepEqual(
      it.told('receipt').map(({ id }) => id),
      [one.id, many.id, many.id],
    );
  });

  it('takes a permit for each destination of each segment, and does not hang where that is more than the burst', async () => {
    const it = await scene(answers({ message_id: '1' }), { sendRate: 10, burst: 5 });
    const sentAt: number[] = [];
    const from = it.clock.monotonic();
    it.client.on('request', () => void sentAt.push(it.clock.monotonic() - from));
    const many = it.client.send({ ...MULTI, short_message: LONG, dest_address: range(20) });
    const next = it.client.send({ ...MULTI, dest_address: range(5) });
    await advanceUntil(it.clock, () => sentAt.length === 3, 50);
    const [first = 0, second = 0, third = 0] = sentAt;
    // 20 less the burst of 5, 20 more, 5 more, at 10 a second.
    assert.ok(first >= 1450 && first <= 1700, `${first}`);
    assert.ok(second - first >= 1900 && second - first <= 2100, `${second - first}`);
    assert.ok(third - second >= 450 && third - second <= 600, `${third - second}`);
    assert.deepEqual([(await many).cost, (await next).cost], [40, 5]);
  });

  it('takes one slot of the window, however many destinations it has', async () => {
    const it = await scene(() => undefined, { windowSize: 2 });
    for (let n = 0; n < 3; n++) await it.client.enqueue({ ...MULTI, dest_address: range(100) });
    await until(() => it.peer.links[0]?.requests('submit_multi').length === 2);
    await it.clock.advance(1000);
    assert.equal(it.peer.links[0]?.requests('submit_multi').length, 2);
  });

  it('keeps whose receipts have come over a restart', async () => {
    const first = await scene(answers({ message_id: '0a1' }));
    const kept = store(first.clock);
    const options = { queue: kept, correlator: kept.correlator, clock: first.clock };
    const before = await scene(answers({ message_id: '0a1' }), options);
    const { id } = await before.client.send({ ...MULTI, dest_address: [ONE, TWO, { dl_name: 'staff' }] });
    for (const number of [TWO, '33700900001']) await receipt(before, '0a1', number);
    await before.client.stop();
    const after = await scenes.bound({}, { receiptHoldTime: 0, ...options });
    for (const number of [ONE, TWO, '33700900001', '33700900002']) await receipt(after, '0a1', number);
    assert.deepEqual(
      after.told('receipt').map((one) => [one.id, one.address, one.duplicate]),
      [
        [id, ONE, undefined],
        [id, TWO, true],
        [id, '33700900001', true],
        [id, '33700900002', undefined],
      ],
    );
  });
});
