import assert from 'node:assert/strict';
import {
  openMemoryStore,
  type CorrelationEntry,
  type Correlator,
  type DeliveryError,
} from '../../../src/index';
import { silentLog } from '../../../src/observability';
import { FinalReceipts } from '../../../src/client/inbound/final-receipts';
import { MessageMatcher, type MatchedReceipt } from '../../../src/client/inbound/matching';
import { ReceiptMatcher } from '../../../src/client/inbound/receipts';
import { FakeClock, settle } from '../../support/clock';
import { silence, type Answering } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, store } from '../setup';

const LONG = { ...HELLO, short_message: 'x'.repeat(300) };

/** Message ids m1, m2 … */
function ids(): Answering {
  let n = 0;
  return () => ({ message_id: `m${++n}` });
}

describe('Receipts', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('behind a user data header are read from behind it, once', async () => {
    const { peer, told } = await scenes.bound({}, { receiptHoldTime: 0 });
    const link = await peer.link();
    // Its beginning passes for a header: 105 octets, of which 58 are one element and 43 another.
    const text =
      'id:1234567890123 sub:001 dlvrd:001 submit date:180711070003912+ done date:180711070005912+ stat:DELIVRD err:000';
    const short_message = Buffer.concat([Buffer.from('0500030c0101', 'hex'), Buffer.from(text)]);
    await link.response(link.receipt('', '', { esm_class: 0x44, short_message }));
    await until(() => told('receipt').length === 1);
    assert.equal(told('receipt')[0]?.message_id, '1234567890123');
  });

  it('are matched to their message, answered, and told with its identity', async () => {
    const { client, peer, told } = await scenes.bound({ submit_sm: ids() });
    const { id } = await client.send(
      { ...HELLO, correlation_id: 'c', metadata: { a: 1 } },
      { msgid: 'flow' },
    );
    const link = await peer.link();
    const answer = await link.response(link.receipt('m1'));
    assert.deepEqual([answer.command, answer.command_status], ['deliver_sm_resp', 0]);
    await until(() => told('receipt').length === 1);
    const [receipt] = told('receipt');
    assert.ok(receipt);
    const {
      event,
      message_id,
      state,
      final,
      matched,
      topic,
      correlation_id,
      metadata,
      msgid,
      segment,
      segments,
    } = receipt;
    assert.deepEqual(
      {
        event,
        message_id,
        state,
        final,
        matched,
        topic,
        correlation_id,
        metadata,
        msgid,
        segment,
        segments,
        id: receipt.id,
      },
      {
        event: 'receipt',
        message_id: 'm1',
        state: 'DELIVRD',
        final: true,
        matched: true,
        topic: '491511234567',
        correlation_id: 'c',
        metadata: { a: 1 },
        msgid: 'flow',
        segment: 0,
        segments: 1,
        id,
      },
    );
    assert.equal(receipt.done_date, '2026-01-01T00:01:00.000Z');
    assert.equal((receipt.payload as { state?: string }).state, 'DELIVRD');
  });

  it('that come before their response are answered at once, held, and matched when it comes', async () => {
    const { client, peer, told } = await scenes.bound({ submit_sm: silence });
    const sent = client.send({ ...HELLO, correlation_id: 'c' }, { completeWhen: 'delivered' });
    const [request] = await peer.untilSubmits(1);
    const link = await peer.link();
    assert.equal((await link.response(link.receipt('early'))).command_status, 0);
    await pass(10);
    assert.equal(told('receipt').length, 0);
    link.answer(request as never, { message_id: 'early' });
    assert.equal((await sent).event, 'delivered');
    const [receipt] = told('receipt');
    assert.deepEqual([receipt?.matched, receipt?.correlation_id, receipt?.state], [true, 'c', 'DELIVRD']);
    assert.equal(receipt?.command, 'deliver_sm');
  });

  it('that match nothing are told unmatched after receiptHoldTime, in their order', async () => {
    const { peer, told, clock, lines } = await scenes.bound({}, { receiptHoldTime: 30 });
    const link = await peer.link();
    await link.response(link.receipt('one'));
    await clock.advance(10_000);
    await link.response(link.receipt('two'));
    await clock.advance(19_990);
    assert.equal(told('receipt').length, 0);
    await clock.advance(20);
    assert.deepEqual(
      told('receipt').map(({ message_id }) => message_id),
      ['one'],
    );
    await clock.advance(10_000);
    const all = told('receipt').map(({ message_id, matched, topic }) => [message_id, matched, topic]);
    assert.deepEqual(all, [
      ['one', false, '491511234567'],
      ['two', false, '491511234567'],
    ]);
    assert.equal(lines.filter(({ event, level }) => event === 'receipt' && level === 'warn').length, 2);
  });

  it('of another system warn ten times a minute and not more, and say how many more there were', async () => {
    const { peer, told, clock, lines } = await scenes.bound(
      {},
      { receiptHoldTime: 0, enquireLinkInterval: 0 },
    );
    const link = await peer.link();
    for (let n = 0; n < 30; n++) link.receipt(`unknown${n}`);
    await until(() => told('receipt').length === 30);
    await clock.advance(61_000);
    link.receipt('one more');
    await until(() => told('receipt').length === 31);
    const warned = lines.filter(({ event, level }) => event === 'receipt' && level === 'warn');
    assert.equal(warned.length, 11);
    assert.deepEqual([warned[9]?.passed_over, warned[10]?.passed_over], [undefined, 20]);
  });

  it('with receiptHoldTime 0 are told at once, and the answer waits for the handler', async () => {
    const { client, peer } = await scenes.bound({}, { receiptHoldTime: 0 });
    let finish: () => void = () => undefined;
    client.on('receipt', () => new Promise<void>((resolve) => (finish = resolve)));
    const link = await peer.link();
    const number = link.receipt('x');
    await pass(10);
    assert.equal(link.requests('deliver_sm_resp').length, 0);
    finish();
    await link.response(number);
  });

  it('by TLVs alone, or in a data_sm, are receipts too', async () => {
    const { client, peer, told } = await scenes.bound({ submit_sm: ids() });
    await client.send(HELLO);
    await client.send(HELLO);
    const link = await peer.link();
    const given = { esm_class: 4, source_addr: '491511234567' };
    link.send({ command: 'deliver_sm', ...given, tlvs: { receipted_message_id: 'm1', message_state: 2 } });
    link.send({ command: 'data_sm', ...given, tlvs: { receipted_message_id: 'm2', message_state: 5 } });
    await until(() => told('receipt').length === 2);
    const all = told('receipt').map(({ command, state, matched }) => [command, state, matched]);
    assert.deepEqual(all, [
      ['deliver_sm', 'DELIVRD', true],
      ['data_sm', 'UNDELIV', true],
    ]);
  });

  it('complete a message that waits for them when all its segments are delivered', async () => {
    const { client, peer } = await scenes.bound({ submit_sm: ids() });
    let outcome: unknown;
    const sent = client.send(LONG, { completeWhen: 'delivered' }).then((one) => (outcome = one));
    await peer.untilSubmits(2);
    const link = await peer.link();
    link.receipt('m2');
    await pass(20);
    assert.equal(outcome, undefined);
    link.receipt('m1', 'ENROUTE');
    await pass(20);
    assert.equal(outcome, undefined);
    link.receipt('m1');
    const { event, segments, message_ids, receipt, receipts, command_status } = await sent;
    assert.deepEqual(
      [event, segments, message_ids, command_status],
      ['delivered', 2, ['m1', 'm2'], 'ESME_ROK'],
    );
    assert.deepEqual(
      [receipt?.state, receipts?.map(({ message_id }) => message_id)],
      ['DELIVRD', ['m1', 'm2']],
    );
  });

  it('of one segment undelivered fail the whole message, with the worst of them', async () => {
    const { client, peer, told } = await scenes.bound({ submit_sm: ids() });
    const sent = client.send(LONG, { completeWhen: 'delivered' });
    sent.catch(() => undefined);
    await peer.untilSubmits(2);
    const link = await peer.link();
    link.receipt('m1', 'UNDELIV');
    link.receipt('m2', 'DELIVRD');
    await assert.rejects(sent, (error: DeliveryError) => {
      const { code, receipt, receipts, message_ids, id } = error.outcome;
      assert.equal(code, 'UNDELIVERED');
      assert.match(error.message, /accepted the message but reports UNDELIV/);
      assert.equal((receipt as { state: string }).state, 'UNDELIV');
      assert.deepEqual([receipts?.length, message_ids, typeof id], [2, ['m1', 'm2'], 'string']);
      return true;
    });
    assert.equal(told('receipt').length, 2);
  });

  it('that never come end the wait with RECEIPT_TIMEOUT, counted from the acceptance', async () => {
    const { client, peer, clock } = await scenes.bound({ submit_sm: silence });
    const sent = client.send(HELLO, { completeWhen: 'delivered', deliveredTimeout: 60 });
    sent.catch(() => undefined);
    const [request] = await peer.untilSubmits(1);
    await clock.advance(20_000);
    peer.links[0]?.answer(request as never, { message_id: 'x' });
    await until(() => clock.pendingTimers > 0);
    await pass(10);
    await clock.advance(59_990);
    assert.equal((await client.status()).waiting, 1);
    await clock.advance(20);
    await assert.rejects(sent, { code: 'RECEIPT_TIMEOUT', message: /within 60 s/ });
    assert.equal((await client.status()).waiting, 0);
  });

  it('may be waited for as long as a timer can be, and not longer', async () => {
    const { client } = await scenes.bound();
    for (const deliveredTimeout of [-1, NaN, 1e9]) {
      await assert.rejects(client.send(HELLO, { completeWhen: 'delivered', deliveredTimeout }), {
        code: 'INVALID_OPTION',
        message: /deliveredTimeout/,
      });
    }
  });

  it('that were not asked for cannot be waited for', async () => {
    const { client } = await scenes.bound();
    const silent = { ...HELLO, registered_delivery: 'none' };
    await assert.rejects(client.send(silent, { completeWhen: 'delivered' }), {
      code: 'INVALID_FIELD',
      field: 'registered_delivery',
    });
    assert.equal((await client.send(silent)).event, 'accepted');
    assert.equal((await client.status()).waiting, 0);
  });

  it('find their message also after a restart, by the store', async () => {
    const clock = new FakeClock();
    const queue = store(clock);
    const before = await scenes.bound({ submit_sm: ids() }, { clock, queue });
    const { id } = await before.client.send({ ...HELLO, correlation_id: 'c' });
    await before.client.stop();
    const { peer, told } = await scenes.bound({}, { clock, queue, enquireLinkInterval: 0 });
    await clock.advance(3_600_000);
    (await peer.link()).receipt('m1');
    await until(() => told('receipt').length === 1);
    const [receipt] = told('receipt');
    assert.deepEqual([receipt?.matched, receipt?.id, receipt?.correlation_id], [true, id, 'c']);
  });

  it('after correlationTtl match nothing any more', async () => {
    const { client, peer, told, clock } = await scenes.bound(
      { submit_sm: ids() },
      { correlationTtl: 100, receiptHoldTime: 0 },
    );
    await client.send(HELLO);
    await advanceUntil(clock, () => clock.monotonic() > 101_000, 10_000);
    (await peer.link()).receipt('m1');
    await until(() => told('receipt').length === 1);
    assert.equal(told('receipt')[0]?.matched, false);
  });

  it('while the correlator is away are answered with an error, so that the centre repeats them', async () => {
    const correlator: Correlator = {
      put: () => Promise.resolve(),
      get: () => Promise.reject(new Error('away')),
      expire: () => Promise.resolve(0),
    };
    const { peer, told, client } = await scenes.bound({}, { correlator });
    const link = await peer.link();
    assert.equal((await link.response(link.receipt('x'))).command_status, 8);
    await client.stop();
    assert.equal(told('receipt').length, 0);
  });
});

describe('The receipt matcher', () => {
  const entry = (messageId: string): CorrelationEntry => ({
    messageId,
    id: messageId,
    segment: 0,
    segments: 1,
    source: '',
    destination: '',
    acceptedAt: 0,
    expiresAt: Infinity,
  });
  const of = (id: string): MatchedReceipt => ({ ids: [id], source: '', destination: '', final: false });
  const finals = { has: (): boolean => false, claim: (): void => undefined };
  const nothing = {
    find: (): Promise<CorrelationEntry | undefined> => Promise.resolve(undefined),
    observe: (): void => undefined,
    onLearned: (): void => undefined,
  };
  /** Finds what is stored, by the letter. */
  const finding = (
    stored: Map<string, CorrelationEntry>,
  ): Pick<MessageMatcher, 'find' | 'observe' | 'onLearned'> => ({
    ...nothing,
    find: ({ ids: [id = ''] }) => Promise.resolve(stored.get(id)),
  });
  it('takes the very same id at once where ids have long been the same in both, unless zeros may tell it apart', async () => {
    const clock = new FakeClock();
    const store = openMemoryStore({ capacity: 10, whenFull: 'wait', correlationCapacity: 1000, clock });
    const { correlator, state } = store;
    const log = silentLog;
    const known = new FinalReceipts({ correlator, clock, log, ttl: 1000 });
    const formats = { response: 'auto', receipt: 'auto' } as const;
    const matching = new MessageMatcher({ correlator, state, log, formats, finals: known });
    const pending = { awaited: (): string[] => ['elsewhere'] };
    const matcher = new ReceiptMatcher(matching, known, clock, 30_000, pending);
    const accept = async (messageId: string, destination: string): Promise<void> => {
      const one = { ...entry(messageId), id: `m${messageId}`, destination };
      await correlator.put([one]);
      matcher.known(one);
    };
    const receiptOf = (id: string, source: string): MatchedReceipt => ({
      ids: [id],
      source,
      destination: '',
      final: true,
    });
    for (const id of ['00000022', '00000016', '00000040', '28', '00000028']) await accept(id, '4915100');
    assert.ok('later' in (await matcher.find(receiptOf('00000016', '4915100'))), 'it may be 22, hexadecimal');
    for (let n = 100; n < 200; n++) {
      await accept(`00000${n}`, `491511${n}`);
      // Nothing is missing that could be meant.
      pending.awaited = () => [];
      assert.ok('match' in (await matcher.find(receiptOf(`00000${n}`, `491511${n}`))));
    }
    await settle();
    pending.awaited = () => ['elsewhere'];
    const found = matcher.find(receiptOf('00000040', '4915100'));
    assert.ok(!(found instanceof Promise) && 'match' in found);
    assert.equal(found.match?.entry.messageId, '00000040');
    assert.ok('later' in (await matcher.find(receiptOf('00000028', '4915100'))), 'or 28, with zeros');
    await matcher.stop();
    await store.close();
  });

  it('lets each go in its own time, also several of one id among others', async () => {
    const clock = new FakeClock();
    const matcher = new ReceiptMatcher(nothing, finals, clock, 1000);
    const order: string[] = [];
    for (const [name, id] of [
      ['a1', 'a'],
      ['b', 'b'],
      ['a2', 'a'],
    ] as const) {
      const found = await matcher.find(of(id));
      if ('later' in found) void found.later.then(() => order.push(`${name} ${clock.monotonic()}`));
      await clock.advance(300);
    }
    await clock.advance(2000);
    assert.deepEqual(
      order.map((line) => line.split(' ')[0]),
      ['a1', 'b', 'a2'],
    );
    for (const [n, line] of order.entries()) {
      const at = Number(line.split(' ')[1]);
      assert.ok(at >= 1000 + 300 * n - 2 && at <= 1002 + 300 * n, line);
    }
    assert.equal(clock.pendingTimers, 0);
  });

  it('gives all that wait for one id its entry, and stops its timer with the last', async () => {
    const clock = new FakeClock();
    const stored = new Map<string, CorrelationEntry>();
    const matcher = new ReceiptMatcher(finding(stored), finals, clock, 1000);
    const found = await Promise.all([matcher.find(of('a')), matcher.find(of('a'))]);
    for (const id of ['b', 'a']) {
      stored.set(id, entry(id));
      matcher.known(entry(id));
    }
    for (const one of found) assert.equal('later' in one && (await one.later)?.entry.id, 'a');
    assert.equal(clock.pendingTimers, 0);
  });

  it('sees an entry that is stored while it looks', async () => {
    const clock = new FakeClock();
    const stored = new Map<string, CorrelationEntry>();
    const looks: (() => void)[] = [];
    const slow = {
      ...nothing,
      find: async ({ ids: [id = ''] }: MatchedReceipt) => {
        const found = stored.get(id);
        await new Promise<void>((resolve) => looks.push(resolve));
        return found;
      },
    };
    const matcher = new ReceiptMatcher(slow, finals, clock, 1000);
    const finding = matcher.find(of('a'));
    stored.set('a', entry('a'));
    matcher.known(entry('a'));
    looks[0]?.();
    const found = await finding;
    await until(() => looks.length === 2);
    looks[1]?.();
    assert.equal('later' in found && (await found.later)?.entry.id, 'a');
  });

  it('holds ten thousand and not more, gives up the oldest for the next, and lets all go when it stops', async () => {
    const clock = new FakeClock();
    const matcher = new ReceiptMatcher(nothing, finals, clock, 1000);
    const waiting = await Promise.all(
      Array.from({ length: 10_000 }, async (_, n) => matcher.find(of(String(n)))),
    );
    const gone: number[] = [];
    for (const [n, one] of waiting.entries()) if ('later' in one) void one.later.then(() => gone.push(n));
    const next = await matcher.find(of('one more'));
    assert.ok('later' in next);
    assert.deepEqual([gone, matcher.size.count], [[0], 10_000]);
    await matcher.stop();
    for (const one of waiting) assert.equal('later' in one && (await one.later), undefined);
    await settle();
    assert.equal(clock.pendingTimers, 0);
  });
});
