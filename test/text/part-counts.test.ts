import assert from 'node:assert/strict';
import fc from 'fast-check';
import { measure } from '../../src/text';
import { needs } from '../support/skip';
import { BASIC, EXTENDED } from './alphabets';

describe('part counts', () => {
  let count: (text: string) => [encoding: string, segments: number];

  before(function () {
    const loaded = needs(this, 'sms-segments-calculator');
    count = (text) => {
      const { encodingName, segmentsCount } = new loaded.SegmentedMessage(text);
      return [encodingName === 'GSM-7' ? 'gsm0338' : 'ucs2', segmentsCount];
    };
  });

  const counted = (text: string): [string, number] => {
    const { encoding, segments } = measure(text);
    return [encoding, segments];
  };

  it('equal those of sms-segments-calculator', () => {
    const units = [
      fc.constantFrom(...BASIC, ...EXTENDED),
      fc.constantFrom(...Array.from('абв漢字🎉😀 abc')),
      fc.constantFrom('е\u0301', 'a\u0300\u0301', 'ж', 'b'),
      fc.constantFrom('👨‍👩‍👧', '🇩🇪', '👍🏽', 'ж'),
      fc.constantFrom('\r\n', '€', 'a', 'ж'),
    ];
    for (const unit of units) {
      const texts = fc.string({ unit, maxLength: 500 });
      fc.assert(
        fc.property(texts, (text) => assert.deepEqual(counted(text), count(text))),
        { numRuns: 200 },
      );
    }
    for (const character of ['a', '€', 'я', '😀']) {
      for (let size = 0; size < 320; size++) {
        const text = character.repeat(size);
        assert.deepEqual(counted(text), count(text), `${size} × ${character}`);
      }
    }
  });

  it('differ for a sequence longer than a part, which that calculator leaves in one', () => {
    const text = `${'ж'.repeat(60)}a${'\u0301'.repeat(100)}`;
    assert.deepEqual([counted(text)[1], count(text)[1]], [Math.ceil(161 / 67), 2]);
  });
});
