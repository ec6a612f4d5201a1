import assert from 'node:assert/strict';
import { COMMANDS } from '../../src/protocol';
import { HELLO, Scenes } from './setup';

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
    await assert.rejects(client.send(HELLO), { code: 'REFUSED' });
    const [response] = told('response');
    assert.equal(response?.command_status, 'ESME_RINVDSTADR');
    assert.deepEqual(
      { ...response.tlvs },
      { additional_status_info_text: 'no credit', congestion_state: 0x63 },
    );
    assert.deepEqual([response['message_id'], told('failure')[0]?.message_ids], ['', []]);
    assert.ok(lines.some((line) => line['congestion_state'] === 0x63 && line['stage'] === 'resized'));
  });
});
