import assert from 'node:assert/strict';
import { MessageError, SmppClient, SmppError } from '../../src/index';
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

  it('leaves alone what another error says in the same words, and what is said already', () => {
    const error = new MessageError('INVALID_FIELD', 'x', 'give it as destination_addr');
    assert.equal(saidInFlow(error).message, 'give it as destination_addr');
    const missing = new MessageError('MISSING_TEXT', 'short_message', 'no text', undefined, 'give it');
    assert.equal(saidInFlow(saidInFlow(missing)).message, saidInFlow(missing).message);
  });

  it('names the actions for the queue of another account', () => {
    const remedy = 'call client.claim()';
    const error = saidInFlow(new SmppError('STORE_ACCOUNT', 'It belongs to another', { remedy }));
    assert.match(error.message, /^It belongs to another; .*msg\.action "claim".*msg\.action "purge"$/);
    assert.doesNotMatch(error.message, /client\./);
  });

  const said = (line: Record<string, unknown>): string => {
    const told: string[] = [];
    const log = (text: string): void => void told.push(text);
    logTo({ log, warn: log, error: log, debug: log, trace: log })({ level: 'warn', ...line });
    return told[0] ?? '';
  };

  for (const [line, expected] of [
    [{ event: 'ack', stage: 'timeout', ack_id: 'x-1' }, /smpp-out with msg\.action "ack"/],
    [{ event: 'ack', stage: 'timeout' }, /the smpp-in nodes were not done/],
    [{ event: 'reading', stage: 'paused' }, /^the flow is slow/],
    [{ event: 'reading', stage: 'refusing' }, /faster than the flow takes them/],
  ] as const)
    it(`tells of ${line.event} ${line.stage}${'ack_id' in line ? ' by hand' : ''} by event and stage, whatever the text`, () =>
      assert.match(said({ ...line, msg: 'the handlers of the library' }), expected));

  it('leaves other lines alone', () =>
    assert.match(said({ event: 'reading', stage: 'taking', msg: 'room again' }), /^room again/));
});
