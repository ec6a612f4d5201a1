import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TextError, compileReceiptPattern, parseReceipt } from '../../src/text';
import { rounds } from '../support/rounds';

const groups = (pattern: string | RegExp, text: string): unknown => {
  const fields = compileReceiptPattern(pattern).match(text);
  return fields && { ...fields };
};

describe("a user's own receipt pattern", () => {
  it('gives the fields by the names of its groups', () => {
    const pattern = compileReceiptPattern('REF (?<id>\\w+) IS (?<stat>[A-Z]+)(?: AT (?<done_date>\\d+))?');
    assert.deepEqual(parseReceipt('>> REF a1 IS FAILED AT 2603041405', {}, { pattern }), {
      message_id: 'a1',
      state: 'FAILED',
      final: true,
      done_date: '2026-03-04T14:05:00.000Z',
    });
    assert.deepEqual(parseReceipt('REF a1 IS DELIVERED', {}, { pattern }), {
      message_id: 'a1',
      state: 'DELIVRD',
      final: true,
    });
  });

  it('is tried first; the standard text is still read', () => {
    const pattern = 'nothing like (?<id>this)';
    assert.equal(parseReceipt('id:7 stat:DELIVRD', {}, { pattern })?.message_id, '7');
    assert.equal(parseReceipt('Hello', {}, { pattern }), undefined);
  });

  it("understands Python's spelling, as in vumi's configuration", () => {
    const vumi =
      'id:(?P<id>\\S{,65}) +sub:(?P<sub>.{1,3}) +dlvrd:(?P<dlvrd>.{1,3}) +submit date:(?P<submit_date>\\d*) +done date:(?P<done_date>\\d*) +stat:(?P<stat>[A-Z]{5,7}) +err:(?P<err>.{1,3}) +[Tt]ext:(?P<text>.{,20}).*';
    const text =
      'id:ab sub:1 dlvrd:1 submit date:26 done date:27 stat:DELIVRD err:0 text:Hello there, how are you?';
    assert.deepEqual(groups(vumi, text), {
      id: 'ab',
      sub: '1',
      dlvrd: '1',
      submit_date: '26',
      done_date: '27',
      stat: 'DELIVRD',
      err: '0',
      text: 'Hello there, how are',
    });
  });

  it('takes a regular expression, and ignores case on request', () => {
    assert.deepEqual(groups(/ID=(?<id>\d+)/i, 'id=12'), { id: '12' });
    assert.deepEqual(groups('(?i)ID=(?<id>\\d+)', 'id=12'), { id: '12' });
    assert.equal(groups('ID=(?<id>\\d+)', 'id=12'), undefined);
  });

  it('finds what the engine of the language finds', () => {
    const patterns = [
      '(?<id>a+)b',
      '(?<id>a*?)(?<stat>b?)c',
      '(?<id>a|ab)(?<stat>c|bcd)?(?<err>d*)',
      '^(?<id>[^b]*)b{2,3}(?<stat>.?)$',
      '(?:(?<id>a)|(?<stat>b))+',
      '(?<id>\\w+)\\b(?<stat>\\W)\\B',
      '(?<id>(?:ab|a)(?:bc|c)?)(?<stat>[a-c]*?)$',
      '(?<id>\\x61\\u0062|\\d\\s|[\\d\\-x]+)(?<stat>.*)',
      '(?<id>a{0}b{1}c{,2})'.replace('{,2}', '{0,2}'),
      '(?<id>[^\\s\\d]+)(?<stat>\\D?)',
    ];
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ' ', '1', '-', '\n'), { maxLength: 12 });
    for (const pattern of patterns) {
      const native = new RegExp(pattern);
      const own = compileReceiptPattern(pattern);
      fc.assert(
        fc.property(text, (characters) => {
          const written = characters.join('');
          const expected = native.exec(written)?.groups;
          const found = own.match(written);
          for (const name of ['id', 'stat', 'err'] as const) {
            // Groups within a repetition keep their last value here, and are reset there.
            if (pattern.includes('+') && pattern.startsWith('(?:')) continue;
            assert.equal(found?.[name], expected?.[name], `${pattern} on ${JSON.stringify(written)}`);
          }
          assert.equal(found === undefined, expected === undefined);
        }),
        { numRuns: rounds(300) },
      );
    }
  });

  it('knows sets, shorthands and repetitions', () => {
    const matches: readonly (readonly [pattern: string, text: string, id: string | undefined])[] = [
      ['[^\\S\\d](?<id>[\\D]+)', '7 ab1', 'ab'],
      ['(?<id>[\\W]+)', 'ab-.c', '-.'],
      ['(?<id>[^\\W_]+)', '_ab_', 'ab'],
      ['(?<id>[a\\-c]+)', 'b-ca', '-ca'],
      ['(?<id>[a-]+)', 'b-a', '-a'],
      ['(?<id>[-a]+)', 'b-a', '-a'],
      ['(?<id>[\\]x]+)', 'a]x', ']x'],
      ['(?<id>[\\b\\n\\x41]+)', 'a\b\nA', '\b\nA'],
      ['(?<id>\\.\\/\\-)', 'a./-', './-'],
      ['(?<id>\\t\\r\\f\\v\\0)', '\t\r\f\v\0', '\t\r\f\v\0'],
      ['(?<id>.+)', 'a\u2028b', 'a'],
      ['(?<id>a{2})', 'aaa', 'aa'],
      ['(?<id>a{2,})', 'aaa', 'aaa'],
      ['(?<id>a{,2})', 'aaa', 'aa'],
      ['(?<id>a{1,2}?)', 'aaa', 'a'],
      ['(?<id>a??)b', 'ab', 'a'],
      ['(?<id>a{})', 'a{}', 'a{}'],
      ['(?<id>a{,})', 'a{,}', 'a{,}'],
      ['(?<id>x|)y', 'y', ''],
      ['^(?<id>b)', 'ab', undefined],
      ['(?<id>a)$', 'ab', undefined],
      ['\\b(?<id>b)', 'ab', undefined],
      ['\\B(?<id>b)', 'ab', 'b'],
      ['(?<id>[\\s]+)', 'a \u00a0\u3000b', ' \u00a0\u3000'],
    ];
    for (const [pattern, text, id] of matches) {
      assert.equal(compileReceiptPattern(pattern).match(text)?.id, id, pattern);
    }
    const kelvin = compileReceiptPattern('(?i)(?<id>[a-c]É)');
    assert.deepEqual([kelvin.match('Bé')?.id, kelvin.match('dé')?.id], ['Bé', undefined]);
  });

  it('keeps the first of groups that share a name, and finds nothing beyond 1000 characters', () => {
    assert.equal(compileReceiptPattern('x(?<id>1)|y(?<id>2)').match('y2')?.id, '2');
    assert.equal(compileReceiptPattern('(?<message_id>\\d)').match('7')?.id, '7');
    assert.equal(compileReceiptPattern('(?<state>\\w+)').match('GONE')?.stat, 'GONE');
    assert.equal(compileReceiptPattern('(?<id>b)').match(`${'a'.repeat(999)}b`)?.id, 'b');
    assert.equal(compileReceiptPattern('(?<id>b)').match(`${'a'.repeat(1000)}b`), undefined);
  });

  it('takes bounded time where others take for ever', () => {
    const start = process.cpuUsage().user;
    for (const pattern of ['(?<id>(a+)+)$', '(?<id>(a|a)*)$', '(?<id>.*.*.*.*.*.*)=', '(?<id>(a*)*)b']) {
      compileReceiptPattern(pattern).match(`${'a'.repeat(5000)}!`);
    }
    assert.ok(process.cpuUsage().user - start < 2_000_000);
  });

  it('is refused, with the reason, where it cannot be bounded or used', () => {
    const refused: readonly (readonly [pattern: string, message: RegExp])[] = [
      ['(?=a)(?<id>x)', /look-ahead/],
      ['(?<!a)(?<id>x)', /look-behind/],
      ['(?<id>a)\\1', /"\\1" is not supported/],
      ['(?<id>a)\\k<id>', /"\\k" is not supported/],
      ['(?<id>a', /"\)" is missing/],
      ['(?<id>a))', /"\)" too many/],
      ['(?<id>[a', /ends too early/],
      ['(?<id>[z-a])', /out of order/],
      ['(?<id>\\xg1)', /hexadecimal/],
      ['(?<id>a{3,2})', /repetition/],
      ['(?<id>a{1001})', /repetition/],
      ['(?<id>(?:a{100}){100})', /too large/],
      ['*(?<id>a)', /nothing to repeat/],
      ['(?<foo>a)', /no use for a group foo/],
      ['abc', /needs a group named id or stat/],
      [`${'('.repeat(100)}(?<id>a)${')'.repeat(100)}`, /groups within/],
      ['(?<id>a)\\', /ends too early/],
    ];
    for (const [pattern, message] of refused) {
      assert.throws(() => compileReceiptPattern(pattern), { code: 'INVALID_PATTERN', message }, pattern);
    }
    assert.throws(() => parseReceipt('x', {}, { pattern: '(' }), TextError);
  });

  it('compiles or refuses any pattern', () => {
    const piece = fc.constantFrom(
      '(',
      ')',
      '(?<id>',
      '(?:',
      '[',
      ']',
      '^',
      '$',
      '-',
      'a',
      'b',
      '\\',
      '{1,2}',
      '*',
      '+',
      '?',
      '|',
      '.',
      'd',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
        try {
          compileReceiptPattern(pieces.join('')).match('abab ab');
        } catch (error) {
          assert.ok(error instanceof TextError, String(error));
        }
      }),
      { numRuns: rounds(2000) },
    );
  });
});
