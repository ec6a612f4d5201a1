import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import {
  Metrics,
  SmppClient,
  findProblems,
  type ClientEvents,
  type SmppClientOptions,
} from '../../../src/index';
import { encodePdu } from '../../../src/protocol';
import { Smsc, type SmscOptions } from '../../../src/simulator';
import { pass, until } from '../../support/until';
import { usedOctets } from '../../support/memory';
import { identity, pem } from '../../support/tls';

type Line = Record<string, unknown>;
const HOST = '127.0.0.1';
const OUTBIND = encodePdu({ command: 'outbind', system_id: 'smsc', password: 'pass', sequence_number: 1 });

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('When the SMSC calls', () => {
  const ends: (() => unknown)[] = [];
  let port: number;
  beforeEach(async () => (port = await freePort()));
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function smsc(options: SmscOptions = {}): Promise<Smsc> {
    const made = new Smsc({ receiptDelay: 0, ...options });
    ends.push(() => made.stop());
    await made.start();
    return made;
  }

  function client(options: SmppClientOptions = {}) {
    const lines: Line[] = [];
    const made = new SmppClient({
      systemId: 'a',
      password: 'secret',
      bindType: 'receiver',
      outbindPort: port,
      outbindSystemId: 'smsc',
      outbindPassword: 'pass',
      log: (line) => void lines.push(line),
      ...options,
    });
    ends.push(() => made.stop());
    const sessions: ClientEvents['session'][] = [];
    const messages: unknown[] = [];
    made
      .on('session', (event) => void sessions.push(event))
      .on('message', ({ payload }) => void messages.push(payload));
    const refused = (): unknown[] =>
      lines.filter(({ event, stage }) => event === 'outbind' && stage === 'refused').map(({ code }) => code);
    return { client: made, lines, sessions, messages, refused };
  }

  /** A connection that says what it is told to; resolves when it is open. */
  async function stranger(
    octets?: Buffer | string,
  ): Promise<{ socket: Socket; got: () => Buffer; closed: () => boolean }> {
    const socket = connect(port, HOST);
    ends.push(() => void socket.destroy());
    let got = Buffer.alloc(0);
    let isClosed = false;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => (got = Buffer.concat([got, chunk])));
    socket.on('close', () => (isClosed = true)).on('end', () => socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
    if (octets !== undefined) socket.write(octets);
    return { socket, got: () => got, closed: () => isClosed };
  }

  const call = { host: HOST, system_id: 'smsc', password: 'pass' };

  it('it is bound as receiver over its own connection, and that is a session like any other', async () => {
    const { client: made, sessions, messages, lines } = client();
    const links: string[] = [];
    made.on('link', ({ command, direction }) => void links.push(`${direction} ${command}`));
    await made.start();
    assert.equal(made.state, 'listening');
    const peer = await smsc({ systemId: 'a', password: 'secret' });
    const session = await peer.outbind({ ...call, port });
    assert.deepEqual([session.bind_type, session.system_id], ['receiver', 'a']);
    await peer.deliver({ source_addr: '4915', destination_addr: '7', text: 'hello' });
    assert.deepEqual(messages, ['hello']);
    assert.equal(made.state, 'bound');
    const { sessions: reports, outbind } = await made.status();
    assert.deepEqual(
      reports.map(({ state, bind_type, outbind: called }) => [state, bind_type, called]),
      [['bound', 'receiver', true]],
    );
    assert.deepEqual(outbind, { listening: true, host: HOST, port });
    assert.deepEqual(links.slice(0, 3), ['in outbind', 'out bind_receiver', 'in bind_receiver_resp']);
    await session.unbind();
    await until(() => made.state === 'listening');
    assert.deepEqual(
      sessions.map(({ state, bound, sessions: all, outbind: called }) => [state, bound, all, called]),
      [
        ['listening', 0, 0, true],
        ['bound', 1, 1, true],
        ['listening', 0, 0, true],
      ],
    );
    assert.doesNotMatch(JSON.stringify([lines, sessions]), /secret|pass"/);
  });

  it('it is not called back when the session has gone: it comes again', async () => {
    const { client: made, sessions } = client({ reconnectMin: 0.001, reconnectMax: 0.001 });
    await made.start();
    const peer = await smsc();
    for (let n = 1; n <= 3; n++) {
      await peer.outbind({ ...call, port });
      peer.dropLinks();
      await until(() => made.state === 'listening');
    }
    await pass();
    assert.equal(peer.sessions.length, 0);
    assert.equal(sessions.filter(({ state }) => state === 'bound').length, 3);
    assert.equal((await made.status()).sessions.length, 0);
  });

  it('a transmitter that we hold sends, and receipts come over what it has asked for', async () => {
    const peer = await smsc();
    const { client: made } = client({ bindType: 'transmitter', host: HOST, port: peer.port });
    const receipts: string[] = [];
    made.on('receipt', ({ state, matched }) => void receipts.push(`${state} ${matched}`));
    await made.start();
    assert.equal(made.state, 'bound');
    await peer.outbind({ ...call, port });
    await made.send({ short_message: 'x', destination_addr: '4915', registered_delivery: 1 });
    await until(() => receipts.length === 1);
    assert.deepEqual(receipts, ['DELIVRD true']);
    assert.deepEqual(
      (await made.status()).sessions.map(({ bind_type, outbind }) => [bind_type, outbind]),
      [
        ['transmitter', undefined],
        ['receiver', true],
      ],
    );
  });

  it('several at once are let in, up to outbindConnections', async () => {
    const { client: made, refused } = client({ outbindConnections: 2 });
    await made.start();
    const peer = await smsc();
    await Promise.all([peer.outbind({ ...call, port }), peer.outbind({ ...call, port })]);
    await assert.rejects(peer.outbind({ ...call, port }), { code: 'SESSION_CLOSED' });
    assert.deepEqual(refused(), ['OUTBIND_LIMIT']);
    assert.equal((await made.status()).sessions.length, 2);
  });

  it('a bind that it then refuses is told, and we go on listening', async () => {
    const { client: made, sessions } = client();
    await made.start();
    const peer = await smsc({ password: 'other' });
    await assert.rejects(peer.outbind({ ...call, port }));
    await until(() => sessions.some(({ code }) => code === 'BIND_REFUSED'));
    const told = sessions.find(({ code }) => code === 'BIND_REFUSED');
    assert.deepEqual(
      [told?.state, told?.command_status, told?.outbind],
      ['listening', 'ESME_RINVPASWD', true],
    );
    assert.equal(made.state, 'listening');
  });

  it('with wrong credentials, it is closed without a word', async () => {
    const { client: made, refused, lines } = client();
    await made.start();
    for (const wrong of [{ password: 'PASS' }, { system_id: 'other' }, { password: '' }]) {
      const { host: _host, ...who } = { ...call, ...wrong };
      const pdu = encodePdu({ command: 'outbind', ...who, sequence_number: 1 });
      const one = await stranger(pdu);
      await until(() => one.closed());
      assert.equal(one.got().length, 0);
    }
    assert.deepEqual(refused(), ['OUTBIND_REFUSED']);
    assert.doesNotMatch(JSON.stringify(lines), /PASS|"pass/);
  });

  it('from another address than outbindAllow has, it is closed before it says anything', async () => {
    const { client: made, refused } = client({ outbindAllow: '192.0.2.7, 2001:db8::/32, 198.51.100.0/24' });
    await made.start();
    const one = await stranger(OUTBIND);
    await until(() => one.closed());
    await until(() => refused().length === 1);
    assert.deepEqual([one.got().length, refused()], [0, ['OUTBIND_NOT_ALLOWED']]);
    const { client: other } = client({ outbindPort: (port = await freePort()), outbindAllow: '127.0.0.0/8' });
    await other.start();
    await (await smsc()).outbind({ ...call, port });
  });

  const BAD: Record<string, Buffer | string> = {
    HTTP: 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    'a PDU of 4 GB': Buffer.from('ffffffff0000000b0000000000000001', 'hex'),
    'a PDU of 257 octets': Buffer.from('000001010000000b0000000000000001', 'hex'),
    'a length below that of a header': Buffer.from('0000000f0000000b0000000000000001', 'hex'),
    'an outbind without its fields': Buffer.from('000000100000000b0000000000000001', 'hex'),
    'an enquire_link': encodePdu({ command: 'enquire_link', sequence_number: 1 }),
    'a bind': encodePdu({ command: 'bind_transceiver', system_id: 'x', sequence_number: 1 }),
    'a deliver_sm': encodePdu({ command: 'deliver_sm', source_addr: '1', sequence_number: 1 }),
    'the answer to a bind': encodePdu({ command: 'bind_receiver_resp', system_id: 'x', sequence_number: 1 }),
    'random octets': Buffer.from(Array.from({ length: 400 }, (_, at) => (at * 73 + 91) % 256)),
  };
  for (const [name, octets] of Object.entries(BAD))
    it(`${name} in place of an outbind is closed without a word`, async () => {
      const { client: made, refused } = client();
      await made.start();
      const one = await stranger(octets);
      await until(() => one.closed());
      assert.equal(one.got().length, 0);
      assert.deepEqual(refused(), ['OUTBIND_EXPECTED']);
      await (await smsc()).outbind({ ...call, port });
    });

  it('who says nothing, or an outbind octet by octet, has bindTimeout', async () => {
    const { client: made, refused } = client({ bindTimeout: 0.1 });
    await made.start();
    const silent = await stranger();
    const slow = await stranger(OUTBIND.subarray(0, 5));
    await until(() => silent.closed() && slow.closed());
    // What is alike is one line.
    assert.deepEqual(refused(), ['OUTBIND_TIMEOUT']);
  });

  it('an outbind in pieces is one, and what comes behind it is the session’s', async () => {
    const { client: made, messages } = client();
    await made.start();
    const one = await stranger();
    for (const octet of OUTBIND.subarray(0, -1)) {
      one.socket.write(Buffer.of(octet));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const enquiry = encodePdu({ command: 'enquire_link', sequence_number: 2 });
    one.socket.write(Buffer.concat([OUTBIND.subarray(-1), enquiry]));
    await until(() => one.got().includes(Buffer.from('80000015', 'hex')));
    const bind = one.got().indexOf(Buffer.from('00000001', 'hex'));
    const number = one.got().readUInt32BE(bind + 8);
    one.socket.write(encodePdu({ command: 'bind_receiver_resp', system_id: 's', sequence_number: number }));
    const text = { short_message: Buffer.from('hi'), source_addr: '1', destination_addr: '7' };
    one.socket.write(encodePdu({ command: 'deliver_sm', ...text, sequence_number: 3 }));
    await until(() => messages.length === 1);
    assert.deepEqual(messages, ['hi']);
  });

  it('a look at the port is no warning', async () => {
    const { client: made, refused } = client({ logLevel: 'debug' });
    await made.start();
    const one = await stranger();
    one.socket.end();
    await until(() => refused().length === 1);
    const { client: other, refused: told } = client({ outbindPort: (port = await freePort()) });
    await other.start();
    (await stranger()).socket.end();
    await pass();
    assert.deepEqual(told(), []);
  });

  it('a flood of strangers is bounded in connections, lines and memory, and the SMSC still gets in', async function () {
    this.timeout(120_000);
    const { client: made, lines } = client();
    await made.start();
    const peer = await smsc();
    const flood = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n += 100) {
        const all = await Promise.all(Array.from({ length: 100 }, () => stranger(OUTBIND.subarray(0, 20))));
        await until(() => all.filter((one) => !one.closed()).length <= 16);
        for (const one of all) one.socket.destroy();
      }
    };
    await flood(1000);
    ends.splice(2);
    const before = await usedOctets();
    await flood(9000);
    await peer.outbind({ ...call, port });
    ends.splice(2);
    const grown = (await usedOctets()) - before;
    assert.ok(grown < 4_000_000, `${grown} octets more`);
    assert.ok(lines.length < 60, `${lines.length} lines`);
  });

  it('the port is free at once when the client stops, and what is bound is unbound', async () => {
    const peer = await smsc();
    const unbound: unknown[] = [];
    peer.on('unbind', (event) => unbound.push(event));
    for (let n = 1; n <= 5; n++) {
      const { client: made } = client();
      await made.start({ failFast: true });
      await peer.outbind({ ...call, port });
      const waiting = await stranger();
      await made.stop();
      assert.equal(unbound.length, n);
      await until(() => waiting.closed());
    }
  });

  it('what has come is answered before its session is unbound, and it may call again after a connect', async () => {
    const { client: made } = client();
    let finish: () => void = () => undefined;
    made.on('message', () => new Promise<void>((resolve) => (finish = resolve)));
    await made.start();
    const peer = await smsc();
    await peer.outbind({ ...call, port });
    const delivered = peer.deliver({ source_addr: '4915', destination_addr: '7', text: 'hello' });
    await until(() => made.state === 'bound');
    await pass();
    const disconnected = made.disconnect();
    await assert.rejects(peer.outbind({ ...call, port }), { code: 'CONNECT_FAILED' });
    finish();
    assert.deepEqual(
      (await delivered).map(({ command_status }) => command_status),
      [0],
    );
    await disconnected;
    assert.equal(made.state, 'disconnected');
    await made.connect();
    await peer.outbind({ ...call, port });
    await until(() => made.state === 'bound');
  });

  it('and falls silent, its session ends after enquire_link', async () => {
    const { client: made, sessions } = client({ enquireLinkInterval: 1, responseTimeout: 0.2 });
    await made.start();
    const peer = await smsc({ rules: [{ type: 'silent', on: 'enquire_link' }] });
    await peer.outbind({ ...call, port });
    await until(() => sessions.some(({ reason }) => reason !== undefined));
    assert.match(String(sessions.at(-1)?.reason), /stopped answering/);
    assert.equal(made.state, 'listening');
  });

  it('a port that is taken is tried again, and says by whom', async () => {
    const { client: first } = client({ name: 'Ears' });
    await first.start();
    const { client: second, sessions } = client({ clientId: 'b', reconnectMin: 0.01, reconnectMax: 0.01 });
    const started = second.start();
    await until(() => sessions.some(({ code }) => code === 'PORT_IN_USE'));
    assert.match(
      String(sessions[0]?.reason),
      new RegExp(
        `port ${port} of 127\\.0\\.0\\.1.*is taken by the connection "Ears" of this process.*outbindPort`,
      ),
    );
    const { healthy, problems } = await second.health();
    assert.deepEqual([healthy, problems[0]], [false, `the SMSC cannot connect to ${HOST}:${port}`]);
    await assert.rejects(client({ clientId: 'c' }).client.start({ failFast: true }), { code: 'PORT_IN_USE' });
    await first.stop();
    await started;
    assert.equal(second.state, 'listening');
    assert.equal((await second.health()).healthy, true);
  });

  it('goes over TLS where outbindTls has key and certificate', async () => {
    const { client: made, messages, refused } = client({ outbindTls: identity() });
    await made.start();
    const peer = await smsc();
    await peer.outbind({ ...call, host: 'localhost', port, tls: { ca: pem('ca.cert') } });
    await peer.deliver({ source_addr: '4915', destination_addr: '7', text: 'sealed' });
    assert.deepEqual(messages, ['sealed']);
    const plain = await stranger(OUTBIND);
    await until(() => plain.closed());
    assert.deepEqual(refused(), ['TLS_FAILED']);
  });

  it('is counted: binds, PDUs, and who was not let in by why', async () => {
    const metrics = new Metrics();
    const { client: made, refused } = client({ metrics });
    await made.start();
    await (await smsc()).outbind({ ...call, port });
    const one = await stranger('GET / HTTP/1.1\r\n\r\n');
    await until(() => one.closed() && refused().length === 1);
    const text = await metrics.text();
    assert.match(text, /smpp_outbind_refusals_total\{[^}]*code="OUTBIND_EXPECTED"[^}]*\} 1/);
    assert.match(text, /smpp_pdus_total\{[^}]*command="outbind"[^}]*\} 1/);
    assert.match(text, /smpp_connection_state\{[^}]*state="bound"[^}]*\} 1/);
    assert.match(text, /smpp_sessions_bound\{[^}]*bind_type="receiver"[^}]*\} 1/);
  });

  it('is off by default, and wants a password where others can reach it', () => {
    const problemsOf = (options: SmppClientOptions): string[] =>
      findProblems(options).map(({ field }) => field);
    assert.deepEqual(problemsOf({}), []);
    assert.deepEqual(problemsOf({ outbindPort: 2776 }), []);
    for (const outbindHost of ['0.0.0.0', '::', '192.0.2.1', 'smsc.example'])
      assert.deepEqual(problemsOf({ outbindPort: 2776, outbindHost }), ['outbindPassword']);
    for (const outbindHost of ['127.0.0.2', '::1', 'localhost'])
      assert.deepEqual(problemsOf({ outbindPort: 2776, outbindHost }), []);
    assert.deepEqual(problemsOf({ outbindPort: 2776, outbindHost: '0.0.0.0', outbindPassword: 'x' }), []);
    assert.deepEqual(problemsOf({ outbindPort: 2776, receiverSystemId: 'ears', receiverPassword: 'x' }), []);
    assert.deepEqual(problemsOf({ outbindPort: 2776, outbindTls: {} }), ['outbindTls']);
    for (const outbindAllow of [
      'smsc.example',
      '192.0.2.1/33',
      '2001:db8::/129',
      '192.0.2.1/24/1',
      '{}',
      '[7]',
    ])
      assert.deepEqual(problemsOf({ outbindAllow }), ['outbindAllow'], outbindAllow);
    assert.deepEqual(problemsOf({ outbindAllow: '["192.0.2.1", "2001:db8::/32"]' }), []);
  });
});
