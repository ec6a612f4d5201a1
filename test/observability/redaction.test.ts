import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createLog } from '../../src/observability';

type Line = Record<string, unknown>;

function written(facts: Line, options: Parameters<typeof createLog>[0] = {}): string {
  let text = '';
  createLog({ ...options, lines: (line) => (text += line) }).info(facts, 'a sentence');
  return text;
}

const SECRET = 'correct-horse';
const OPTIONS = { secrets: [SECRET, 'abc'] };

describe('Redaction', () => {
  it('finds hidden fields at any depth, in lists, errors and objects with a toJSON', () => {
    const names = ['password', 'queueUrl', 'short_message', 'message_payload', 'destination_addr'];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('object', 'list', 'error', 'json', 'class'), { maxLength: 12 }),
        fc.constantFrom(...names),
        (layers, name) => {
          let facts: unknown = { [name]: '4915112345678 hush' };
          for (const layer of layers) {
            const inner = facts;
            if (layer === 'object') facts = { inner };
            if (layer === 'list') facts = { list: [1, inner] };
            if (layer === 'error') facts = Object.assign(new Error('failed', { cause: inner }), { inner });
            if (layer === 'json') facts = { toJSON: () => inner };
            if (layer === 'class')
              facts = new (class {
                inner = inner;
              })();
          }
          const text = written({ facts });
          assert.ok(
            !text.includes('4915112345678') && (name === 'destination_addr' || !text.includes('hush')),
            text,
          );
        },
      ),
    );
  });

  it('has nothing of passwords and whole numbers in what an error says, its causes and its stack', () => {
    const cause = new Error(`login failed for ${SECRET}`);
    const error = Object.assign(new Error('redis://me:p%40ss@host/0 refused 4915112345678', { cause }), {
      url: 'amqp://me:p%40ss@host',
      errors: [new Error(`again ${SECRET}`)],
    });
    for (const facts of [
      { err: error },
      { err: error.message, reason: cause.message },
      { state: { error } },
    ]) {
      const text = written(facts, OPTIONS);
      for (const word of [SECRET, 'p%40ss', '4915112345678']) assert.ok(!text.includes(word), text);
    }
    assert.match(error.message, /p%40ss/);
    assert.match(written({ err: error }, { ...OPTIONS, messageText: true }), /4915112345678/);
    assert.doesNotMatch(written({ err: error }, { ...OPTIONS, messageText: true }), /p%40ss|correct-horse/);
  });

  it('leaves short passwords in words of errors, which may be ordinary ones', () => {
    assert.match(written({ err: 'abc is no number' }, OPTIONS), /abc is no number/);
  });

  it('shows octets by their number alone, unless texts are asked for', () => {
    const facts = { octets: Buffer.from('hush') };
    assert.match(written(facts), /"octets":"\(4 octets\)"/);
    assert.match(written(facts, { messageText: true }), /"octets":\{"type":"Buffer"/);
  });

  it('ends with circles, and with objects that throw', () => {
    const circle: Line = {};
    circle['circle'] = circle;
    const hostile = {
      get name(): never {
        throw new Error('no');
      },
    };
    const proxy = new Proxy({}, { ownKeys: () => assert.fail('no') });
    assert.match(written({ circle, hostile, proxy }), /a sentence/);
  });

  it('leaves objects as they were', () => {
    const facts = { password: 'secret', list: [{ text: 'hush' }] };
    written(facts);
    assert.deepEqual(facts, { password: 'secret', list: [{ text: 'hush' }] });
  });
});
