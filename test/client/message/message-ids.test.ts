import assert from 'node:assert/strict';
import fc from 'fast-check';
import { relationOf } from '../../../src/client/inbound/id-evidence';
import {
  candidates,
  commonKeys,
  readNumber,
  sameAddress,
  tellsNotations,
  type IdFormats,
} from '../../../src/client/inbound/message-ids';
import { foldedId } from '../../../src/store';
import { rounds } from '../../support/rounds';

const AUTO: IdFormats = { response: 'auto', receipt: 'auto' };
const numbers = fc.bigInt({ min: 0n, max: 2n ** 128n });
const notation = fc.constantFrom('decimal' as const, 'hex' as const);

/** A number as some centre writes it. */
function write(number: bigint, how: 'decimal' | 'hex', width: number, upper: boolean): string {
  const text = number.toString(how === 'hex' ? 16 : 10).padStart(width, '0');
  return upper ? text.toUpperCase() : text;
}

describe('A message_id', () => {
  it('of a response is among the candidates of its receipt, however the two are written', () => {
    const width = fc.constantFrom(0, 8, 10, 40);
    fc.assert(
      fc.property(
        numbers, notation, notation, width, width, fc.boolean(), fc.boolean(),
        (number, response, receipt, wide, other, upper, shout) => {
          const responseId = write(number, response, wide, upper);
          const receiptId = write(number, receipt, other, shout);
          const ways = candidates(receiptId, AUTO, [8, 10, 40]).map(({ id }) => id);
          const folded = foldedId(responseId);
          assert.ok([receiptId, ...ways].map(foldedId).includes(folded), `${responseId} by ${receiptId}`);
          const said = candidates(receiptId, { response, receipt }, [wide]).map(({ id }) => id);
          assert.ok([receiptId, ...said].map(foldedId).includes(folded));
          assert.ok(relationOf(responseId, receiptId, AUTO));
          assert.ok(relationOf(responseId, receiptId, { response, receipt }));
          const keys = commonKeys(responseId);
          assert.ok(commonKeys(receiptId).some((key) => keys.includes(key)));
        },
      ),
    ); // prettier-ignore
  });

  it('has few candidates, whatever it is, never itself, and each once', () => {
    const texts = fc.oneof(fc.string({ maxLength: 80 }), fc.stringMatching(/^[0-9a-fA-F]{0,80}$/));
    fc.assert(
      fc.property(texts, (text) => {
        const ids = candidates(text, AUTO, [8, 10, 16, 20]).map(({ id }) => id);
        assert.ok(ids.length <= 40, `${ids.length}`);
        assert.equal(new Set(ids).size, ids.length);
        assert.equal(ids.includes(text), false);
      }),
    );
  });

  it('of one notation has other zeros first, for case is none of them', () => {
    const [first] = candidates('00ff', { response: 'auto', receipt: 'hex' });
    assert.deepEqual(first, { id: 'ff', response: 'hex', receipt: 'hex' });
  });

  it('taken as text is nothing but itself', () => {
    for (const formats of [
      { response: 'text', receipt: 'text' },
      { response: 'text', receipt: 'auto' },
      { response: 'hex', receipt: 'text' },
    ] as const) {
      assert.deepEqual(candidates('10', formats), []);
      assert.equal(relationOf('16', '10', formats), undefined);
    }
  });

  it('that is too long, empty or no number is none', () => {
    for (const id of ['', 'xyz', '0x', 'a-b', '1'.repeat(65)]) {
      assert.equal(readNumber(id, 'hex'), undefined, id);
      assert.equal(readNumber(id, 'decimal'), undefined, id);
    }
    assert.deepEqual(
      [readNumber('0x1F', 'hex'), readNumber('007', 'decimal'), readNumber('0', 'decimal')],
      ['31', '7', '0'],
    );
  });

  it('tells the notations only beside one that cannot be of the same', () => {
    const hexDecimal = { response: 'hex', receipt: 'decimal' };
    assert.deepEqual(tellsNotations('3f2a', '16170'), hexDecimal);
    assert.deepEqual(tellsNotations('16170', '3F2A'), { response: 'decimal', receipt: 'hex' });
    assert.equal(tellsNotations('10', '16'), undefined);
    assert.equal(tellsNotations('3f2a', '3F2A'), undefined);
    assert.equal(tellsNotations('3f2a', '16171'), undefined);
    assert.equal(tellsNotations('3f2a-x', '16170'), undefined);
  });
});

describe('The address of a receipt', () => {
  for (const [one, other, same] of [
    ['491511234567', '491511234567', true],
    ['+49 151 1234567', '491511234567', true],
    ['00491511234567', '491511234567', true],
    ['01511234567', '491511234567', true],
    ['Shop', 'SHOP', true],
    ['491511234567', '491511234568', false],
    ['70123', '4970123', false],
    ['', '491511234567', false],
    ['', '', false],
    ['Shop', '491511234567', false],
    ['0', '00', false],
  ] as const) {
    it(`${JSON.stringify(one)} is ${same ? '' : 'not '}that of ${JSON.stringify(other)}`, () => {
      assert.equal(sameAddress(one, other), same);
      assert.equal(sameAddress(other, one), same);
    });
  }

  it('is compared from its end, and with the same result as by all of its digits', () => {
    const significant = (address: string): string =>
      /^[\d+() ./-]+$/.test(address) ? address.replace(/\D/g, '').replace(/^0+/, '') : '';
    const bySignificance = (one: string, other: string): boolean => {
      if (one === '' || other === '') return false;
      if (one.toLowerCase() === other.toLowerCase()) return true;
      const [a, b] = [significant(one), significant(other)];
      if (a === '' || b === '') return false;
      const [short, long] = a.length < b.length ? [a, b] : [b, a];
      return short === long || (short.length >= 7 && long.endsWith(short));
    };
    const signs = fc.constantFrom('0', '0', '0', '1', '2', '3', '(', '+', ' ', '-', 'a', 'A');
    const address = fc.string({ unit: signs, maxLength: 14 });
    const pair = fc.oneof(
      fc.tuple(address, address),
      fc.tuple(address, address, address).map(([front, other, end]) => [front + end, other + end] as const),
    );
    fc.assert(
      fc.property(pair, ([one, other]) => assert.equal(sameAddress(one, other), bySignificance(one, other))),
      { numRuns: rounds(5000) },
    );
  });
});
