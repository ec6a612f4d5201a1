import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { Session, connect, type Transport } from '../../src/session';
import { createLog, silentLog } from '../../src/observability';
import { Peer, silence, type Answering, type Script } from '../support/peer';
import { FakeClock } from '../support/clock';
import { pass, until } from '../support/until';
import { Benches, closed } from './setup';

const WITH_TLV = {
  command: 'submit_sm',
  destination_addr: '1',
  tlvs: { user_message_reference: 7 },
} as const;

describe('Binding', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  it('is bound only when the response says so', async () => {
    const { session, link } = await benches.esme({ script: { bind_transmitter: silence } });
    const bound = session.bind('bind_transmitter', { system_id: 'me', password: 'secret' }, 5000);
    const request = await link.until('bind_transmitter');
    assert.deepEqual([request.system_id, request.password], ['me', 'secret']);
    assert.equal(session.state, 'open');
    assert.equal(session.freeSlots, 0);
    link.answer(request, { system_id: 'centre' });
    assert.equal((await bound).command, 'bind_transmitter_resp');
    assert.equal(session.state, 'bound_tx');
    assert.equal(session.freeSlots, 10);
  });

  for (const [status, credentials] of [
    ['ESME_RINVPASWD', true],
    ['ESME_RINVSYSID', true],
    ['ESME_RALYBND', false],
    ['ESME_RSYSERR', false],
    ['ESME_RBINDFAIL', false],
    ['0x00000401', false],
  ] as const) {
    it(`refused with ${status} rejects with it, and the link closes`, async () => {
      const bench = await benches.esme({ script: { bind_transceiver: () => ({ command_status: status }) } });
      await assert.rejects(bench.session.bind('bind_transceiver', {}, 1000), {
        name: 'BindError',
        code: 'BIND_REFUSED',
        command_status: status,
        credentials,
        retriable: true,
        message: new RegExp(`refused the bind with ${status}`),
      });
      assert.equal((await closed(bench)).code, 'bind-refused');
      await bench.link.untilEnded();
    });
  }

  it('refused by a generic_nack that says ESME_ROK is not bound', async () => {
    const script: Script = { bind_transceiver: () => ({ command: 'generic_nack', command_status: 0 }) };
    const bench = await benches.esme({ script });
    await assert.rejects(bench.session.bind('bind_transceiver', {}, 1000), { code: 'BIND_REFUSED' });
    assert.equal(bench.session.state, 'closed');
  });

  it('is not bound by a response to another command', async () => {
    const script: Script = { bind_transceiver: () => ({ command: 'enquire_link_resp' }) };
    const { session, clock } = await benches.esme({ script });
    const bound = session.bind('bind_transceiver', {}, 1000);
    bound.catch(() => undefined);
    await pass();
    assert.equal(session.state, 'open');
    await clock.advance(1000);
    await assert.rejects(bound, { code: 'BIND_TIMEOUT' });
  });

  const refusals: [name: string, response: Record<string, unknown>][] = [
    ['a generic_nack with the number 0', { command: 'generic_nack', sequence_number: 0 }],
    ['a generic_nack with any number', { command: 'generic_nack', sequence_number: 77 }],
    ['a response with the number 0', { sequence_number: 0 }],
    ['the response of another bind', { command: 'bind_transmitter_resp' }],
  ];
  for (const [name, response] of refusals) {
    it(`is refused at once by ${name}, for only one request is open`, async () => {
      const answering: Answering = () => ({ command_status: 'ESME_RINVPASWD', ...response });
      const bench = await benches.esme({ script: { bind_transceiver: answering } });
      await assert.rejects(bench.session.bind('bind_transceiver', {}, 1000), {
        code: 'BIND_REFUSED',
        command_status: 'ESME_RINVPASWD',
      });
      assert.equal((await closed(bench)).code, 'bind-refused');
      assert.equal(bench.clock.pendingTimers, 0);
    });
  }

  it('is refused at once by a response of which only the header can be read', async () => {
    const broken = (_pdu: unknown, link: { write(octets: Buffer): void }): undefined => {
      // A TLV that says it is longer than the PDU.
      link.write(Buffer.from('000000168000000900000005000000010002100001ff', 'hex'));
    };
    const bench = await benches.esme({ script: { bind_transceiver: broken } });
    await assert.rejects(bench.session.bind('bind_transceiver', {}, 1000), {
      command_status: 'ESME_RALYBND',
    });
  });

  it('is bound by an acceptance with another number, with a warning', async () => {
    const lines: Record<string, unknown>[] = [];
    const bench = await benches.esme({
      script: { bind_transceiver: () => ({ sequence_number: 0, system_id: 'x' }) },
      log: createLog({ sink: (line) => lines.push(line) }),
    });
    await bench.session.bind('bind_transceiver', {}, 1000);
    assert.equal(bench.session.state, 'bound_trx');
    assert.deepEqual(
      lines.map(({ level, stage }) => [level, stage]),
      [['warn', 'misnumbered']],
    );
  });

  it('is not bound by the acceptance of another bind, which is told at once', async () => {
    const bench = await benches.esme({
      script: { bind_transceiver: () => ({ command: 'bind_transmitter_resp' }) },
    });
    await assert.rejects(bench.session.bind('bind_transceiver', {}, 1000), {
      code: 'BIND_FAILED',
      message: /answered bind_transceiver with bind_transmitter_resp: set bindType/,
    });
    assert.equal((await closed(bench)).code, 'bind-refused');
  });

  it('that is not answered in time rejects with BIND_TIMEOUT, and the link closes', async () => {
    const bench = await benches.esme({ script: { bind_transceiver: silence } });
    const bound = bench.session.bind('bind_transceiver', {}, 5000);
    bound.catch(() => undefined);
    await bench.link.until('bind_transceiver');
    await bench.clock.advance(4999);
    assert.equal(bench.session.state, 'open');
    await bench.clock.advance(1);
    await assert.rejects(bound, { code: 'BIND_TIMEOUT', retriable: true });
    assert.equal((await closed(bench)).code, 'bind-timeout');
    assert.equal(bench.clock.pendingTimers, 0);
  });

  it('that the peer answers with unbind is refused at once', async () => {
    const { session, link } = await benches.esme({ script: { bind_transceiver: silence } });
    const bound = session.bind('bind_transceiver', { system_id: 'me' }, 5000);
    await link.until('bind_transceiver');
    link.send({ command: 'unbind', sequence_number: 9 });
    await assert.rejects(bound, { code: 'BIND_FAILED', message: /unbound by the peer/ });
    assert.equal((await link.until('unbind_resp')).sequence_number, 9);
    assert.equal((await session.closed).code, 'peer-unbound');
  });

  it('that the peer hangs up on rejects with BIND_FAILED and why', async () => {
    const script: Script = { bind_transceiver: (_pdu, link) => void link.socket.end() };
    const bench = await benches.esme({ script });
    await assert.rejects(bench.session.bind('bind_transceiver', {}, 5000), {
      code: 'BIND_FAILED',
      message: /closed by the peer.*whether this port wants TLS.*address that we come from/,
    });
    assert.equal(bench.clock.pendingTimers, 0);
  });

  it('takes a deliver_sm that comes in one chunk with the response', async () => {
    const taken: string[] = [];
    const { session, link } = await benches.esme({
      script: { bind_transceiver: silence },
      handlers: { request: ({ command }) => (taken.push(command), { command_status: 0 }) },
    });
    const bound = session.bind('bind_transceiver', {}, 1000);
    const request = await link.until('bind_transceiver');
    link.socket.cork();
    link.answer(request);
    const number = link.send({ command: 'deliver_sm' });
    link.socket.uncork();
    await bound;
    assert.equal((await link.response(number)).command_status, 0);
    assert.deepEqual(taken, ['deliver_sm']);
  });

  const versions: [name: string, response: Record<string, unknown>, options: object, withTlvs: boolean][] = [
    ['3.4 centres get TLVs', { tlvs: { sc_interface_version: 0x34 } }, {}, true],
    ['5.0 centres get TLVs', { tlvs: { sc_interface_version: 0x50 } }, {}, true],
    ['3.3 centres get none', { tlvs: { sc_interface_version: 0x33 } }, {}, false],
    ['centres that say nothing get TLVs', {}, {}, true],
    ['centres that say nothing get none with assumeTlvs off', {}, { assumeTlvs: false }, false],
    [
      '3.4 centres get TLVs also with assumeTlvs off',
      { tlvs: { sc_interface_version: 0x34 } },
      { assumeTlvs: false },
      true,
    ],
    [
      'nobody gets TLVs when we speak 3.3',
      { tlvs: { sc_interface_version: 0x34 } },
      { interfaceVersion: 0x33 },
      false,
    ],
  ];
  for (const [name, response, options, withTlvs] of versions) {
    it(name, async () => {
      const answering: Answering = () => response;
      const { session, link } = await benches.bound({
        script: { bind_transceiver: answering },
        ...options,
      });
      await session.request(WITH_TLV);
      assert.equal(session.version >= 0x34, withTlvs);
      assert.equal('user_message_reference' in (link.requests('submit_sm')[0]?.tlvs ?? {}), withTlvs);
    });
  }

  it('of a client that speaks 3.3 is answered without TLVs', async () => {
    const answer = { command_status: 0, fields: { system_id: 'x' }, tlvs: { sc_interface_version: 0x34 } };
    const handlers = { request: () => answer };
    const old = await benches.smsc({ handlers });
    assert.deepEqual(
      { ...(await old.link.ask({ command: 'bind_receiver', interface_version: 0x33 })).tlvs },
      {},
    );
    const recent = await benches.smsc({ handlers });
    const { tlvs } = await recent.link.ask({ command: 'bind_receiver', interface_version: 0x34 });
    assert.deepEqual({ ...tlvs }, { sc_interface_version: 0x34 });
  });

  it('of a client that a centre refuses closes the link after the answer', async () => {
    const bench = await benches.smsc({ handlers: { request: () => ({ command_status: 'ESME_RINVPASWD' }) } });
    assert.equal((await bench.link.ask({ command: 'bind_transmitter' })).command_status, 0x0e);
    assert.equal((await closed(bench)).code, 'bind-refused');
    await bench.link.untilEnded();
  });

  it("that never comes closes a centre's link after sessionInitTimeout", async () => {
    const bench = await benches.smsc({ sessionInitTimeout: 2000 });
    await bench.clock.advance(1999);
    assert.equal(bench.session.state, 'open');
    await bench.clock.advance(2);
    assert.equal((await closed(bench)).code, 'bind-timeout');
  });
});

describe('connect', () => {
  it('names host, port and what to check where nothing listens', async () => {
    const peer = await Peer.start();
    await peer.stop();
    await assert.rejects(connect({ host: '127.0.0.1', port: peer.port, timeout: 1000 }), {
      code: 'CONNECT_FAILED',
      retriable: true,
      message: new RegExp(`127\\.0\\.0\\.1:${peer.port}.*nothing listens there`),
    });
  });

  it("rejects with the signal's reason when aborted, before or meanwhile", async () => {
    const why = new Error('enough');
    const given = { host: '127.0.0.1', port: 9, timeout: 1000 };
    await assert.rejects(connect({ ...given, signal: AbortSignal.abort(why) }), why);
    const stopping = new AbortController();
    // Nothing answers there (RFC 5737).
    const trying = connect({ ...given, host: '192.0.2.1', signal: stopping.signal });
    stopping.abort(why);
    await assert.rejects(trying, why);
  });

  it('gives up after its time, by the clock that it is given', async () => {
    // It takes the connection, and says nothing to a handshake.
    const silent = createServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const clock = new FakeClock();
    const trying = connect({ host: '127.0.0.1', port, tls: {}, timeout: 10_000, clock });
    let gaveUp = false;
    trying.catch(() => (gaveUp = true));
    await clock.advance(9_999);
    await pass();
    assert.equal(gaveUp, false);
    await clock.advance(1);
    await assert.rejects(trying, { code: 'CONNECT_TIMEOUT', message: /within 10 s/ });
    assert.equal(clock.pendingTimers, 0);
    silent.close();
  });

  it('a socket that breaks before a session has taken it ends that session, not the process', async () => {
    const peer = await Peer.start();
    const transport: Transport = await connect({ host: '127.0.0.1', port: peer.port, timeout: 1000 });
    const link = await peer.link();
    link.socket.resetAndDestroy();
    const session = new Session({
      role: 'esme',
      transport,
      handlers: { request: () => undefined },
      clock: new FakeClock(),
      log: silentLog,
      windowSize: 1,
      responseTimeout: 1000,
      enquireLinkInterval: 0,
      maxPduLength: 1000,
    });
    const { code } = await session.closed;
    assert.equal(code, 'link-lost');
    await until(() => session.state === 'closed');
    await peer.stop();
  });
});
