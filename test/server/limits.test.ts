import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { encodePdu, type PduInput, type SmppError } from '../../src/protocol';
import { FakeClock } from '../support/clock';
import { silence, type PeerLink } from '../support/peer';
import { until } from '../support/until';
import { BIND, Scene, collect } from './setup';

const SUBMIT = { command: 'submit_sm', destination_addr: '1', short_message: Buffer.from('a') } as const;
const encoded = (pdu: object): Buffer => encodePdu({ sequence_number: 1, ...pdu } as PduInput);

describe('A server and', function () {
  this.timeout(60_000);
  let scene: Scene;
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.close());

  /** A client that behaves is let in and served, whatever others do. */
  async function servesOthers(server: { readonly port: number }): Promise<void> {
    const link = await scene.link(server);
    assert.equal((await link.ask({ ...BIND, system_id: 'good' })).command_status, 0);
    assert.equal((await link.ask(SUBMIT)).command_status, 0);
    link.socket.destroy();
  }

  it('connections beyond maxConnections: they are dropped, and their places come back', async () => {
    const server = await scene.server({ maxConnections: 2 });
    const links = [await scene.link(server), await scene.link(server)];
    await until(() => server.connections.length === 2, 'two');
    await (await scene.link(server)).untilEnded();
    assert.equal(server.connections.length, 2);
    assert.ok(scene.lines.some(({ stage, limit }) => stage === 'refused' && limit === 'maxConnections'));
    links[0]!.socket.destroy();
    await until(() => server.connections.length === 1, 'one');
    await servesOthers(server);
  });

  it('connections of one address beyond maxConnectionsPerAddress: other addresses are served', async () => {
    const server = await scene.server({ host: '0.0.0.0', maxConnectionsPerAddress: 1 });
    await scene.link(server);
    await until(() => server.connections.length === 1, 'one');
    await (await scene.link(server)).untilEnded();
    const other = connect({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    await until(() => server.connections.length === 2, 'the other address');
    other.destroy();
  });

  it('sessions of one system_id beyond their limit: ESME_RALYBND, and a place comes back with an unbind', async () => {
    const server = await scene.server({
      maxSessionsPerSystemId: 1,
      authenticate: async ({ system_id }) => (
        await Promise.resolve(),
        system_id === 'two' ? { maxSessions: 2 } : true
      ),
    });
    const bound = async (system_id: string): Promise<[number, PeerLink]> => {
      const link = await scene.link(server);
      return [(await link.ask({ ...BIND, system_id })).command_status, link];
    };
    const [status, first] = await bound('one');
    assert.equal(status, 0);
    assert.equal((await bound('one'))[0], 0x05);
    const all = await Promise.all(['two', 'two', 'two'].map(bound));
    assert.deepEqual(all.map(([one]) => one).sort(), [0, 0, 5]);
    await first.ask({ command: 'unbind' });
    await until(() => server.receivers('one').length === 0, 'its end');
    assert.equal((await bound('one'))[0], 0);
  });

  it('a client that does not bind, or trickles its bind: it is gone after bindTimeout', async () => {
    const clock = new FakeClock();
    const server = await scene.server({ clock, bindTimeout: 5 });
    const mute = await scene.link(server);
    const slow = await scene.link(server);
    const bind = encoded(BIND);
    await until(() => server.connections.length === 2, 'both');
    for (let at = 0; at < 6; at++) {
      slow.write(bind.subarray(at, at + 1));
      await clock.advance(1000);
    }
    while (!mute.ended || !slow.ended) await clock.advance(1000);
    await until(() => server.connections.length === 0, 'their end');
  });

  it('a bound client that trickles a PDU: it is gone after responseTimeout', async () => {
    const clock = new FakeClock();
    const server = await scene.server({ clock, responseTimeout: 5, enquireLinkInterval: 0 });
    const errors = collect(server, 'close');
    const link = await scene.link(server);
    await link.ask(BIND);
    const submit = encoded(SUBMIT);
    for (let at = 0; at < 7; at++) {
      link.write(submit.subarray(at, at + 1));
      await until(() => link.socket.writableLength === 0, 'the octet');
      await clock.advance(1000);
    }
    while (!link.ended) await clock.advance(1000);
    await until(() => errors.length === 1, 'its end');
    assert.equal(errors[0]!.reason.code, 'peer-stalled');
  });

  it('a client that sends a flood before its bind: it is dropped after maxPdusBeforeBind', async () => {
    for (const pdu of [SUBMIT, { command: 'enquire_link' }, { command: 'submit_sm_resp' }]) {
      const server = await scene.server({ maxPdusBeforeBind: 5 });
      const closed = collect(server, 'close');
      const link = await scene.link(server);
      link.write(Buffer.concat(Array.from({ length: 1000 }, () => encoded(pdu))));
      await link.untilEnded();
      assert.ok(link.received.length <= 5);
      await until(() => closed.length === 1, 'its end');
      assert.match(closed[0]!.reason.text, /too many PDUs before a bind/);
    }
    // The bind itself counts, and what comes after it does not.
    const server = await scene.server({ maxPdusBeforeBind: 1 });
    const link = await scene.link(server);
    assert.equal((await link.ask(BIND)).command_status, 0);
    for (let n = 0; n < 20; n++) assert.equal((await link.ask(SUBMIT)).command_status, 0);
  });

  it('octets that are no SMPP, and a PDU that is too long: generic_nack, and the link ends', async () => {
    const server = await scene.server({ maxPduLength: 1000 });
    const garbage = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(64),
      Buffer.from('000003e90000000400', 'hex'),
    ];
    for (const octets of garbage) {
      for (const isBound of [false, true]) {
        const link = await scene.link(server);
        if (isBound) await link.ask(BIND);
        link.write(octets);
        await link.untilEnded();
        assert.equal(link.received.at(-1)?.command, 'generic_nack');
      }
    }
    await servesOthers(server);
  });

  it('PDUs that are malformed within: they are refused one by one, and the session goes on', async () => {
    const server = await scene.server();
    const link = await scene.link(server);
    await link.ask(BIND);
    const header = encoded({ ...SUBMIT, sequence_number: 9 }).subarray(0, 16);
    const cut = Buffer.from(header);
    cut.writeUInt32BE(16, 0);
    link.write(cut);
    assert.notEqual((await link.response(9)).command_status, 0);
    assert.equal((await link.ask({ command: '0x00001234' })).command, 'generic_nack');
    assert.equal((await link.ask(SUBMIT)).command_status, 0);
  });

  it('a storm of binds that are refused: each is answered, and a good client gets in', async () => {
    let asked = 0;
    const server = await scene.server({
      maxConnections: 1000,
      maxConnectionsPerAddress: 1000,
      authenticate: async ({ system_id }) => {
        asked++;
        await new Promise((resolve) => setImmediate(resolve));
        return system_id === 'good' || 'ESME_RINVPASWD';
      },
    });
    const storm = Array.from({ length: 300 }, async () => {
      const link = await scene.link(server);
      return (await link.ask(BIND)).command_status;
    });
    await servesOthers(server);
    assert.ok((await Promise.all(storm)).every((status) => status === 0x0e));
    assert.equal(asked, 301);
    await until(() => server.connections.length === 0, 'their end');
    // One line for each would fill a disk.
    assert.ok(scene.lines.filter(({ event }) => event === 'bind').length < 50);
  });

  it('a client that never answers: its requests time out, and three in a row end the session', async () => {
    const clock = new FakeClock();
    const server = await scene.server({ clock, responseTimeout: 2, enquireLinkInterval: 0, windowSize: 1 });
    const link = await scene.link(server, { deliver_sm: silence, enquire_link: silence });
    await link.ask(BIND);
    const [session] = server.sessions;
    const failed: string[] = [];
    for (let n = 0; n < 4; n++)
      session!
        .deliver({ source_addr: '1', destination_addr: '2', text: 'a' })
        .catch((error: unknown) => failed.push((error as SmppError).code));
    for (let n = 0; n < 8 && failed.length < 4; n++) {
      await link.until('deliver_sm', Math.min(3, n + 1));
      await clock.advance(2100);
    }
    await link.untilEnded();
    await until(() => failed.length === 4, 'all four');
    assert.equal((await session!.closed).code, 'no-responses');
    await servesOthers(server);
  });

  it('a client that does not answer enquire_link: it is gone', async () => {
    const clock = new FakeClock();
    const server = await scene.server({ clock, responseTimeout: 2, enquireLinkInterval: 10 });
    const link = await scene.link(server, { enquire_link: silence });
    await link.ask(BIND);
    const [session] = server.sessions;
    await clock.advance(10_100);
    await link.until('enquire_link');
    await clock.advance(2_100);
    assert.equal((await session!.closed).code, 'peer-silent');
  });

  it('a client that asks and does not take the answers: it is not read any more, and memory stays flat', async () => {
    const server = await scene.server({ responseTimeout: 60 });
    const link = await scene.link(server);
    await link.ask(BIND);
    link.socket.pause();
    const chunk = Buffer.concat(
      Array.from({ length: 1000 }, (_, n) => encoded({ ...SUBMIT, sequence_number: n + 2 })),
    );
    // Until the way is full in both directions.
    await new Promise<void>((resolve) => {
      const write = (): void => {
        for (let more = true; more && link.socket.writableLength < 8e6;) more = link.socket.write(chunk);
        if (link.socket.writableLength >= 8e6) resolve();
        else setImmediate(write);
      };
      write();
    });
    await until(() => link.socket.writableLength >= 8e6, 'a full pipe');
    await servesOthers(server);
    link.socket.destroy();
  });
});
