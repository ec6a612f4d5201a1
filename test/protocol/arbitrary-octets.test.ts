import assert from 'node:assert/strict';
import fc from 'fast-check';
import { COMMANDS, decodePdu, encodePdu, PduError, PduFramer, stripTlvs } from '../../src/protocol';
import { buffers, pdus } from '../support/pdus';
import { rounds } from '../support/rounds';

const ids = Object.values(COMMANDS).map(({ id }) => id);

/** Runs it; only a PduError may be thrown. */
function onlyPduError(run: () => void): void {
  try {
    run();
  } catch (error) {
    assert(error instanceof PduError, String(error));
  }
}

function takeApart(octets: Buffer): void {
  onlyPduError(() => {
    const pdu = decodePdu(octets);
    assert.equal(pdu.flaws?.length === 0, false);
    onlyPduError(() => encodePdu(pdu));
  });
}

describe('arbitrary octets raise nothing but PduError', () => {
  it('as a PDU', () => {
    fc.assert(fc.property(buffers(0, 80), takeApart), { numRuns: rounds(500) });
  });

  it('as the body of any command', () => {
    const property = fc.property(
      fc.constantFrom(...ids, 0x110),
      fc.constantFrom(0, 8),
      fc.oneof(
        buffers(0, 200),
        fc.array(fc.constantFrom(0, 1, 2, 4, 0x31), { maxLength: 80 }).map(Buffer.from),
      ),
      (id, status, body) => {
        const header = Buffer.alloc(16);
        [16 + body.length, id, status, 1].forEach((value, at) => header.writeUInt32BE(value, at * 4));
        takeApart(Buffer.concat([header, body]));
        onlyPduError(() => stripTlvs(id, body));
      },
    );
    fc.assert(property, { numRuns: rounds(2000) });
  });

  it('as a valid PDU in which octets are changed, added or lost', () => {
    const property = fc.property(
      pdus(),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: -5, max: 5 }),
      (pdu, changes, longer) => {
        const valid = encodePdu(pdu);
        const octets = Buffer.alloc(Math.max(16, valid.length + longer));
        valid.copy(octets);
        for (const [at, octet] of changes) {
          if (octets.length > 16) octets[16 + (at % (octets.length - 16))] = octet;
        }
        octets.writeUInt32BE(octets.length, 0);
        takeApart(octets);
      },
    );
    fc.assert(property, { numRuns: rounds(1000) });
  });

  it('as a stream', () => {
    const property = fc.property(fc.array(buffers(0, 40)), (chunks) => {
      const framer = new PduFramer();
      onlyPduError(() => {
        for (const chunk of chunks) for (const pdu of framer.push(chunk)) takeApart(pdu);
      });
    });
    fc.assert(property, { numRuns: rounds(500) });
  });
});
