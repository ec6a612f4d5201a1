import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { BindRequest, BindVerdict, ServerSession } from '../../src/server';
import { BindError } from '../../src/session';
import { ask, connectPeer } from '../support/node-smpp';
import { PeerLink } from '../support/peer';
import { identity, pem } from '../support/tls';
import { until } from '../support/until';
import { BIND, Scene, collect, next } from './setup';

describe('A client that binds to a server', () => {
  let scene: Scene;
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.close());

  const statusOf = async (authenticate: () => unknown): Promise<unknown> => {
    const server = await scene.server({
      authenticate: authenticate as () => BindVerdict,
      authenticateTimeout: 0.05,
    });
    const link = await scene.link(server);
    const { command_status } = await link.ask(BIND);
    if (command_status !== 0) await link.untilEnded();
    return command_status;
  };

  it('is shown to authenticate with all that it said, and where it comes from', async () => {
    const asked: BindRequest[] = [];
    const server = await scene.server({ authenticate: (bind) => asked.push(bind) > 0 });
    const link = await scene.link(server);
    await link.ask({ ...BIND, system_type: 'VMA', addr_ton: 1, addr_npi: 2, address_range: '^44' });
    const { localPort } = link.socket;
    const { command, bind_type, system_id, password, system_type, interface_version } = asked[0]!;
    assert.deepEqual(
      [command, bind_type, system_id, password, system_type, interface_version],
      ['bind_transceiver', 'transceiver', 'esme', 'secret', 'VMA', 0x34],
    );
    const { addr_ton, addr_npi, address_range, address, port, secure, certificate, authorized } = asked[0]!;
    assert.deepEqual(
      [addr_ton, addr_npi, address_range, address, port],
      [1, 2, '^44', '127.0.0.1', localPort],
    );
    assert.deepEqual([secure, certificate, authorized], [false, undefined, false]);
  });

  it('is let in or refused as authenticate says, at once or later', async () => {
    for (const [verdict, status] of [
      [true, 0],
      [false, 0x0d],
      ['ESME_RINVPASWD', 0x0e],
      [0x0f, 0x0f],
      ['0x00000401', 0x401],
      [{}, 0],
      [{ command_status: 'ESME_RINVSYSID' }, 0x0f],
    ]) {
      assert.equal(await statusOf(() => verdict), status);
      assert.equal(await statusOf(() => Promise.resolve(verdict)), status);
    }
  });

  it('is refused ESME_RSYSERR where authenticate fails, gives no answer, or none in time', async () => {
    const broken = [
      () => undefined,
      () => null,
      () => 'ESME_NO_SUCH',
      () => -1,
      // What a look-up may give.
      () => [],
      () => ({ id: 7, password: 'secret' }),
      () => ({ windowSize: 0 }),
      () => ({ windowSize: 'many' }),
      () => ({ maxSessions: -1 }),
      () => ({ system_id: 'x'.repeat(70) }),
      () => ({ tlvs: { no_such_tlv: 1 } }),
      () => {
        throw new Error('no database');
      },
      () => Promise.reject(new Error('no database')),
      () => new Promise(() => undefined),
    ];
    for (const authenticate of broken) assert.equal(await statusOf(authenticate), 0x08);
    const failures = scene.lines.filter(({ event, stage }) => event === 'bind' && stage === 'failed');
    assert.equal(failures.length, broken.length);
  });

  it('that is let in by what cannot be said is told of as refused, and takes no place', async () => {
    let tlvs: Record<string, unknown> = { no_such_tlv: 1 };
    const server = await scene.server({ maxSessionsPerSystemId: 1, authenticate: () => ({ tlvs }) });
    const errors = collect(server, 'error');
    const refused = next(server, 'bind');
    const link = await scene.link(server);
    assert.equal((await link.ask(BIND)).command_status, 0x08);
    assert.equal((await refused).command_status, 'ESME_RSYSERR');
    assert.match(String(errors[0]?.error), /no_such_tlv/);
    tlvs = {};
    assert.equal((await (await scene.link(server)).ask(BIND)).command_status, 0);
  });

  it('shows its password in no line, no event and no error', async () => {
    const password = 'Pa55w0rd';
    const told: unknown[] = [];
    const server = await scene.server({
      log: { ...recorder(told), level: 'trace' },
      authenticate: ({ password: given }) => {
        throw Object.assign(new Error(`cannot look up ${given}`), { query: { given } });
      },
    });
    for (const name of ['connect', 'bind', 'close', 'error'] as const)
      server.on(name, ({ ...event }) => told.push(shown(event)));
    const pdus = collect(server, 'pdu').map(({ octets }) => octets);
    server.on('pdu', ({ octets }) => pdus.push(Buffer.from(octets)));
    const link = await scene.link(server);
    await link.ask({ ...BIND, password });
    await link.untilEnded();
    await until(() => told.some((line) => String(line).includes('cannot look up')), 'the error');
    assert.doesNotMatch(told.join('\n'), /Pa55w0rd/);
    const all = Buffer.concat(pdus).toString('latin1');
    assert.match(all, /esme\0\*{8}\0/);
    assert.doesNotMatch(all, /Pa55w0rd/);
  });

  it('gets the name, the TLVs, the window and the context that authenticate gives', async () => {
    const server = await scene.server({
      systemId: 'house',
      interfaceVersion: '5.0',
      authenticate: ({ system_id }) =>
        system_id === 'own'
          ? {
              system_id: 'mine',
              tlvs: { sc_interface_version: undefined },
              windowSize: 3,
              context: { id: 7 },
            }
          : true,
    });
    const plain = await (await scene.link(server)).ask(BIND);
    assert.deepEqual([plain['system_id'], { ...plain.tlvs }], ['house', { sc_interface_version: 0x50 }]);
    const own = await (await scene.link(server)).ask({ ...BIND, system_id: 'own' });
    assert.deepEqual([own['system_id'], { ...own.tlvs }], ['mine', {}]);
    const [session] = server.receivers('own');
    assert.deepEqual([session?.context, session?.protocol.windowSize], [{ id: 7 }, 3]);
  });

  it('is told of by an event, when it is in its new state', async () => {
    const server = await scene.server({
      authenticate: async ({ system_id }) => (await Promise.resolve(), system_id === 'esme'),
    });
    const states: string[] = [];
    server.on('bind', ({ session, command_status, system_id }) =>
      states.push(`${system_id} ${command_status} ${session.state}`),
    );
    await (await scene.link(server)).ask(BIND);
    await (await scene.link(server)).ask({ ...BIND, system_id: 'other' });
    await until(() => states.length === 2, 'both events');
    assert.deepEqual(states, ['esme ESME_ROK bound_trx', 'other ESME_RBINDFAIL closed']);
  });

  it('that goes or binds again while authenticate thinks harms nobody', async () => {
    const signals: AbortSignal[] = [];
    const server = await scene.server({
      authenticate: ({ signal }) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
    });
    const link = await scene.link(server);
    link.send(BIND);
    await until(() => signals.length === 1, 'the bind');
    assert.equal((await link.ask(BIND)).command_status, 0x05);
    await until(() => signals[0]!.aborted, 'the signal');
    const gone = await scene.link(server);
    gone.send(BIND);
    await until(() => signals.length === 2, 'the bind');
    gone.socket.destroy();
    await until(() => signals[1]!.aborted, 'the signal');
    assert.deepEqual(server.sessions, []);
  });

  it('over TLS shows its certificate to authenticate', async () => {
    const asked: BindRequest[] = [];
    const tls = { ...identity(), ca: pem('ca.cert'), requestCert: true, rejectUnauthorized: false };
    const server = await scene.server({
      tls,
      authenticate: (bind) => asked.push(bind) > 0 && bind.authorized,
    });
    const client = { cert: pem('client.cert'), key: pem('client.key') };
    const known = await connectPeer(server.port, { ca: pem('ca.cert'), ...client });
    assert.equal((await ask(known, 'bind_transceiver', { system_id: 'a' })).command_status, 0);
    const unknown = await connectPeer(server.port, { ca: pem('ca.cert') });
    assert.equal((await ask(unknown, 'bind_transceiver', { system_id: 'b' })).command_status, 0x0d);
    assert.deepEqual([asked[0]!.secure, asked[0]!.authorized, asked[1]!.authorized], [true, true, false]);
    assert.notEqual(asked[0]!.certificate?.subject, undefined);
    assert.equal(asked[1]!.certificate, undefined);
    known.destroy();
    unknown.destroy();
  });

  it('that does not speak TLS, or gives up, leaves nothing behind where TLS is wanted', async () => {
    const server = await scene.server({ tls: identity(), bindTimeout: 0.1, maxConnections: 2 });
    const errors = collect(server, 'error');
    const plain = await scene.link(server);
    plain.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    const mute = await scene.link(server);
    await plain.untilEnded();
    await mute.untilEnded();
    await until(() => errors.length === 2, 'two errors');
    // Both places are free again.
    for (let n = 0; n < 2; n++) {
      const socket = connectTls({
        port: server.port,
        host: '127.0.0.1',
        ca: pem('ca.cert'),
        servername: 'localhost',
      });
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
      socket.destroy();
    }
  });

  it('that listens itself can be asked to bind, by an outbind', async () => {
    const server = await scene.server();
    const listener = createServer((socket) => {
      const link = new PeerLink(socket, {
        outbind: ({ system_id }) => {
          if (system_id === 'smpp') link.send(BIND);
          else socket.end();
          return undefined;
        },
      });
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    const session: ServerSession = await server.outbind({ host: '127.0.0.1', port, password: 'x' });
    assert.equal(session.state, 'bound_trx');
    await assert.rejects(server.outbind({ host: '127.0.0.1', port, system_id: 'other' }), {
      code: 'SESSION_CLOSED',
    });
    await session.unbind();
    const deaf = createServer((socket) => void socket.resume());
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const giveUp = new AbortController();
    server.on('connect', () => setImmediate(() => giveUp.abort(new Error('enough'))));
    const place = { host: '127.0.0.1', port: (deaf.address() as AddressInfo).port };
    await assert.rejects(server.outbind({ ...place, signal: giveUp.signal }), /enough/);
    await until(() => server.connections.length === 0, 'its end');
    await new Promise((resolve) => deaf.close(resolve));
    await new Promise((resolve) => listener.close(resolve));
    await assert.rejects(server.outbind({ host: '127.0.0.1', port }), { code: 'CONNECT_FAILED' });
  });

  it('of this package learns why it was refused', async () => {
    const server = await scene.server({ authenticate: () => 'ESME_RINVPASWD' });
    const bind = next(server, 'bind');
    await assert.rejects(
      scene.esme(server),
      (error) => error instanceof BindError && /ESME_RINVPASWD/.test(error.message),
    );
    assert.equal((await bind).command_status, 'ESME_RINVPASWD');
  });
});

function shown(event: object): string {
  return Object.entries(event)
    .map(([name, value]) =>
      value instanceof Error
        ? `${name}: ${value.message} ${value.stack ?? ''} ${JSON.stringify(value)}`
        : `${name}: ${JSON.stringify(value) ?? ''}`,
    )
    .join('\n');
}

/** A log that keeps all that it is given, errors in full. */
function recorder(told: unknown[]) {
  const write = (facts: Record<string, unknown>, text?: string): void =>
    void told.push(`${shown(facts)} ${text}`);
  const log = { trace: write, debug: write, info: write, warn: write, error: write };
  return { ...log, isLevelEnabled: () => true, child: () => ({ ...recorder(told), level: 'trace' }) };
}
