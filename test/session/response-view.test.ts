import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodePdu, encodePdu, readMessageIdResponse, type CodecOptions } from '../../src/protocol';
import { ResponseReader } from '../../src/session/response-view';
import { COMMANDS, type CommandName } from '../../src/protocol/commands';

const RESPONSES = (Object.keys(COMMANDS) as CommandName[]).filter(
  (name) => name.endsWith('_resp') || name === 'generic_nack',
);

function raw(id: number, status: number, body: Uint8Array): Buffer {
  const octets = Buffer.alloc(16 + body.length);
  octets.writeUInt32BE(octets.length, 0);
  octets.writeUInt32BE(id, 4);
  octets.writeUInt32BE(status, 8);
  octets.writeUInt32BE(7, 12);
  octets.set(body, 16);
  return octets;
}

const tlv = fc
  .record({
    tag: fc.constantFrom(0x0428, 0x001d, 0x0423, 0x1403),
    value: fc.uint8Array({ maxLength: 3 }),
    length: fc.option(fc.nat(5), { nil: undefined }),
  })
  .map(({ tag, value, length = value.length }) => [tag >> 8, tag & 0xff, 0, length, ...value]);
const messageId = fc.oneof(
  fc.string({ maxLength: 70 }).map((text) => [...Buffer.from(text, 'latin1')]),
  fc.uint8Array({ maxLength: 70 }).map((octets) => [...octets]),
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 100 }),
  fc
    .tuple(messageId, fc.array(tlv, { maxLength: 3 }), fc.nat(2))
    .map(([id, tlvs, stray]) =>
      Uint8Array.from([...id, 0, ...tlvs.flat(), ...new Array<number>(stray).fill(0)]),
    ),
);
const response = fc
  .tuple(fc.constantFrom(...RESPONSES), fc.constantFrom(0, 0x58, 0xff), body)
  .map(([name, status, octets]) => raw(COMMANDS[name].id, status, octets));

function read(octets: Buffer, options: CodecOptions = {}): ResponseReader {
  const reader = new ResponseReader(options);
  const chunk = Buffer.concat([Buffer.from('before'), octets, Buffer.from('behind')]);
  reader.read(chunk, 6, 6 + octets.length);
  return reader;
}

describe('A response that is read where it lies', () => {
  it('says what decoding it says, whatever its body is', () => {
    fc.assert(
      fc.property(response, (octets) => {
        const pdu = decodePdu(octets);
        const view = read(octets);
        const id = 'message_id' in pdu ? pdu.message_id : '';
        const state = pdu.tlvs.congestion_state;
        assert.equal(view.message_id, id);
        assert.equal(view.congestion_state, typeof state === 'number' ? state : undefined);
        assert.equal(view.sequence_number, 7);
        assert.equal(view.command_id, pdu.command_id);
        if (pdu.command !== 'generic_nack') assert.equal(view.command_status, pdu.command_status);
        assert.notEqual(view.pdu().command_status === 0 && pdu.command === 'generic_nack', true);
        assert.deepEqual(view.octets(), octets);
      }),
      { numRuns: 2000 },
    );
  });

  it('is not decoded where it is as the specification says, with a congestion_state or without', () => {
    for (const command of ['submit_sm_resp', 'data_sm_resp', 'deliver_sm_resp'] as const) {
      for (const tlvs of [{}, { congestion_state: 90 }]) {
        const octets = encodePdu({ command, message_id: 'a'.repeat(64), tlvs });
        const into = { message_id: '', congestion_state: undefined };
        assert.equal(readMessageIdResponse(octets, 0, octets.length, into), true);
        assert.deepEqual(into, { message_id: 'a'.repeat(64), congestion_state: undefined, ...tlvs });
      }
    }
  });

  it('has no congestion_state where a vendor has given its tag to another TLV', () => {
    const octets = encodePdu({ command: 'submit_sm_resp', message_id: '1', tlvs: { congestion_state: 90 } });
    const view = read(octets, { vendorTlvs: [{ tag: 0x0428, name: 'load', type: 'int8' }] });
    assert.equal(view.congestion_state, undefined);
    assert.deepEqual({ ...view.pdu().tlvs }, { load: 90 });
  });

  it('gives copies, which outlive the read buffer, and nothing once it is gone', () => {
    const octets = encodePdu({ command: 'submit_sm_resp', message_id: '1', sequence_number: 3 });
    const reader = new ResponseReader({});
    const chunk = Buffer.from(octets);
    reader.read(chunk, 0, chunk.length);
    const kept = reader.octets();
    reader.release();
    chunk.fill(0);
    assert.deepEqual(kept, octets);
    reader.read(octets, 0, octets.length);
    reader.release();
    assert.throws(() => reader.octets(), /only while its handler runs/);
  });
});
