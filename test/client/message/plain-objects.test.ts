import assert from 'node:assert/strict';
import { Smsc } from '../../../src/simulator';
import { openMemoryStore, type CorrelationEntry } from '../../../src/index';
import type { Pdu } from '../../../src/protocol';
import { FakeClock } from '../../support/clock';
import { until } from '../../support/until';
import { EVENTS, HELLO, Scenes, advanceUntil } from '../setup';

type Facts = Record<string, unknown>;

/** Paths of all objects in a value that know nothing of `hasOwnProperty`. */
function bare(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  const own = Object.getPrototypeOf(value) === null ? [path] : [];
  return [...own, ...Object.entries(value).flatMap(([name, inner]) => bare(inner, `${path}.${name}`))];
}

describe('Whatever leaves the engine', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  const vendorTlvs = JSON.stringify([
    { tag: 0x1403, name: '__proto__', type: 'string' },
    { tag: 0x1404, name: 'constructor', type: 'int8' },
  ]);

  it('is of plain objects: events, outcomes, errors, dead letters and status', async () => {
    const { client, peer, told, clock } = await scenes.bound(
      {
        submit_multi: () => ({
          message_id: 'm',
          unsuccess_sme: [{ destination_addr: '491511234567', error_status_code: 8 }],
          tlvs: { callback_num: [Buffer.from('0123'), Buffer.from('0124')] },
        }),
        data_sm: () => ({ command_status: 0x0b, tlvs: { additional_status_info_text: 'no' } }),
        query_sm: () => ({
          message_id: 'q',
          message_state: 2,
          tlvs: { network_error_code: Buffer.from('abc') },
        }),
      },
      { vendorTlvs },
    );
    const multi = {
      command: 'submit_multi',
      short_message: 'x',
      dest_address: [{ destination_addr: '491511234567' }, { dl_name: 'friends' }],
      tlvs: { user_message_reference: 7 },
      metadata: Object.assign(Object.create(null) as Facts, { inner: Object.create(null) as object }),
    } as const;
    const outcomes: unknown[] = [await client.send(multi)];
    outcomes.push(await client.send({ command: 'query_sm', message_id: 'q', source_addr: '1' }));
    await client.send({ ...HELLO, command: 'data_sm' }).catch((error: unknown) => outcomes.push(error));
    const link = await peer.link();
    await link.response(link.receipt('m'));
    await link.ask({
      command: 'deliver_sm',
      source_addr: '4915',
      short_message: Buffer.from('hi'),
      tlvs: { source_port: 1, '0x1403': Buffer.from('x'), '0x1404': Buffer.from([1]) },
    });
    await advanceUntil(clock, () => told('failure').length === 1);
    const { letters } = await client.deadLetters();
    assert.equal(letters.length, 1);
    const all = { outcomes, letters, status: await client.status(), told: EVENTS.map((name) => told(name)) };
    for (const name of ['request', 'response', 'message', 'receipt', 'failure', 'session'] as const)
      assert.ok(told(name).length > 0, name);
    assert.deepEqual(bare(all), []);
  });

  it('keeps what is called __proto__ a TLV like any other', async () => {
    const { client, peer, told } = await scenes.bound({}, { vendorTlvs });
    const given = JSON.parse('{"__proto__": "in"}') as Facts;
    await client.send({ ...HELLO, ...given });
    await client.send({ ...HELLO, tlvs: given });
    for (const submit of peer.submits) assert.deepEqual((submit as Pdu).tlvs['0x1403'], Buffer.from('in'));
    const { tlvs } = told('request')[0] as Facts;
    assert.equal(Object.getOwnPropertyDescriptor(tlvs, '__proto__')?.value, 'in');
    assert.equal(Object.getPrototypeOf(tlvs), Object.prototype);
    assert.equal(({} as Facts).in, undefined);
  });

  it("has metadata that is plain, whatever a correlator makes of it, and nobody else's", async () => {
    const clock = new FakeClock();
    const store = openMemoryStore({ capacity: 100, whenFull: 'reject', clock });
    const entries = new Map<string, CorrelationEntry>();
    const correlator = {
      put: async (added: readonly CorrelationEntry[]) => {
        for (const entry of added) {
          const metadata = Object.assign(Object.create(null) as Facts, entry.metadata);
          entries.set(entry.messageId, { ...entry, metadata });
        }
      },
      get: async (id: string) => [entries.get(id)].filter((entry) => entry !== undefined),
      expire: async () => 0,
    };
    const { client, peer, told } = await scenes.bound(
      { submit_sm: () => ({ message_id: 'm' }) },
      { clock, queue: store, correlator },
    );
    const metadata: Facts = { order: 1, at: new Date(0) };
    client.on('request', (event) => ((event.metadata as Facts).order = 'spoilt by a handler'));
    const sent = client.send({ ...HELLO, metadata });
    metadata.order = 'spoilt by the sender';
    const outcome = await sent;
    const link = await peer.link();
    await link.response(link.receipt('m'));
    await until(() => told('receipt').length === 1);
    for (const one of [outcome, told('response')[0], told('receipt')[0]]) {
      assert.deepEqual(one?.metadata, { order: 1, at: '1970-01-01T00:00:00.000Z' });
      assert.deepEqual(bare(one), []);
    }
  });

  it('is of plain objects where a simulator tells of it, too', async () => {
    const smsc = new Smsc({ rules: [{ type: 'status', status: 'ESME_RSYSERR', every: 2 }] });
    await smsc.start();
    const told: unknown[] = [];
    smsc.on('submit', ({ session: _session, ...event }) => told.push(event));
    smsc.on('refused', ({ session: _session, ...event }) => told.push(event));
    const { client } = await scenes.idle({}, { port: smsc.port, maxAttempts: 1 });
    await client.start();
    const multi = {
      command: 'submit_multi',
      short_message: 'x',
      destination_addr: ['447700900123'],
    } as const;
    const settled = await client.sendBatch([multi, multi]);
    const responses = await smsc.deliver({ source_addr: '447700900123', destination_addr: '1', text: 'Hi' });
    await client.stop();
    await smsc.stop();
    assert.equal(told.length, 2);
    assert.deepEqual(bare([told, settled, responses]), []);
  });
});
