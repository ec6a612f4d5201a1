import * as assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { parseReceipt } from '../../src/text';
import { receiptFields, standardFields } from '../../src/text/receipt/fields';

const STANDARD =
  'id:0123456789 sub:001 dlvrd:001 submit date:2607011200 done date:2607011201 stat:DELIVRD err:000 text:Hello';

/** Texts that are nearly, and mostly exactly, the layout of the specification. */
function layouts(): fc.Arbitrary<string> {
  const word = fc.string({
    unit: fc.constantFrom(
      '0',
      'a',
      'Z',
      '_',
      '-',
      '.',
      ':',
      ';',
      ',',
      '|',
      '=',
      '@',
      ' ',
      '\0',
      '\u00a0',
      '\n',
    ),
    maxLength: 6,
  });
  const usual = (value: string): fc.Arbitrary<string> =>
    fc.oneof({ weight: 6, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: word });
  const label = (value: string): fc.Arbitrary<string> =>
    fc.oneof(
      { weight: 8, arbitrary: fc.constant(value) },
      { weight: 1, arbitrary: fc.constant(value.toUpperCase()) },
      { weight: 1, arbitrary: word },
    );
  return fc
    .tuple(
      ...[label('id:'), usual('0123456789'), label(' sub:'), usual('001'), label(' dlvrd:'), usual('001')],
      ...[label(' submit date:'), usual('2607011200'), label(' done date:'), usual('260701120130')],
      ...[label(' stat:'), usual('DELIVRD'), label(' err:'), usual('0a_'), label(' text:')],
      fc.string({
        unit: fc.oneof(fc.constantFrom(':', ' ', 'stat:', 'id:', '{'), fc.string()),
        maxLength: 8,
      }),
    )
    .map((parts) => Buffer.from(parts.join(''), 'latin1').toString('latin1'));
}

describe('the standard layout of receipts', () => {
  it('is read in one pass', () => {
    assert.ok(standardFields(Buffer.from(STANDARD), STANDARD));
  });

  it('has the same fields as any layout where it is read in one pass', () => {
    let read = 0;
    fc.assert(
      fc.property(layouts(), (text) => {
        const fields = standardFields(Buffer.from(text, 'latin1'), text);
        if (!fields) return;
        read++;
        assert.deepEqual(fields, receiptFields(text));
      }),
      { numRuns: 3000 },
    );
    assert.ok(read > 300, `${read} were`);
  });

  it('gives the same receipt from octets as from their text', () => {
    const instants = fc.constantFrom('', 'Europe/Berlin', '+02:00');
    fc.assert(
      fc.property(layouts(), instants, (written, timeZone) => {
        // Octets with a NUL in every other place are UCS2.
        const text = written.replaceAll('\0', ' ');
        const options = { timeZone, esm_class: 4 };
        assert.deepEqual(
          parseReceipt(Buffer.from(text, 'latin1'), {}, options),
          parseReceipt(text, {}, options),
        );
      }),
      { numRuns: 500 },
    );
  });
});
