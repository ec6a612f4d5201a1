import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  PduError,
  encodeBroadcastArea,
  encodeContentType,
  encodeFrequencyInterval,
} from '../../../src/protocol';

const FORMATS = fc.constantFrom('alias', 'ellipsoid_arc', 'polygon', 'circle');
const ENCODERS = [encodeBroadcastArea, encodeContentType, encodeFrequencyInterval] as ((
  value: never,
) => Buffer)[];

describe('what is given of a broadcast', () => {
  it('becomes octets, or is refused by its field in a short sentence, whatever it is', () => {
    const shaped = fc
      .tuple(
        FORMATS,
        fc.dictionary(fc.constantFrom('alias', 'points', 'latitude', 'longitude'), fc.anything()),
      )
      .map(([format, fields]) => ({ ...fields, format }));
    fc.assert(
      fc.property(fc.oneof(fc.anything(), shaped, fc.string()), (value) => {
        for (const encode of ENCODERS) {
          try {
            assert.ok(Buffer.isBuffer(encode(value as never)));
          } catch (error) {
            assert.ok(error instanceof PduError, String(error));
            assert.match(String(error.field), /^broadcast_/);
            assert.ok(error.message.length < 1000);
          }
        }
      }),
    );
  });
});
