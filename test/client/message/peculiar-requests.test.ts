import assert from 'node:assert/strict';
import { encodePdu } from '../../../src/protocol';
import { Scenes } from '../setup';

describe('A request of a centre', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('is answered with its number above 0x7fffffff, and taken with a service_type that is too long', async () => {
    const { peer, told } = await scenes.bound();
    const link = await peer.link();
    const short_message = Buffer.from('Hi');
    const octets = encodePdu({ command: 'deliver_sm', source_addr: '49151', short_message });
    // service_type has at most five characters.
    const long = Buffer.concat([octets.subarray(0, 16), Buffer.from('smscsim'), octets.subarray(16)]);
    long.writeUInt32BE(long.length, 0);
    long.writeUInt32BE(0xfedcba98, 12);
    link.write(long);
    const answer = await link.response(0xfedcba98);
    assert.deepEqual([answer.command, answer.command_status], ['deliver_sm_resp', 0]);
    assert.deepEqual(
      told('message').map(({ payload }) => payload),
      ['Hi'],
    );
  });
});
