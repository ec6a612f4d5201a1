import assert from 'node:assert/strict';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { commandId, encodeBody, encodePdu } from '../../src/protocol';
import type { ResponseView } from '../../src/session';
import { Smsc } from '../../src/simulator';
import { FakeClock } from '../support/clock';
import { pem } from '../support/tls';
import { until } from '../support/until';
import { Scene, collect, next, pause } from './setup';

describe('the simulator and its links', () => {
  let scene: Scene;
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.close());

  it('takes any credentials when it was told none', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc, { fields: { system_id: 'whoever', password: 'x' } });
    assert.equal(esme.session.state, 'bound_trx');
    assert.equal(esme.bindResponse?.tlvs.sc_interface_version, 0x50);
  });

  it('refuses a wrong system_id and a wrong password', async () => {
    const smsc = await scene.smsc({ systemId: 'me', password: 'secret' });
    const told = collect(smsc, 'bind');
    await assert.rejects(scene.esme(smsc, { fields: { system_id: 'you' } }), {
      command_status: 'ESME_RINVSYSID',
    });
    const wrong = { system_id: 'me', password: 'wrong' };
    await assert.rejects(scene.esme(smsc, { fields: wrong }), { command_status: 'ESME_RINVPASWD' });
    await scene.esme(smsc, { fields: { system_id: 'me' } });
    assert.deepEqual(
      told.map((event) => event.command_status),
      ['ESME_RINVSYSID', 'ESME_RINVPASWD', 'ESME_ROK'],
    );
  });

  it('takes secrets without the line end that files and the environment put behind them', async () => {
    const smsc = await scene.smsc({ systemId: 'me\n', password: 'secret\r\n' });
    const esme = await scene.esme(smsc, { fields: { system_id: 'me', password: 'secret' } });
    assert.equal(esme.session.state, 'bound_trx');
  });

  it('lists the links that are bound, and tells when they come and go', async () => {
    const smsc = await scene.smsc();
    const events: string[] = [];
    smsc.on('bind', ({ system_id, session }) => events.push(`bind ${system_id} ${session.state}`));
    smsc.on('unbind', ({ session }) => events.push(`unbind ${session.system_id}`));
    smsc.on('close', ({ session, reason }) => events.push(`close ${session.system_id}: ${reason}`));
    await scene.connected(smsc);
    const one = await scene.esme(smsc, { fields: { system_id: 'one' } });
    const two = await scene.esme(smsc, { bind: 'bind_transmitter', fields: { system_id: 'two' } });
    assert.deepEqual(
      smsc.sessions.map(({ system_id, bind_type, interface_version }) => [
        system_id,
        bind_type,
        interface_version,
      ]),
      [
        ['one', 'transceiver', 0x34],
        ['two', 'transmitter', 0x34],
      ],
    );
    await one.close();
    two.session.destroy();
    while (smsc.sessions.length > 0) await pause(1);
    assert.deepEqual(events, [
      'bind one bound_trx',
      'bind two bound_tx',
      'unbind one',
      'close one: unbound by the peer',
      'close two: closed by the peer without unbind',
    ]);
  });

  it('answers a second bind with ESME_RALYBND, and goes on', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const body = encodeBody({ command: 'bind_receiver', system_id: 'esme', interface_version: 0x34 });
    const status = new Promise<number>((resolve, reject) => {
      const onResponse = (view: ResponseView): void => resolve(view.command_status);
      const onLost = (reason: string): void => reject(new Error(reason));
      esme.session.submit([{ commandId: commandId('bind_receiver'), body, handler: { onResponse, onLost } }]);
    });
    assert.equal(await status, 0x05);
    assert.equal(smsc.sessions[0]?.state, 'bound_trx');
    assert.equal((await esme.submit()).command_status, 0);
  });

  it('unbinds its clients when it stops, and leaves nothing open', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const idle = await scene.connected(smsc);
    await smsc.stop();
    assert.equal((await esme.session.closed).code, 'peer-unbound');
    assert.equal((await idle.session.closed).code, 'peer-closed');
    assert.deepEqual(smsc.sessions, []);
    await smsc.stop();
  });

  it('drops all links without a word', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const idle = await scene.connected(smsc);
    smsc.dropLinks();
    assert.equal((await esme.session.closed).code, 'peer-closed');
    assert.equal((await idle.session.closed).code, 'peer-closed');
  });

  it('drops or unbinds one link', async () => {
    const smsc = await scene.smsc();
    const first = await scene.esme(smsc);
    const second = await scene.esme(smsc);
    smsc.sessions[0]?.drop();
    assert.equal((await first.session.closed).code, 'peer-closed');
    await smsc.sessions[0]?.unbind();
    assert.equal((await second.session.closed).code, 'peer-unbound');
  });

  it('listens again after a stop, with nothing left of before', async () => {
    const smsc = await scene.smsc({ receiptDelay: 1000 });
    const esme = await scene.esme(smsc);
    const { message_id } = await esme.submit();
    await smsc.stop();
    await smsc.start();
    const again = await scene.esme(smsc);
    const query = { command: 'query_sm', message_id: String(message_id), source_addr: '1234' } as const;
    assert.equal((await again.ask(query)).command_status, 0x67);
  });

  it('says that its port is taken, and can be started when it is free', async () => {
    const first = await scene.smsc();
    const second = new Smsc({ port: first.port });
    const expected = new RegExp(`^port ${first.port} of 127\\.0\\.0\\.1 is taken`);
    await assert.rejects(second.start(), { name: 'SmppError', code: 'PORT_IN_USE', message: expected });
    await first.stop();
    assert.deepEqual(await second.start(), { host: '127.0.0.1', port: first.port });
    await second.stop();
  });

  it('says that it cannot listen on an address that is not its own', async () => {
    const smsc = new Smsc({ host: '192.0.2.1' });
    await assert.rejects(smsc.start(), { code: 'LISTEN_FAILED', message: /no such address/ });
    await smsc.stop();
  });

  it('closes a link whose client does not bind', async () => {
    const smsc = await scene.smsc({ bindTimeout: 0.03 });
    const closed = next(smsc, 'close');
    const idle = await scene.connected(smsc);
    const { reason } = await closed;
    assert.match(reason, /no bind in time/);
    await idle.session.closed;
  });

  it('asks a client that is silent, and drops it when it does not answer', async () => {
    const clock = new FakeClock();
    const smsc = await scene.smsc({ enquireLinkInterval: 30, responseTimeout: 30, clock });
    const esme = await scene.esme(smsc);
    const seen = collect(smsc, 'pdu');
    for (let n = 1; n <= 3; n++) {
      await clock.advance(30_000);
      await until(() => seen.length === 2 * n, 'the answer');
    }
    assert.equal(esme.session.state, 'bound_trx');
    esme.session.pauseReading();
    const closed = next(smsc, 'close');
    await clock.advance(60_000);
    assert.match((await closed).reason, /no answer to enquire_link/);
    esme.session.destroy();
  });

  it('speaks TLS, and outlives a client that does not', async () => {
    const smsc = await scene.smsc({ tls: { key: pem('server.key'), cert: pem('server.cert') } });
    const plain = await scene.connected(smsc);
    await assert.rejects(plain.session.bind('bind_transceiver', {}, 1000), { code: 'BIND_FAILED' });
    const bound = next(smsc, 'bind');
    const socket = tls.connect({ host: '127.0.0.1', port: smsc.port, ca: pem('ca.cert') });
    socket.write(encodePdu({ command: 'bind_transmitter', system_id: 'safe', interface_version: 0x34 }));
    assert.equal((await bound).system_id, 'safe');
    socket.destroy();
  });

  it('outlives a client that speaks no SMPP', async () => {
    const smsc = await scene.smsc();
    const closed = next(smsc, 'close');
    const socket = net.connect(smsc.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.end('GET / HTTP/1.1\r\n\r\n');
    assert.match((await closed).reason, /not SMPP/);
    await scene.esme(smsc);
  });
});
