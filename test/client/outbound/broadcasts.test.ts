import assert from 'node:assert/strict';
import { DeliveryError, type Message } from '../../../src/index';
import { Scenes } from '../setup';

const ALERT: Message = {
  command: 'broadcast_sm',
  short_message: 'Flood',
  source_addr: 'Shop',
  broadcast_area_identifier: ['Lyon', 'Atlantis'],
  broadcast_content_type: 'emergency_broadcasts',
  broadcast_rep_num: 1,
  broadcast_frequency_interval: '1 hour',
};
const OPTIONS = { interfaceVersion: '5.0' } as const;
const area = (name: string): Buffer => Buffer.from(`\0${name}`, 'latin1');
const ATLANTIS = {
  format: 'alias',
  alias: 'Atlantis',
  broadcast_error_status: 'ESME_RINVBCASTALIAS_NAME',
  broadcast_error_status_code: 0x0108,
};

describe('What becomes of a broadcast', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('is accepted, with the areas that it does not reach, which are not tried again', async () => {
    const tlvs = { broadcast_error_status: 0x0108, broadcast_area_identifier: area('Atlantis') };
    const { client, peer, told } = await scenes.bound(
      { broadcast_sm: () => ({ message_id: 'b1', tlvs }) },
      OPTIONS,
    );
    const outcome = await client.send(ALERT);
    assert.deepEqual([outcome.event, outcome.message_id, outcome.topic], ['accepted', 'b1', '']);
    assert.deepEqual(outcome.failed_broadcast_area_identifier, [ATLANTIS]);
    assert.deepEqual(told('response')[0]?.['failed_broadcast_area_identifier'], [ATLANTIS]);
    assert.equal((await peer.link()).requests('broadcast_sm').length, 1);
    assert.equal((await client.status()).queued, 0);
  });

  it('says nothing of areas where all are reached', async () => {
    const { client } = await scenes.bound({ broadcast_sm: () => ({ message_id: 'b1' }) }, OPTIONS);
    assert.ok(!('failed_broadcast_area_identifier' in (await client.send(ALERT))));
  });

  it('is refused, with the areas that the SMSC named', async () => {
    const tlvs = {
      broadcast_error_status: [0x0109, 0x0108],
      broadcast_area_identifier: [Buffer.of(9), area('Atlantis')],
    };
    const { client, told } = await scenes.bound(
      { broadcast_sm: () => ({ command_status: 'ESME_RINVBCASTAREAFMT', tlvs }) },
      OPTIONS,
    );
    const refused = await client.send(ALERT).catch((error: unknown) => error);
    assert.ok(refused instanceof DeliveryError);
    const [first, second] = refused.outcome.failed_broadcast_area_identifier ?? [];
    assert.deepEqual(first, {
      format: 'unknown',
      octets: Buffer.of(9),
      broadcast_error_status: 'ESME_RINVBCASTAREAFMT',
      broadcast_error_status_code: 0x0109,
    });
    assert.deepEqual(second, ATLANTIS);
    assert.equal(told('failure')[0]?.failed_broadcast_area_identifier?.length, 2);
  });

  it('is tried again where the SMSC cannot at present, and then no area is failed', async () => {
    let tries = 0;
    const tlvs = { broadcast_error_status: 0x010d, broadcast_area_identifier: area('Lyon') };
    const { client, clock } = await scenes.bound(
      {
        broadcast_sm: () =>
          ++tries === 1 ? { command_status: 'ESME_RBCASTFAIL', tlvs } : { message_id: 'b2' },
      },
      OPTIONS,
    );
    const sent = client.send(ALERT);
    for (let n = 0; n < 200 && tries < 2; n++) await clock.advance(100);
    const outcome = await sent;
    assert.deepEqual([outcome.message_id, outcome.attempts], ['b2', 2]);
    assert.ok(!('failed_broadcast_area_identifier' in outcome));
  });

  it('is told by a query: every area with its percentage, the state in a word, the end as a date', async () => {
    const tlvs = {
      message_state: 1,
      broadcast_area_identifier: [area('Lyon'), area('Paris')],
      broadcast_area_success: [40, 255],
      broadcast_end_time: '260102030405000+',
      user_message_reference: 7,
    };
    const { client, told } = await scenes.bound(
      { query_broadcast_sm: () => ({ message_id: 'b1', tlvs }) },
      OPTIONS,
    );
    const query: Message = { command: 'query_broadcast_sm', message_id: 'b1', source_addr: 'Shop' };
    const outcome = await client.send(query);
    for (const told of [outcome, outcome.payload] as Record<string, unknown>[]) {
      assert.deepEqual(told['areas'], [
        { format: 'alias', alias: 'Lyon', success: 40 },
        { format: 'alias', alias: 'Paris' },
      ]);
      assert.deepEqual([told['message_state'], told['state']], [1, 'ENROUTE']);
      assert.equal(told['broadcast_end_time'], '2026-01-02T03:04:05.000Z');
      assert.equal(told['user_message_reference'], 7);
    }
    assert.equal((told('response')[0]?.['areas'] as unknown[]).length, 2);
  });

  it('is told by a query as far as the SMSC says it', async () => {
    const { client } = await scenes.bound(
      { query_broadcast_sm: () => ({ message_id: 'b1', tlvs: { broadcast_end_time: 'later than that!' } }) },
      OPTIONS,
    );
    const outcome = await client.send({ command: 'query_broadcast_sm', message_id: 'b1' });
    const fields: object & { areas?: unknown; broadcast_end_time?: unknown } = outcome;
    assert.deepEqual([fields.areas, fields.broadcast_end_time], [[], 'later than that!']);
    assert.ok(!('state' in fields));
  });
});
