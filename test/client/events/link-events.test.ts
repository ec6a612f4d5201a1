import assert from 'node:assert/strict';
import fc from 'fast-check';
import { systemClock } from '../../../src/clock';
import { SmppClient, type ClientEvents } from '../../../src/index';
import { Events } from '../../../src/client/events/emitter';
import { LinkReporter, withoutPassword } from '../../../src/client/events/link-reporter';
import { silentLog } from '../../../src/observability';
import { decodePdu, encodePdu, type PduInput } from '../../../src/protocol';
import { silence } from '../../support/peer';
import { until } from '../../support/until';
import { HELLO, Scenes, advanceUntil } from '../setup';

type Link = ClientEvents['link'];

const seen = ({ direction, command, command_status }: Link): string[] => [direction, command, command_status];
const PASSWORD = 'Pa55w0rd';

describe('The event link', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('tells of binds, enquire_link and unbind either way, where and how long', async () => {
    const { client, peer, clock, told } = await scenes.bound({}, { password: PASSWORD });
    const link = await peer.link();
    await link.ask({ command: 'enquire_link' });
    await clock.advance(31_000);
    await link.until('enquire_link');
    await until(() => told('link').length >= 6);
    await client.stop();
    assert.deepEqual(told('link').map(seen), [
      ['out', 'bind_transceiver', 'ESME_ROK'],
      ['in', 'bind_transceiver_resp', 'ESME_ROK'],
      ['in', 'enquire_link', 'ESME_ROK'],
      ['out', 'enquire_link_resp', 'ESME_ROK'],
      ['out', 'enquire_link', 'ESME_ROK'],
      ['in', 'enquire_link_resp', 'ESME_ROK'],
      ['out', 'unbind', 'ESME_ROK'],
      ['in', 'unbind_resp', 'ESME_ROK'],
    ]);
    for (const event of told('link')) {
      const { session, host, port, bind_type, topic } = event;
      const place = { session: 1, host: '127.0.0.1', port: peer.port, bind_type: 'transceiver', topic: '' };
      assert.deepEqual({ session, host, port, bind_type, topic }, place);
      assert.equal(typeof event.duration, event.command.endsWith('_resp') ? 'number' : 'undefined');
      assert.equal((event.payload as Link).command, event.command);
    }
    assert.equal(told('link')[0]?.['system_id'], 'a');
  });

  it('never has a password, in its fields or its octets', async () => {
    const { client, peer, told } = await scenes.bound({}, { password: PASSWORD });
    const link = await peer.link();
    link.send({ command: 'outbind', system_id: 'smsc', password: PASSWORD });
    await link.ask({ command: 'enquire_link' });
    await client.stop();
    const [bind] = told('link');
    assert.ok(told('link').some(({ command }) => command === 'outbind'));
    for (const event of told('link')) {
      assert.equal('password' in event, false);
      assert.equal('password' in (event.payload as object), false);
      const text = JSON.stringify(event, (_, value: unknown) =>
        value instanceof Object && 'data' in value
          ? Buffer.from(value.data as number[]).toString('latin1')
          : value,
      );
      assert.doesNotMatch(text, new RegExp(PASSWORD));
    }
    const pdu = decodePdu(bind?.pdu as Buffer);
    assert.deepEqual(
      [pdu.command, (pdu as never)['password'], (pdu as never)['system_id']],
      ['bind_transceiver', '', 'a'],
    );
  });

  it('tells of the answer to a message, and not of what other events tell of', async () => {
    const { client, peer, told } = await scenes.bound();
    const link = await peer.link();
    await link.ask({ command: 'deliver_sm', source_addr: '4915', short_message: Buffer.from('hi') });
    await client.send(HELLO);
    await client.send({ command: 'query_sm', message_id: '7', source_addr: 'Shop' });
    link.send({ command: 'submit_sm_resp', sequence_number: 4711, message_id: 'odd' });
    link.send({ command: 'generic_nack', sequence_number: 4712, command_status: 3 });
    link.send({ command: 'alert_notification', source_addr: '4915', esme_addr: '7' });
    await link.ask({ command: 'enquire_link' });
    const rest = told('link').slice(2, -2);
    assert.deepEqual(rest.map(seen), [
      ['out', 'deliver_sm_resp', 'ESME_ROK'],
      ['out', 'query_sm', 'ESME_ROK'],
      ['in', 'submit_sm_resp', 'ESME_ROK'],
      ['in', 'generic_nack', 'ESME_RINVCMDID'],
    ]);
    assert.equal(typeof rest[0]?.duration, 'number');
    assert.equal(told('response').length, 2);
    assert.equal(told('alert').length, 1);
  });

  it('leaves a generic_nack and a late response to the event response', async () => {
    const { client, peer, clock, told } = await scenes.bound(
      { submit_sm: silence },
      { responseTimeout: 1, maxAttempts: 1, maxRedeliveries: 1 },
    );
    client.send(HELLO).catch(() => undefined);
    const [request] = await peer.untilSubmits(1);
    const link = await peer.link();
    link.send({ command: 'generic_nack', sequence_number: request?.sequence_number, command_status: 0x58 });
    await until(() => told('response').length === 1);
    const [, again] = await (async () => {
      await advanceUntil(clock, () => peer.submits.length === 2);
      return peer.submits;
    })();
    await clock.advance(1500);
    link.send({ command: 'submit_sm_resp', sequence_number: again?.sequence_number, message_id: 'm' });
    await until(() => told('response').some(({ late }) => late === true));
    assert.ok(
      told('link').every(({ command }) => !command.startsWith('submit') && command !== 'generic_nack'),
    );
  });

  it('tells of what it cannot read by its header and why', async () => {
    const { peer, told } = await scenes.bound();
    const link = await peer.link();
    const cut = (fields: PduInput): Buffer => {
      const octets = encodePdu(fields).subarray(0, -1);
      octets.writeUInt32BE(octets.length, 0);
      return octets;
    };
    const alert = cut({
      command: 'alert_notification',
      source_addr: '4915',
      esme_addr: '7',
      sequence_number: 5,
    });
    link.write(alert);
    link.write(cut({ command: 'outbind', system_id: 'x', password: PASSWORD, sequence_number: 6 }));
    const problems = (): Link[] => told('link').filter(({ problem }) => problem !== undefined);
    await until(() => problems().length === 2);
    const [strange, short] = problems();
    assert.deepEqual(
      [strange?.command, strange?.sequence_number, strange?.pdu],
      ['alert_notification', 5, alert],
    );
    assert.deepEqual([short?.command, short?.pdu], ['outbind', undefined]);
    assert.doesNotMatch(JSON.stringify(short), new RegExp(PASSWORD));
  });

  it('comes and goes with its listeners while the session lives', async () => {
    const peer = await scenes.peer();
    const heard: string[] = [];
    const handler = ({ command }: Link): void => void heard.push(command);
    const client = new SmppClient({ port: peer.port, systemId: 'a', log: () => undefined });
    try {
      await client.start();
      const link = await peer.link();
      client.on('link', handler);
      await link.ask({ command: 'enquire_link' });
      client.off('link', handler);
      await link.ask({ command: 'enquire_link' });
    } finally {
      await client.stop();
    }
    assert.deepEqual(heard, ['enquire_link', 'enquire_link_resp']);
  });

  it('is asked of a session only while somebody listens', () => {
    const events = new Events(silentLog);
    const links = new LinkReporter({ events, clock: systemClock, log: silentLog, codec: {} });
    const handler = (): void => undefined;
    assert.equal(links.isHeard, false);
    events.on('link', handler);
    assert.equal(links.isHeard, true);
    events.off('link', handler);
    assert.equal(links.isHeard, false);
  });

  it('does not end the session when its handler throws', async () => {
    const { client, peer } = await scenes.bound();
    client.on('link', () => {
      throw new Error('mine');
    });
    const link = await peer.link();
    assert.equal((await link.ask({ command: 'enquire_link' })).command_status, 0);
    assert.equal(client.state, 'bound');
  });
});

describe('A PDU without its password', () => {
  const word = fc.stringMatching(/^[!-~]{0,16}$/);

  it('is the same PDU but for it', () => {
    fc.assert(
      fc.property(
        word,
        word,
        fc.constantFrom('bind_receiver', 'bind_transceiver', 'outbind'),
        (id, password, command) => {
          const octets = encodePdu(
            { command, system_id: id, password, sequence_number: 3 },
            {
              allowLong: true,
            },
          );
          const empty = encodePdu(
            { command, system_id: id, password: '', sequence_number: 3 },
            {
              allowLong: true,
            },
          );
          assert.deepEqual(withoutPassword(octets), empty);
        },
      ),
    );
  });

  it('never has what stands behind the system_id in a PDU that is cut anywhere', () => {
    const whole = encodePdu({
      command: 'outbind',
      system_id: 'me',
      password: 'ZZZZZZZZ',
      sequence_number: 3,
    });
    for (let end = 16; end <= whole.length; end++) {
      const shown = withoutPassword(whole.subarray(0, end));
      assert.equal(shown?.includes('Z') ?? false, false, String(end));
    }
  });
});
