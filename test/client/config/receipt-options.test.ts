import assert from 'node:assert/strict';
import { findProblems, type DeliveryError, type ReceiptEvent } from '../../../src/index';
import { computing } from '../../support/computing';
import type { Answering } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, type Scene, type SceneOptions } from '../setup';

const LONG = { ...HELLO, short_message: 'x'.repeat(300) };

function ids(): Answering {
  let n = 0;
  return () => ({ message_id: `m${++n}` });
}

describe('Receipts of a centre with ways of its own', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  async function receive(
    options: SceneOptions,
    { text = '', ...fields }: Record<string, unknown>,
  ): Promise<Scene> {
    const scene = await scenes.bound({}, { receiptHoldTime: 0, ...options });
    const link = await scene.peer.link();
    const addresses = { source_addr: '491511234567', destination_addr: 'Shop' };
    const short_message = Buffer.from(String(text));
    await link.response(
      link.send({ command: 'deliver_sm', ...addresses, esm_class: 4, short_message, ...fields }),
    );
    return scene;
  }
  const receiptOf = ({ told }: Scene): ReceiptEvent => {
    const [receipt] = told('receipt');
    assert.ok(receipt, 'a receipt');
    return receipt;
  };

  it('are read by receiptPattern, and by the usual form where that does not match', async () => {
    const receiptPattern = '(?i)^report (?<id>\\w+) is (?<stat>\\w+) at (?<done_date>\\d{10})';
    const own = receiptOf(
      await receive({ receiptPattern }, { text: 'Report 4096 is UNDELIV at 2607011205' }),
    );
    assert.deepEqual(
      [own.message_id, own.state, own.done_date],
      ['4096', 'UNDELIV', '2026-07-01T12:05:00.000Z'],
    );
    const usual = receiptOf(await receive({ receiptPattern }, { text: 'id:7 stat:DELIVRD err:000' }));
    assert.deepEqual([usual.message_id, usual.state], ['7', 'DELIVRD']);
  });

  it('take a bounded time by any pattern', async () => {
    const receiptPattern = '(a+)+(a*)*(?<id>b)';
    const took = computing();
    const scene = await receive({ receiptPattern }, { text: 'a'.repeat(250), esm_class: 0 });
    assert.ok(took() < 2000);
    assert.equal(scene.told('message').length, 1);
  });

  it('have states by receiptStates, final or not', async () => {
    const receiptStates =
      '{"BUFFERED": "ENROUTE", "KAPUTT": {"state": "UNDELIV"}, "ACCEPTD": {"final": true}}';
    for (const [written, state, final] of [
      ['BUFFERED', 'ENROUTE', false],
      ['kaputt', 'UNDELIV', true],
      ['ACCEPTD', 'ACCEPTD', true],
      ['DELIVRD', 'DELIVRD', true],
    ] as const) {
      const receipt = receiptOf(await receive({ receiptStates }, { text: `id:7 stat:${written} err:000` }));
      assert.deepEqual([receipt.state, receipt.final], [state, final], written);
    }
  });

  it('have dates in receiptTimeZone, summer and winter', async () => {
    const text = 'id:7 submit date:2601011200 done date:2607011200 stat:DELIVRD err:000';
    const there = receiptOf(await receive({ receiptTimeZone: 'Europe/Berlin' }, { text }));
    assert.deepEqual(
      [there.submit_date, there.done_date],
      ['2026-01-01T11:00:00.000Z', '2026-07-01T10:00:00.000Z'],
    );
    const fixed = receiptOf(await receive({ receiptTimeZone: '-03:00' }, { text }));
    assert.equal(fixed.done_date, '2026-07-01T15:00:00.000Z');
  });

  for (const [receiptSigns, marked, looking, byTlvs] of [
    ['both', true, true, true],
    ['esm_class', true, false, true],
    ['text', false, true, true],
  ] as const) {
    it(`with receiptSigns ${receiptSigns} are told by that`, async () => {
      // A mark on what does not look so, the look without a mark, TLVs without either.
      const mark = { text: 'id:7 not in its form', esm_class: 4 };
      const look = { text: 'id:7 sub:001 dlvrd:001 stat:DELIVRD err:000', esm_class: 0 };
      const tlvs = { esm_class: 0, tlvs: { receipted_message_id: '7', message_state: 2 } };
      for (const [fields, wanted] of [
        [mark, marked],
        [look, looking],
        [tlvs, byTlvs],
      ] as const) {
        const { told } = await receive({ receiptSigns }, fields);
        assert.deepEqual(
          [told('receipt').length, told('message').length],
          wanted ? [1, 0] : [0, 1],
          JSON.stringify(fields),
        );
      }
    });
  }

  it('in message_payload, of deliver_sm and data_sm, are receipts too', async () => {
    const message_payload = Buffer.from('id:7 sub:001 dlvrd:001 stat:EXPIRED err:000 text:x');
    for (const command of ['deliver_sm', 'data_sm']) {
      const scene = await scenes.bound({}, { receiptHoldTime: 0 });
      const link = await scene.peer.link();
      const fields = { source_addr: '4915', destination_addr: '1', esm_class: 4, tlvs: { message_payload } };
      await link.response(link.send({ command, ...fields }));
      const receipt = receiptOf(scene);
      assert.deepEqual([receipt.command, receipt.state, receipt.message_id], [command, 'EXPIRED', '7']);
    }
  });

  for (const [what, esm_class, text, event, type, final] of [
    ['a receipt', 0x04, 'id:7 stat:DELIVRD err:000', 'receipt', 'receipt', true],
    ['a notification on the way', 0x20, 'id:7 stat:ENROUTE err:000', 'receipt', 'intermediate', false],
    ['one that says a final state', 0x20, 'id:7 stat:DELIVRD err:000', 'receipt', 'intermediate', false],
    ['a receipt without a mark', 0x00, 'id:7 sub:001 dlvrd:001 stat:DELIVRD', 'receipt', 'receipt', true],
    [
      'one on the way without a mark',
      0x00,
      'id:7 sub:001 dlvrd:000 stat:ENROUTE',
      'receipt',
      'intermediate',
      false,
    ],
    [
      'an acknowledgement of a phone',
      0x08,
      'id:7 stat:DELIVRD',
      'message',
      'delivery-acknowledgement',
      undefined,
    ],
    ['an acknowledgement of a person', 0x10, 'yes', 'message', 'manual-acknowledgement', undefined],
    ['a message', 0x00, 'hello', 'message', 'message', undefined],
  ] as const) {
    it(`${what} is told apart`, async () => {
      const { told } = await receive({}, { esm_class, text });
      const all = [...told('receipt'), ...told('message')];
      const [first] = all;
      assert.deepEqual(
        [all.length, first?.event, first?.message_type, first?.final],
        [1, event, type, final],
      );
    });
  }

  it('of the last segment alone deliver a long message with receiptPerMessage last', async () => {
    const { client, peer } = await scenes.bound({ submit_sm: ids() }, { receiptPerMessage: 'last' });
    let outcome: unknown;
    const sent = client.send(LONG, { completeWhen: 'delivered' }).then((one) => (outcome = one));
    await peer.untilSubmits(2);
    const link = await peer.link();
    await link.response(link.receipt('m1'));
    await pass(20);
    assert.equal(outcome, undefined);
    link.receipt('m2');
    const { event, receipts } = await sent;
    assert.deepEqual([event, receipts?.map(({ message_id }) => message_id)], ['delivered', ['m1', 'm2']]);
  });

  it('of any segment deliver it with receiptPerMessage any, and fail it', async () => {
    const { client, peer } = await scenes.bound({ submit_sm: ids() }, { receiptPerMessage: 'any' });
    const sent = client.send(LONG, { completeWhen: 'delivered' });
    await peer.untilSubmits(2);
    const link = await peer.link();
    link.receipt('m2', 'ENROUTE');
    link.receipt('m2');
    assert.deepEqual((await sent).receipt?.message_id, 'm2');
    const other = client.send(LONG, { completeWhen: 'delivered' });
    other.catch(() => undefined);
    await peer.untilSubmits(4);
    link.receipt('m3', 'EXPIRED');
    await assert.rejects(other, (error: DeliveryError) => error.outcome.code === 'UNDELIVERED');
  });

  it('with receiptPerMessage last of a segment before that was not delivered: the worst counts', async () => {
    const { client, peer } = await scenes.bound({ submit_sm: ids() }, { receiptPerMessage: 'last' });
    const sent = client.send(LONG, { completeWhen: 'delivered' });
    sent.catch(() => undefined);
    await peer.untilSubmits(2);
    const link = await peer.link();
    await link.response(link.receipt('m1', 'UNDELIV'));
    link.receipt('m2');
    await assert.rejects(sent, (error: DeliveryError) => {
      assert.equal((error.outcome.receipt as { state?: string }).state, 'UNDELIV');
      return true;
    });
  });

  it('of a segment that come again, the last of them counts', async () => {
    const { client, peer } = await scenes.bound({ submit_sm: ids() });
    const sent = client.send(LONG, { completeWhen: 'delivered' });
    await peer.untilSubmits(2);
    const link = await peer.link();
    link.receipt('m1', 'EXPIRED');
    link.receipt('m1', 'DELIVRD');
    await until(() => link.requests('deliver_sm_resp').length === 2);
    link.receipt('m2');
    assert.equal((await sent).receipts?.length, 2);
  });
});

describe('The options of receiving', () => {
  for (const [field, wrong, remedy] of [
    ['receiptPattern', '(?<id>', /receipt pattern cannot be used/],
    ['receiptPattern', 'id:(\\w+)', /group named id or stat/],
    ['receiptPattern', '(?<id>a)(?<name>b)', /no use for a group name/],
    ['receiptPattern', '(?<id>a)\\1', /./],
    ['receiptStates', '{"A": 1}', /JSON object/],
    ['receiptStates', '{"A": {"final": "yes"}}', /JSON object/],
    ['receiptStates', '{"A": {"end": true}}', /JSON object/],
    ['receiptStates', '["A"]', /JSON object/],
    ['receiptTimeZone', 'Mars/Olympus', /time zone/],
    ['receiptTimeZone', '2', /time zone/],
    ['receiptIdFormat', 'octal', /auto, text, decimal, hex/],
    ['receiptPerMessage', 'first', /all, last, any/],
    ['receiptSigns', 'none', /both, esm_class, text/],
    ['acknowledge', 'later', /auto, manual/],
    ['ackLimit', 0, /1 to 100000/],
    ['ackTimeout', 0, /seconds/],
    ['ackTimeoutStatus', 'ESME_NONSENSE', /status such as/],
    ['decodeErrorStatus', -1, /status such as/],
    ['decodeErrorStatus', 2 ** 32, /status such as/],
    ['decodeErrorStatus', true, /status such as/],
  ] as const) {
    it(`refuse ${field} ${JSON.stringify(wrong)}, with the remedy`, () => {
      const [problem, ...others] = findProblems({ [field]: wrong });
      assert.equal(others.length, 0);
      assert.equal(problem?.field, field);
      assert.match(problem?.remedy ?? '', remedy);
    });
  }

  for (const [field, right] of [
    ['receiptPattern', 'id:(?P<id>[^ ]{,65}) +stat:(?P<stat>[A-Z]{5,7}).*'],
    ['receiptPattern', ''],
    ['receiptStates', { A: 'DELIVRD', B: { final: false } }],
    ['receiptTimeZone', '+0530'],
    ['receiptTimeZone', 'Asia/Kolkata'],
    ['ackTimeoutStatus', '0x64'],
    ['ackTimeoutStatus', '100'],
    ['decodeErrorStatus', 'ESME_RX_R_APPN'],
    ['decodeErrorStatus', 1025],
  ] as const) {
    it(`take ${field} ${JSON.stringify(right)}`, () => {
      assert.deepEqual(findProblems({ [field]: right }), []);
    });
  }
});
