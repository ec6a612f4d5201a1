import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TextError, resolveAddress } from '../../src/text';

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
      '+49 (170) 123/4567',
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
      { numRuns: 500 },
    );
  });
});
