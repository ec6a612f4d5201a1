import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { Message } from '../../../src/index';
import { decodePdu, encodePdu, type Pdu } from '../../../src/protocol';
import { Scenes } from '../setup';

const HI: Message = { short_message: 'Hi', destination_addr: '491511234567' };

describe('Addresses of a message', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('that are no whole number name their field', async () => {
    const { client } = await scenes.idle();
    for (const field of ['destination_addr', 'source_addr'] as const) {
      for (const value of [NaN, Infinity, 4477009001230.5, 1e21, true, new Date(0), {}]) {
        const message = { ...HI, [field]: value };
        await assert.rejects(
          client.enqueue(message),
          { code: 'INVALID_ADDRESS', field },
          `${field} ${inspect(value)}`,
        );
      }
    }
    const nan = { ...HI, short_message: NaN } as unknown as Message;
    await assert.rejects(client.enqueue(nan), { field: 'short_message', message: /not NaN/ });
    const many = { ...HI, destination_addr: ['491511234567', '491511234568'] };
    await assert.rejects(client.enqueue(many), { code: 'INVALID_ADDRESS', message: /for submit_multi/ });
    await client.enqueue([
      { ...HI, destination_addr: 447700900123n },
      { ...HI, destination_addr: 4.477e11 },
    ]);
    await client.enqueue({ ...HI, short_message: 'NaN' });
  });

  it('in dest_address may be numbers, texts of several and objects in one list, each sent once', async () => {
    const { client, peer } = await scenes.bound({}, { defaults: { dest_addr_npi: 1 } });
    const multi = { ...HI, command: 'submit_multi' as const };
    const sentTo = async (fields: Partial<Message>): Promise<unknown> => {
      const outcome = await client.send({ ...multi, ...fields });
      const { dest_address } = (await peer.link()).received.at(-1) as unknown as { dest_address: object[] };
      const tuples = dest_address.map((one) => Object.values(one).join(' '));
      return [outcome.topic, outcome['destinations'], ...tuples];
    };
    const all = await sentTo({
      dest_address: [
        '+44 7700 900123',
        447700900124,
        '447700900125, 447700900126\n0301234567',
        { destination_addr: '447700900127', dest_addr_ton: 2, dest_addr_npi: 8 },
        { destination_addr: '+447700900128' },
        { dl_name: 'staff' },
        { dest_flag: 2, dl_name: 'friends' },
        // Again.
        '00447700900123',
        { dl_name: 'staff' },
      ],
    });
    assert.deepEqual(all, [
      '447700900123,447700900124,447700900125,447700900126,0301234567,447700900127,447700900128,staff,friends',
      9,
      ...['1 1 1 447700900123', '1 1 1 447700900124', '1 1 1 447700900125', '1 1 1 447700900126'],
      ...['1 2 1 0301234567', '1 2 8 447700900127', '1 1 1 447700900128', '2 staff', '2 friends'],
    ]);
    const one = ['447700900123,staff', 2, '1 1 1 447700900123', '2 staff'];
    const list = [447700900123n, { dl_name: 'staff' }];
    assert.deepEqual(await sentTo({ destination_addr: list }), one);
    assert.deepEqual(await sentTo({ dest_address: { dl_name: 'staff' } }), ['staff', 1, '2 staff']);
    const unknown = ['4477', 1, '1 0 0 4477'];
    assert.deepEqual(await sentTo({ dest_address: ['4477'], dest_addr_ton: 0, dest_addr_npi: 0 }), unknown);
  });

  it('in one text are refused, and divided by submit_multi', async () => {
    const { client, peer } = await scenes.bound();
    for (const mark of [',', ';', '\n', '\r\n', '\t', '|', ' ', ' / ']) {
      const destination_addr = `447700900123${mark}447700900124`;
      await assert.rejects(client.enqueue({ ...HI, destination_addr }), {
        code: 'INVALID_ADDRESS',
        message: /submit_multi/,
      });
      await client.send({ ...HI, destination_addr, command: 'submit_multi' });
      const { dest_address } = (await peer.link()).received.at(-1) as unknown as {
        dest_address: { destination_addr: string }[];
      };
      assert.deepEqual(
        dest_address.map((one) => one.destination_addr),
        ['447700900123', '447700900124'],
        JSON.stringify(mark),
      );
    }
  });

  it('are in Latin-1 by addressEncoding, both ways', async () => {
    const { client, peer, told } = await scenes.bound({}, { addressEncoding: 'latin1' });
    await client.send({ ...HI, source_addr: 'KAUFÖSHOP' });
    const sent = peer.submits[0] as Pdu & Record<string, unknown>;
    assert.deepEqual([sent.source_addr, sent.source_addr_ton], ['KAUFÖSHOP', 5]);
    const options = { addressEncoding: 'latin1' } as const;
    const octets = encodePdu(
      { command: 'deliver_sm', source_addr: 'KAUFÖSHOP', source_addr_ton: 5 },
      options,
    );
    assert.equal(decodePdu(octets, options).flaws, undefined);
    assert.match(String(decodePdu(octets).flaws), /source_addr has octets that are not ASCII/);
    assert.equal(told('failure').length, 0);
    const { client: ascii } = await scenes.idle();
    await assert.rejects(ascii.enqueue({ ...HI, source_addr: 'KAUFÖSHOP' }), {
      field: 'source_addr',
      message: /addressEncoding latin1/,
    });
    await assert.rejects(client.enqueue({ ...HI, source_addr: 'ΔShop' }), { field: 'source_addr' });
  });
});

describe('Fields longer than the specification allows', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('are sent whole with a warning, each value once', async () => {
    const systemId = 'sixteen-octets-1';
    const options = { systemId, systemType: 'x'.repeat(13), addressRange: 'y'.repeat(41) };
    const { client, peer, lines } = await scenes.bound({}, options);
    for (const service_type of ['SIXSIX', 'SIXSIX', 'OTHERS', 'CMT'])
      await client.send({ ...HI, service_type });
    const bind = (await peer.link()).received[0] as Pdu & Record<string, unknown>;
    assert.deepEqual([bind.system_id, bind.system_type, bind.address_range], Object.values(options));
    assert.equal((peer.submits[0] as Pdu & Record<string, unknown>).service_type, 'SIXSIX');
    const warned = lines
      .filter(({ level }) => level === 'warn')
      .map(({ msg }) => /^the (.*) has more/.exec(String(msg))?.[1]);
    assert.deepEqual(warned, [
      'system_id',
      'system_type',
      'address_range',
      'service_type "SIXSIX"',
      'service_type "OTHERS"',
    ]);
  });

  it('are refused by the codec unless it is told otherwise', () => {
    const bind = { command: 'bind_transceiver', system_id: 'x'.repeat(16) } as const;
    assert.throws(() => encodePdu(bind), { code: 'INVALID_FIELD', field: 'system_id' });
    assert.equal(encodePdu(bind, { allowLong: true }).length, 39);
    assert.throws(() => encodePdu({ ...bind, system_id: 'x'.repeat(65) }, { allowLong: true }), {
      field: 'system_id',
    });
  });
});

describe('Line ends behind options', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('go, blanks stay, and a debug line names the option alone', async () => {
    const options = {
      systemId: 'me\r\n',
      password: 'pass \n',
      host: '127.0.0.1\n',
      logLevel: 'debug',
    } as const;
    const { peer, lines } = await scenes.bound({}, options);
    const bind = (await peer.link()).received[0] as Pdu & Record<string, unknown>;
    assert.deepEqual([bind.system_id, bind.password], ['me', 'pass ']);
    const told = lines.filter(({ msg }) => String(msg).includes('line end'));
    assert.deepEqual(told.map(({ level, msg }) => `${String(level)} ${String(msg).split(':')[0]}`).sort(), [
      'debug host',
      'debug password',
      'debug systemId',
    ]);
    assert.doesNotMatch(JSON.stringify(lines), /pass \\?n?"/);
  });
});
