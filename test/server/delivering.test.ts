import assert from 'node:assert/strict';
import type { PduOf } from '../../src/protocol';
import { receiptPdu } from '../../src/server';
import { parseReceipt } from '../../src/text';
import { silence } from '../support/peer';
import { pass, until } from '../support/until';
import { BIND, Scene } from './setup';

const MOBILE = { source_addr: '447700900123', destination_addr: '70123' };

describe('A message to a client', () => {
  let scene: Scene;
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.close());

  it('is encoded, and resolves with the response of the client, whatever its status', async () => {
    const server = await scene.server();
    const esme = await scene.esme(server, { answer: () => ({ command_status: 'ESME_RX_T_APPN' }) });
    const [session] = server.sessions;
    const [response] = await session!.deliver({ ...MOBILE, text: 'Слово 🙂' });
    assert.deepEqual([response?.command, response?.command_status], ['deliver_sm_resp', 0x64]);
    const [pdu] = esme.received;
    assert.deepEqual([pdu?.data_coding, pdu?.source_addr_ton, pdu?.source_addr], [8, 1, '447700900123']);
  });

  it('that is long goes in parts, all to the same session, each message to the next', async () => {
    const server = await scene.server();
    const esmes = [await scene.esme(server), await scene.esme(server)];
    await scene.esme(server, { bind: 'bind_transmitter' });
    await scene.esme(server, { fields: { system_id: 'other' } });
    for (let n = 0; n < 4; n++)
      assert.equal((await server.deliver('esme', { ...MOBILE, text: 'x'.repeat(400) })).length, 3);
    assert.deepEqual(
      esmes.map(({ received }) => received.length),
      [6, 6],
    );
  });

  it('fails with NOT_BOUND where no client can have it', async () => {
    const server = await scene.server();
    await scene.esme(server, { bind: 'bind_transmitter' });
    await assert.rejects(server.deliver('esme', { ...MOBILE, text: 'a' }), {
      code: 'NOT_BOUND',
      retriable: true,
    });
    await assert.rejects(server.deliver('nobody', { ...MOBILE, text: 'a' }), { code: 'NOT_BOUND' });
    await assert.rejects(server.sessions[0]!.deliver({ ...MOBILE, text: 'a' }), /it has to bind as receiver/);
    await scene.esme(server);
    const unknown = new Map<string, string>().get('79999') as string;
    await assert.rejects(server.deliver(unknown, { ...MOBILE, text: 'a' }), { code: 'NOT_BOUND' });
    await assert.rejects(server.deliverReceipt(unknown, { message_id: '1', ...MOBILE }), {
      code: 'NOT_BOUND',
    });
  });

  it('without an address names the field', async () => {
    const server = await scene.server();
    await scene.esme(server);
    const nobody = { destination_addr: undefined } as unknown as { destination_addr: string };
    const wrong = { code: 'INVALID_FIELD', message: /destination_addr is undefined/ };
    await assert.rejects(server.deliver('esme', { ...MOBILE, ...nobody, text: 'a' }), wrong);
    await assert.rejects(server.deliverReceipt('esme', { message_id: '1', ...MOBILE, ...nobody }), wrong);
  });

  it('waits for a slot of the window; beyond maxWaitingRequests it is refused', async () => {
    const server = await scene.server({ windowSize: 2, maxWaitingRequests: 3 });
    const link = await scene.link(server, { deliver_sm: silence });
    await link.ask(BIND);
    const [session] = server.sessions;
    const sent = ['a', 'b', 'c'].map((text) => session!.deliver({ ...MOBILE, text }));
    await assert.rejects(session!.deliver({ ...MOBILE, text: 'd' }), {
      code: 'TOO_MANY_REQUESTS',
      retriable: true,
    });
    const first = await link.until('deliver_sm', 2);
    await pass();
    assert.equal(link.requests('deliver_sm').length, 2);
    link.answer(first);
    await link.until('deliver_sm', 3);
    const third = link.requests('deliver_sm')[2]!;
    link.answer(link.requests('deliver_sm')[0]!);
    link.answer(third);
    assert.equal((await Promise.all(sent)).flat().length, 3);
  });

  it('gives up its wait for a slot when its signal aborts', async () => {
    const server = await scene.server({ windowSize: 1 });
    const link = await scene.link(server, { deliver_sm: silence });
    await link.ask(BIND);
    const [session] = server.sessions;
    const gone = assert.rejects(session!.deliver({ ...MOBILE, text: 'a' }), { code: 'SESSION_CLOSED' });
    const abort = new AbortController();
    const given = session!.deliver({ ...MOBILE, text: 'b' }, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await assert.rejects(given, /enough/);
    link.socket.destroy();
    await gone;
    assert.equal(session!.signal.aborted, true);
    assert.equal((await session!.closed).code, 'peer-closed');
  });

  it('that is never answered fails with RESPONSE_TIMEOUT', async () => {
    const server = await scene.server({ responseTimeout: 0.05 });
    const link = await scene.link(server, { deliver_sm: silence });
    await link.ask(BIND);
    await assert.rejects(server.sessions[0]!.deliver({ ...MOBILE, text: 'a' }), { code: 'RESPONSE_TIMEOUT' });
  });

  it('may be any request, and what has no response is a notice', async () => {
    const server = await scene.server();
    const link = await scene.link(server, { data_sm: () => ({ message_id: 'theirs' }) });
    await link.ask(BIND);
    const [session] = server.sessions;
    const response = await session!.request({ command: 'data_sm', ...MOBILE });
    assert.equal((response as PduOf<'data_sm_resp'>).message_id, 'theirs');
    await assert.rejects(session!.request({ command: 'submit_sm' }), { code: 'INVALID_STATE' });
    const notice = { command: 'alert_notification', source_addr: '1', esme_addr: 'esme' } as const;
    await assert.rejects(session!.request(notice), { code: 'NO_RESPONSE' });
    session!.notify(notice);
    assert.equal((await link.until('alert_notification'))['esme_addr'], 'esme');
  });

  it('stops with its session: unbind, close and destroy say what they do', async () => {
    const server = await scene.server();
    const reasons: string[] = [];
    server.on('close', ({ reason }) => reasons.push(reason.code));
    for (const end of ['unbind', 'close', 'destroy'] as const) {
      const link = await scene.link(server);
      await link.ask(BIND);
      const [session] = server.sessions;
      if (end === 'unbind') await session!.unbind();
      else session![end]('enough');
      await link.untilEnded();
      assert.equal(link.requests('unbind').length, end === 'unbind' ? 1 : 0);
      await until(() => server.connections.length === 0, 'its end');
      await assert.rejects(session!.deliver({ ...MOBILE, text: 'a' }), { code: 'NOT_BOUND' });
    }
    assert.deepEqual(reasons, ['unbound', 'closed', 'destroyed']);
    assert.ok(scene.lines.some(({ msg }) => /closed by us without unbind: enough|enough/.test(String(msg))));
  });
});

describe('A receipt to a client', () => {
  let scene: Scene;
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.close());

  it('is read by a client as it was meant, by its TLVs and by its text', async () => {
    const server = await scene.server();
    const esme = await scene.esme(server);
    const response = await server.sessions[0]!.deliverReceipt({
      ...{ message_id: 'm7', state: 'UNDELIV', err: '042', text: 'Hello, this is a long text' },
      ...{ source_addr: '447700900123', destination_addr: 'Shop' },
      submit_date: '2026-03-04T14:05:00Z',
      done_date: Date.UTC(2026, 2, 4, 14, 6),
    });
    assert.equal(response.command_status, 0);
    const { short_message, tlvs, esm_class, source_addr_ton, dest_addr_ton } = esme.received[0]!;
    assert.deepEqual([esm_class, source_addr_ton, dest_addr_ton], [4, 1, 5]);
    const wanted = {
      ...{ message_id: 'm7', state: 'UNDELIV', final: true, sub: 1, dlvrd: 0, err: '042' },
      ...{ submit_date: '2026-03-04T14:05:00.000Z', done_date: '2026-03-04T14:06:00.000Z' },
      text: 'Hello, this is a lon',
    };
    assert.deepEqual(parseReceipt(short_message, tlvs, { esm_class }), wanted);
    assert.deepEqual(parseReceipt(short_message, {}, { esm_class }), wanted);
  });

  it('may be an intermediate notification, go by data_sm to a long address, and keep its types of number', () => {
    const base = {
      message_id: '1',
      source_addr: '1',
      destination_addr: '2',
      source_addr_ton: 3,
      source_addr_npi: 8,
    };
    const pdu = receiptPdu(
      { ...base, state: 'ENROUTE', intermediate: true, tlvs: { network_error_code: Buffer.from([3, 0, 1]) } },
      0,
    );
    assert.deepEqual(
      [pdu.command, pdu.esm_class, pdu.source_addr_ton, pdu.source_addr_npi],
      ['deliver_sm', 0x20, 3, 8],
    );
    assert.deepEqual(Object.keys(pdu.tlvs ?? {}), [
      'receipted_message_id',
      'message_state',
      'network_error_code',
    ]);
    const long = receiptPdu({ ...base, destination_addr: '1'.repeat(30), dest_addr_ton: 1 }, 0);
    assert.deepEqual([long.command, Buffer.isBuffer(long.tlvs?.message_payload)], ['data_sm', true]);
  });
});
