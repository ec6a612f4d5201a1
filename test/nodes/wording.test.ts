import assert from 'node:assert/strict';
import { MessageError, SmppClient } from '../../src/index';
import { logTo } from '../../nodes/log-bridge';
import { saidInFlow } from '../../nodes/wording';

describe('What the engine says, in a flow', () => {
  const client = new SmppClient({ autoConnect: false });
  after(() => client.stop());

  for (const [what, message, expected] of [
    ['a recipient', { short_message: 'x' }, 'give it as msg.topic, in the node, or as destination_addr'],
    ['a text', { destination_addr: '1' }, 'give it as msg.payload, in the node, or as short_message'],
  ] as const)
    it(`names where a flow gives ${what}`, async () => {
      const error = await client.enqueue(message).catch((failure: unknown) => failure);
      assert.ok(error instanceof MessageError);
      assert.doesNotMatch(error.message, /msg\.|node/);
      assert.ok(saidInFlow(error).message.includes(expected), error.message);
    });

  it('leaves alone what another error says in the same words', () => {
    const error = new MessageError('INVALID_FIELD', 'x', 'give it as destination_addr');
    assert.equal(saidInFlow(error).message, 'give it as destination_addr');
  });

  it('names the action that acknowledges, in the log', () => {
    const told: string[] = [];
    const log = (text: string): void => void told.push(text);
    const say = logTo({ log, warn: log, error: log, debug: log, trace: log });
    const msg = 'late: acknowledge each message and receipt by its ack_id';
    say({ level: 'warn', event: 'ack', stage: 'timeout', msg });
    assert.match(told[0] ?? '', /smpp-out with msg\.action "ack"/);
  });
});
