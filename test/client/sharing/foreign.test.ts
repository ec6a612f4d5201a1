import assert from 'node:assert/strict';
import { createClient } from '@redis/client';
import type { SmppClientOptions } from '../../../src/index';
import { ownPrefix, redisUrl } from '../../support/brokers';
import { needs } from '../../support/skip';
import { until } from '../../support/until';
import { Instances, type Instance } from './setup';

/** The item of naz's slides. */
const SLIDES = {
  smpp_event: 'submit_sm',
  short_message: 'Hello, thanks for shopping with us.',
  correlation_id: '3244',
  source_addr: '254722111111',
  destination_addr: '254722999999',
};

/** As `SubmitSM.to_json()` of naz writes it, with some of the fields that are null there. */
const NAZ = {
  version: 1,
  smpp_command: 'submit_sm',
  short_message: 'Hello €',
  source_addr: '254722111111',
  destination_addr: '254722999999',
  log_id: 'order-7',
  hook_metadata: '{"customer": 7}',
  service_type: 'CMT',
  ...{ source_addr_ton: 1, source_addr_npi: 1, dest_addr_ton: 1, dest_addr_npi: 1, esm_class: 3 },
  ...{ protocol_id: 0, priority_flag: 0, schedule_delivery_time: '', validity_period: '' },
  ...{ registered_delivery: 1, replace_if_present_flag: 0, sm_default_msg_id: 0 },
  ...{ encoding: 'gsm0338', errors: 'strict' },
  ...{ user_message_reference: null, message_payload: null, alert_on_message_delivery: false },
};

describe('What other programs put into a queue in Redis', () => {
  const world = new Instances();
  let options: SmppClientOptions;
  let add: (...fields: (string | Buffer)[]) => Promise<unknown>;
  let push: (text: string) => Promise<unknown>;
  let end: () => unknown;

  before(function () {
    needs(this, 'redis');
  });
  beforeEach(async function () {
    const queueUrl = await redisUrl(this);
    const keyPrefix = ownPrefix();
    const redis = await createClient({ url: queueUrl }).connect();
    end = () => redis.destroy();
    add = (...fields) => redis.sendCommand(['XADD', `${keyPrefix}:{shop}:queue:2`, '*', ...fields]);
    push = (text) => redis.sendCommand(['LPUSH', `${keyPrefix}:{shop}:list`, text]);
    const drainList = `${keyPrefix}:{shop}:list`;
    options = { queue: 'redis', queueUrl, keyPrefix, clientId: 'shop', drainList };
  });
  afterEach(async () => {
    await world.end();
    end();
  });

  const put = (record: unknown): Promise<unknown> => add('json', JSON.stringify(record));

  const bound = (own: SmppClientOptions = {}) => world.bound({ ...options, ...own });

  const failed = async ({ told }: Instance, count = 1) => {
    await until(() => told('failure').length >= count, 'the failure');
    return told('failure')[count - 1];
  };

  for (const payloadFormat of ['fields', 'naz'] as const) {
    it(`is sent where it is the item of naz's slides, with payloadFormat ${payloadFormat}`, async () => {
      const { peer, told } = await bound({ payloadFormat });
      await put(SLIDES);
      const [sent] = await peer.untilSubmits(1);
      const { short_message, source_addr, destination_addr } = sent as unknown as Record<string, unknown>;
      assert.equal(String(short_message), SLIDES.short_message);
      assert.deepEqual([source_addr, destination_addr], [SLIDES.source_addr, SLIDES.destination_addr]);
      await until(() => told('response').length === 1);
      assert.equal(told('response')[0]?.correlation_id, '3244');
    });

    it(`is sent where it is naz's SubmitSM, with payloadFormat ${payloadFormat}`, async () => {
      const { peer, told } = await bound({ payloadFormat });
      await push(JSON.stringify(NAZ));
      const [sent] = await peer.untilSubmits(1);
      const { short_message, esm_class, service_type } = sent as unknown as Record<string, unknown>;
      assert.deepEqual(short_message, Buffer.from('Hello \x1be', 'latin1'));
      assert.deepEqual([esm_class, service_type], [3, 'CMT']);
      await until(() => told('response').length === 1);
      const [response] = told('response');
      assert.deepEqual([response?.correlation_id, response?.metadata], ['order-7', '{"customer": 7}']);
    });
  }

  const REFUSED: readonly [
    what: string,
    record: Record<string, unknown>,
    code: string,
    field: string | undefined,
  ][] = [
    ['enquire_link of naz', { smpp_event: 'enquire_link', log_id: 'x1' }, 'UNKNOWN_COMMAND', 'command'],
    [
      'deliver_sm_resp of naz',
      { smpp_command: 'deliver_sm_resp', log_id: 'x1' },
      'UNKNOWN_COMMAND',
      'command',
    ],
    [
      'a query',
      { command: 'query_sm', message_id: '1', source_addr: '1', log_id: 'x1' },
      'UNKNOWN_COMMAND',
      'command',
    ],
    ['a newer version', { ...SLIDES, version: 2, correlation_id: 'x1' }, 'INVALID_RECORD', 'version'],
    [
      'no recipient',
      { short_message: 'Hi', correlation_id: 'x1' },
      'MISSING_DESTINATION',
      'destination_addr',
    ],
    ['a field that is none', { ...SLIDES, correlation_id: 'x1', colour: 1 }, 'UNKNOWN_FIELD', 'colour'],
  ];
  for (const [what, record, code, field] of REFUSED) {
    it(`is a failure and a dead letter, and harms no other: ${what}`, async () => {
      const instance = await bound();
      await put(record);
      await put(SLIDES);
      const failure = await failed(instance);
      assert.deepEqual([failure?.code, failure?.field, failure?.correlation_id], [code, field, 'x1']);
      await instance.peer.untilSubmits(1);
      const { total, letters } = await instance.client.deadLetters();
      assert.equal(total, 1);
      const [letter] = letters;
      assert.deepEqual([letter?.code, letter?.id, letter?.correlation_id], [code, failure?.id, 'x1']);
      assert.equal(letter?.record, JSON.stringify(record));
      assert.equal(letter.record_length, JSON.stringify(record).length);
      assert.equal(letter.segments, 0);
      assert.ok(letter.reason.length > 10);
    });
  }

  it('is shown as octets where it is no text, and cut where it is long', async () => {
    const instance = await bound();
    await add('json', Buffer.from([0xff, 0x00, 0x41]));
    const octets = await failed(instance);
    assert.equal(octets?.code, 'INVALID_RECORD');
    const long = `{"text": "${'ü'.repeat(3000)}`;
    await add('json', long);
    await failed(instance, 2);
    const [one, other] = (await instance.client.deadLetters()).letters;
    assert.deepEqual(one?.record, { hex: 'ff0041' });
    const shown = other?.record as string;
    assert.ok(long.startsWith(shown) && Buffer.byteLength(shown) > 4000 && Buffer.byteLength(shown) <= 4096);
    assert.deepEqual([other?.record_length, other?.record_cut], [Buffer.byteLength(long), true]);
  });

  it('goes back as it was by a replay, and is refused again with a failure of its own', async () => {
    const instance = await bound();
    const record = { ...SLIDES, colour: 1 };
    await put(record);
    const first = await failed(instance);
    const { replayed } = await instance.client.replay();
    assert.deepEqual(replayed, [first?.id]);
    await failed(instance, 2);
    const { total, letters } = await instance.client.deadLetters();
    assert.equal(total, 1);
    assert.equal(letters[0]?.record, JSON.stringify(record));
  });

  it('is replayed as a message where what refused it has changed', async () => {
    const before = await bound();
    await put({ ...SLIDES, colour: 1 });
    await failed(before);
    await before.client.stop();
    const after = await bound({ vendorTlvs: '[{"tag": 5377, "name": "colour", "type": "int8"}]' });
    await after.client.replay();
    const [sent] = await after.peer.untilSubmits(1);
    assert.ok(sent);
    assert.equal((await after.client.deadLetters()).total, 0);
  });
});
