import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TextError, divideNumbers, resolveAddress } from '../../src/text';
import { rounds } from '../support/rounds';

const source = (text: string): string => show(resolveAddress(text, { role: 'source' }));
const destination = (text: string): string => show(resolveAddress(text, { role: 'destination' }));
const show = ({ addr, ton, npi }: { addr: string; ton: number; npi: number }): string =>
  `${addr} ${ton}/${npi}`;

describe('addresses', () => {
  it('with a prefix are international, without it', () => {
    for (const text of [
      '+491701234567',
      '00491701234567',
      '+49 170 123-45.67',
      '+49 (170)/1234567',
      ' +491701234567 ',
    ]) {
      assert.equal(destination(text), '491701234567 1/1', text);
    }
  });

  it('lose the zero that is dialled within the country only', () => {
    for (const text of ['+44 (0)20 7946 0958', '0044 (0) 20 7946 0958', '+44(0)2079460958']) {
      assert.equal(destination(text), '442079460958 1/1', text);
      assert.match(show(resolveAddress(text, { role: 'source', ton: 1 })), /442079460958 1\/1$/, text);
    }
    assert.equal(destination('(0)20 7946 0958'), '02079460958 2/1');
  });

  it('lose marks of direction around a number', () => {
    assert.equal(destination('\u202a+49 170 1234567\u202c'), '491701234567 1/1');
    assert.equal(destination('491701234567\u200e'), '491701234567 1/1');
    assert.throws(() => source('My\u200eShop'), { code: 'INVALID_ADDRESS' });
  });

  it('of seven digits and more are international, with a zero before them national', () => {
    assert.equal(destination('254722111111'), '254722111111 1/1');
    assert.equal(destination('1234567'), '1234567 1/1');
    assert.equal(destination('0170 1234567'), '01701234567 2/1');
  });

  it('of up to six digits are short codes', () => {
    for (const text of ['12345', '112', '7', '012345']) assert.equal(source(text), `${text} 3/0`);
    assert.equal(destination('12345'), '12345 3/0');
  });

  it('with letters are alphanumeric senders', () => {
    assert.equal(source('MyCompany'), 'MyCompany 5/0');
    assert.equal(source('Shop 24'), 'Shop 24 5/0');
    assert.equal(source('A[1]'), 'A[1] 5/0');
    assert.equal(source('Nine_Char]'), 'Nine_Char] 5/0');
  });

  it('may be left to the centre, for senders', () => {
    assert.equal(source(''), ' 0/0');
    assert.equal(source('  '), ' 0/0');
  });

  it('take type and plan that are given', () => {
    const as = (text: string, ton: number, npi?: number): string =>
      show(resolveAddress(text, { role: 'source', ton, npi }));
    assert.equal(as('0170 1234567', 0), '01701234567 0/0');
    assert.equal(as('+491701234567', 1), '491701234567 1/1');
    assert.equal(as('12345', 5), '12345 5/0');
    assert.equal(as('MyCompany', 0, 1), 'MyCompany 0/1');
    assert.equal(as('12345', 6), '12345 6/1');
    assert.equal(show(resolveAddress('254722111111', { role: 'destination', npi: 8 })), '254722111111 1/8');
  });

  it('may be as long as their kind allows', () => {
    assert.equal(destination('+123456789012345'), '123456789012345 1/1');
    assert.equal(destination('+123'), '123 1/1');
    assert.equal(destination('01234567890123456789'), '01234567890123456789 2/1');
    assert.equal(source('ElevenChars'), 'ElevenChars 5/0');
    assert.equal(show(resolveAddress('a'.repeat(20), { role: 'source', ton: 0 })), `${'a'.repeat(20)} 0/0`);
  });

  it('lose punctuation only where they are dialled', () => {
    assert.equal(destination('12-345'), '12345 3/0');
    assert.equal(source('12+34'), '12+34 5/0');
    assert.equal(source('-'), '- 5/0');
    assert.equal(show(resolveAddress(' 1-2 ', { role: 'source', ton: 5 })), '1-2 5/0');
    assert.equal(show(resolveAddress(' 1-2 ', { role: 'source', ton: 3 })), '12 3/0');
    assert.equal(show(resolveAddress('', { role: 'source', ton: 1 })), ' 1/1');
    assert.equal(show(resolveAddress('55', { role: 'destination', ton: 2 })), '55 2/1');
  });

  it('name the character at fault and its place', () => {
    const refused = (text: string, role: 'source' | 'destination'): unknown => {
      try {
        return resolveAddress(text, { role });
      } catch (error) {
        return error instanceof TextError ? [error.character, error.position] : error;
      }
    };
    assert.deepEqual(refused('abЖ', 'source'), ['Ж', 2]);
    assert.deepEqual(refused('abü', 'source'), ['ü', 2]);
    assert.deepEqual(refused('TooLongByFar', 'source'), [undefined, undefined]);
  });

  it('are refused with the reason', () => {
    const refused: readonly (readonly [text: string, role: 'source' | 'destination', message: RegExp])[] = [
      ['', 'destination', /"" cannot be the recipient \(destination_addr\): it is empty/],
      ['MyCompany', 'destination', /a recipient is a number/],
      ['+1234567890123456', 'destination', /16 digits, an international number has 15/],
      ['+12', 'destination', /too few digits/],
      ['+0170 1234567', 'destination', /does not begin with 0/],
      ['000491701234567', 'destination', /does not begin with 0/],
      ['012345678901234567890', 'destination', /21 characters, the field holds 20/],
      ['ExtraLongName', 'source', /11 characters at most, this one has 13\./],
      ['TenChars[]', 'source', /11 characters at most, this one has 12 \(of .* each counts twice\)/],
      ['Grüße', 'source', /ASCII only, "ü"/],
      ['Шоп', 'source', /GSM alphabet only, "Ш"/],
      ['a\u0000b', 'source', /GSM alphabet only/],
    ];
    for (const [text, role, message] of refused) {
      const field = role === 'source' ? 'source_addr' : 'destination_addr';
      assert.throws(() => resolveAddress(text, { role }), { code: 'INVALID_ADDRESS', field, message }, text);
    }
    assert.throws(() => resolveAddress('', { role: 'destination', ton: 1 }), { code: 'INVALID_ADDRESS' });
    assert.throws(() => resolveAddress('a'.repeat(21), { role: 'source', ton: 0 }), {
      code: 'INVALID_ADDRESS',
    });
    assert.throws(() => resolveAddress('é', { role: 'source', ton: 0 }), { position: 0, character: 'é' });
  });

  it('lose only what people write within one number', () => {
    const right: readonly (readonly [text: string, as: string])[] = [
      ['+49\u202f170\u00a0123\u20114567', '491701234567 1/1'],
      ['(+44) 20 7946 0958', '442079460958 1/1'],
      ['44 (0)20 7946 0958', '442079460958 1/1'],
      ['01.23.45.67.89', '0123456789 2/1'],
      ['447.700.900.123', '447700900123 1/1'],
      ['+1.7035555555', '17035555555 1/1'],
      ['0171.2345678', '01712345678 2/1'],
      ['(555) 123.4567', '5551234567 1/1'],
      ['0171/1234567', '01711234567 2/1'],
      ['0171 / 123 45 67', '01711234567 2/1'],
      ['+49 30 1234567-0', '493012345670 1/1'],
      ['447700900123\n', '447700900123 1/1'],
    ];
    for (const [text, as] of right) assert.equal(destination(text), as, text);
  });

  it('are no fractions, exponents, dates or lists', () => {
    const wrong: readonly (readonly [text: string, why: RegExp])[] = [
      ['447700900123.0', /may mark a fraction/],
      ['4477009001230.5', /may mark a fraction/],
      ['+447700900123.0', /may mark a fraction/],
      ['+447700900123.00', /may mark a fraction/],
      ['212.5551234', /may mark a fraction/],
      ['4.477E+11', /exponent, which has lost digits/],
      ['4.477e11', /exponent/],
      ['2024-05-01', /may be a date/],
      ['2024\u201305\u201301', /may be a date/],
      ['01.05.2024', /may be a date/],
      ['2024/05/01', /may be a date/],
      ['5/1/24', /may be a date/],
      ['05.2024', /may be a date/],
      ['2024-05', /may be a date/],
      ['12:30', /a recipient is a number/],
      ['-5', /a recipient is a number/],
      ['192.168.10.20', /IP address/],
      ['447700900123\n447700900124', /2 numbers; several recipients are for submit_multi/],
      ['447700900123,447700900124', /submit_multi/],
      ['447700900123;447700900124', /submit_multi/],
      ['447700900123\t447700900124', /submit_multi/],
      ['447700900123|447700900124', /submit_multi/],
      ['447700900123/447700900124', /submit_multi/],
      ['447700900123 und 447700900124', /submit_multi/],
      ['447700900123 / 447700900124', /submit_multi/],
      ['447700900123 447700900124', /submit_multi/],
      ['+447700900123 +447700900124', /submit_multi/],
      ['1234567 7654321', /submit_multi/],
      ['1234567-7654321', /may be two/],
      ['06 12 34 56 78 06 12 34 56 79', /20 digits, a number has 15 at most/],
      ['030123456/030123457', /submit_multi/],
      ['555 1234/555 1235', /slash may divide two/],
      ['24/7', /slash may divide two/],
      ['447,700', /submit_multi/],
      ['447700900123 (2)', /a recipient is a number/],
      ['NaN', /a recipient is a number/],
    ];
    for (const [text, why] of wrong) {
      for (const ton of [undefined, 1])
        if (ton === undefined || !/a recipient/.test(why.source))
          assert.throws(() => resolveAddress(text, { role: 'destination', ton }), why, text);
    }
  });

  it('of senders are no other number either; what is none is a name', () => {
    assert.equal(source('+44 7700 900-123'), '447700900123 1/1');
    assert.equal(source('12 345'), '12345 3/0');
    for (const text of ['4.477E+11', '24/7', '24-7', '3.14', '2024-05-01', '12:30', 'NaN'])
      assert.equal(source(text), `${text} 5/0`, text);
    assert.throws(
      () => source('447700900123.0'),
      /11 characters at most.*no number: a dot may mark a fraction/,
    );
    assert.throws(() => source('447700900123,447700900124'), /no number: it holds 2 numbers\.$/);
    assert.throws(() => source('447700900\n1'), { code: 'INVALID_ADDRESS' });
  });

  it('with * or # are codes', () => {
    assert.equal(source('*120*44#'), '*120*44# 0/0');
    assert.throws(() => destination('*120*44#'), /dest_addr_ton 0 \(destinationTon\)/);
    assert.equal(show(resolveAddress('*120*44#', { role: 'destination', ton: 0 })), '*120*44# 0/0');
    assert.throws(() => destination('44770*****23'), /dest_addr_ton/);
  });

  it('of senders are in Latin-1 where that is agreed', () => {
    const latin1 = (text: string): string =>
      show(resolveAddress(text, { role: 'source', encoding: 'latin1' }));
    assert.equal(latin1('KAUFÖSHOP'), 'KAUFÖSHOP 5/0');
    assert.equal(latin1('Crêperie'), 'Crêperie 5/0');
    assert.throws(() => source('KAUFÖSHOP'), /ASCII only, "Ö" is none; .* set addressEncoding latin1/);
    assert.throws(() => latin1('ΔShop'), /Latin-1 only, "Δ"/);
    assert.throws(() => latin1('KAUFÖSHOPÖÖÖ'), /11 characters at most/);
  });

  it('have all digits of what is written, or are refused, however they are grouped', () => {
    const digits = fc.stringMatching(/^[0-9]{1,6}$/);
    const between = fc.constantFrom(' ', '-', '.', '/', ' (', ') ', ',', '\n', '\u2009', ' +');
    fc.assert(
      fc.property(fc.array(fc.tuple(digits, between), { minLength: 1, maxLength: 6 }), (pairs) => {
        const text = pairs.map(([group, mark]) => group + mark).join('') + '12';
        try {
          const { addr } = resolveAddress(text, { role: 'destination' });
          assert.doesNotMatch(text, /[,\n+]/);
          if (!/\(0\)/.test(text)) assert.equal(addr, text.replace(/\D/g, '').replace(/^00/, ''));
        } catch (error) {
          if (!(error instanceof TextError)) throw error;
        }
      }),
    );
  });

  it('of a list are divided as they are refused', () => {
    const two = ['447700900123', '447700900124'];
    for (const mark of [',', ';', '\n', '\r\n', '\t', '|', ' ', ' / ', '/', ' , ', ' and '])
      assert.deepEqual(divideNumbers(two.join(mark)), two, JSON.stringify(mark));
    assert.deepEqual(divideNumbers('+44 7700 900123 +44 7700 900124'), [
      '+44 7700 900123',
      '+44 7700 900124',
    ]);
    assert.deepEqual(divideNumbers('+49 170 1234567, 0171/1234567;'), ['+49 170 1234567', '0171/1234567']);
  });

  it('fit into their field, or are refused, whatever is written', () => {
    const role = fc.constantFrom('source' as const, 'destination' as const);
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 25 }),
        role,
        fc.option(fc.nat(6), { nil: undefined }),
        (text, which, ton) => {
          try {
            assert.match(resolveAddress(text, { role: which, ton }).addr, /^[\x20-\x7e]{0,20}$/);
          } catch (error) {
            assert.ok(error instanceof TextError);
          }
        },
      ),
      { numRuns: rounds(500) },
    );
  });
});
