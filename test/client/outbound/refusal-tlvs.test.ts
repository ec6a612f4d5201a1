import assert from 'node:assert/strict';
import { DeliveryError } from '../../../src/index';
import { COMMANDS } from '../../../src/protocol';
import { HELLO, Scenes } from '../setup';

describe('A refusal that is TLVs without message_id', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('is told with its TLVs, and its congestion_state shrinks the window', async () => {
    const tlvs = Buffer.from(`001d000a${Buffer.from('no credit\0').toString('hex')}0428000163`, 'hex');
    const { client, told, lines } = await scenes.bound(
      {
        submit_sm: ({ sequence_number }, link) => {
          const octets = Buffer.alloc(16);
          octets.writeUInt32BE(16 + tlvs.length, 0);
          octets.writeUInt32BE(COMMANDS.submit_sm_resp.id, 4);
          octets.writeUInt32BE(0x0b, 8);
          octets.writeUInt32BE(sequence_number, 12);
          link.write(Buffer.concat([octets, tlvs]));
          return undefined;
        },
      },
      { logLevel: 'debug' },
    );
    const refused = await client.send(HELLO).catch((error: unknown) => error);
    assert.ok(refused instanceof DeliveryError);
    assert.match(refused.message, /The destination address is invalid\. It says "no credit"\.$/);
    assert.deepEqual([refused.code, refused.outcome.additional_status_info_text], ['REFUSED', 'no credit']);
    assert.equal(told('failure')[0]?.additional_status_info_text, 'no credit');
    const [response] = told('response');
    assert.equal(response?.command_status, 'ESME_RINVDSTADR');
    assert.deepEqual(
      { ...response.tlvs },
      { additional_status_info_text: 'no credit', congestion_state: 0x63 },
    );
    assert.deepEqual([response['message_id'], told('failure')[0]?.message_ids], ['', []]);
    assert.ok(lines.some((line) => line['congestion_state'] === 0x63 && line['stage'] === 'resized'));
  });

  const saying = (command_status: string, text: string) => () => ({
    command_status,
    tlvs: { additional_status_info_text: text },
  });

  it('says in words why: of a message after its last attempt, in dead letters, and of a query', async () => {
    const script = {
      submit_sm: saying('ESME_RSYSERR', 'no route to 491511234567'),
      query_sm: saying('ESME_RQUERYFAIL', 'gone'),
    };
    const { client, told, lines } = await scenes.bound(script, { maxAttempts: 1 });
    await assert.rejects(client.send(HELLO), {
      code: 'MAX_ATTEMPTS',
      message: /was ESME_RSYSERR\. It says "no route to 491511234567"\.$/,
    });
    const [letter] = (await client.deadLetters()).letters;
    for (const one of [letter, told('failure')[0]]) {
      assert.equal(one?.additional_status_info_text, 'no route to 491511234567');
    }
    assert.ok(!JSON.stringify(lines).includes('491511234567'));
    await assert.rejects(client.send({ command: 'query_sm', message_id: '1' }), {
      code: 'REFUSED',
      message: /ESME_RQUERYFAIL: .* It says "gone"\.$/,
    });
  });

  it('says in words why the bind is refused', async () => {
    const script = { bind_transceiver: saying('ESME_RBINDFAIL', 'maintenance until 4') };
    const { client } = await scenes.idle(script, {});
    await assert.rejects(client.start({ failFast: true }), {
      code: 'BIND_REFUSED',
      message: /ESME_RBINDFAIL: .* It says "maintenance until 4"\.$/,
    });
  });
});
