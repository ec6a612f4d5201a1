import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LARGEST_RECORD, readForeign } from '../../src/store/foreign';

const read = (text: string) => readForeign(Buffer.from(text));

function refusal(octets: Uint8Array): string {
  const record = readForeign(octets);
  if ('message' in record) return assert.fail('it was taken');
  assert.equal(record.reason.code, 'INVALID_RECORD');
  return record.reason.text;
}

describe('records of other programs', () => {
  it('are JSON objects, with or without a version, which is no field of the message', () => {
    const message = { short_message: 'Grüße', destination_addr: '256700000001' };
    assert.deepEqual(read(JSON.stringify(message)), { message });
    for (const version of [1, '1', 'v1', null])
      assert.deepEqual(read(JSON.stringify({ version, ...message })), { message });
    assert.deepEqual(read(`\ufeff${JSON.stringify(message)}`), { message });
  });

  it('are naz items as they are', () => {
    const item = {
      smpp_event: 'submit_sm',
      short_message: 'Hi',
      correlation_id: '1',
      source_addr: '1',
      destination_addr: '2',
    };
    assert.deepEqual(read(JSON.stringify(item)), { message: item });
  });

  it('of a newer version are refused with what to do', () => {
    for (const version of [2, '2', 'v2', 99])
      assert.match(refusal(Buffer.from(JSON.stringify({ version }))), /^version: .*newer than 1.*update/);
    for (const version of [0, -1, 1.5, '', 'x', {}, true])
      assert.match(refusal(Buffer.from(JSON.stringify({ version }))), /^version: .* is no version; write 1/);
  });

  it('that are nothing of the kind are refused by what they are, without their text', () => {
    assert.match(refusal(Buffer.from('{"secret": ')), /is no JSON/);
    assert.match(refusal(Buffer.from('')), /is no JSON/);
    assert.match(refusal(Buffer.from([0xff, 0xfe, 0x7b])), /no UTF-8/);
    assert.match(refusal(Buffer.from('[{}]')), /is an array/);
    assert.match(refusal(Buffer.from('null')), /is null/);
    assert.match(refusal(Buffer.from('"secret"')), /is a string/);
    assert.match(refusal(Buffer.from('17')), /is a number/);
    assert.match(refusal(Buffer.alloc(LARGEST_RECORD + 1, 0x20)), /1048577 octets long; at most 1048576/);
    assert.doesNotMatch(refusal(Buffer.from('{"secret": ')), /secret/);
  });

  it('of any octets are read or refused, never more', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (octets) => {
          const record = readForeign(octets);
          assert.ok('message' in record ? typeof record.message === 'object' : record.reason.text !== '');
        },
      ),
    );
  });

  it('come back as they were written', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key !== 'version'),
          fc.jsonValue(),
        ),
        (message) => {
          const record = read(JSON.stringify(message));
          assert.ok('message' in record);
          assert.equal(JSON.stringify(record.message), JSON.stringify(JSON.parse(JSON.stringify(message))));
        },
      ),
    );
  });
});
