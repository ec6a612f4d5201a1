import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { maskText } from '../../src/observability';

describe('The text of an error, masked for a log', () => {
  const payload = 'Your code is 483920, dear Ada';

  it('has lengths where it quoted texts, and stars in numbers', () => {
    const given = { payload, topic: '+4915112345678' };
    assert.equal(
      maskText('short_message "Your code is 483920" for "+4915112345678" cannot be encoded', given),
      'short_message (19 characters) for "+49151******78" cannot be encoded',
    );
    assert.equal(maskText('payload "Your code…" is too long', given), 'payload (9 characters) is too long');
    assert.equal(
      maskText("msg.payload ({ otp: '483920' }): no", { payload: { otp: '483920' } }),
      'msg.payload ({ otp: (6 characters) }): no',
    );
  });
  it('has numbers that are written with spaces, or not quoted, masked too', () => {
    const given = { smpp: { source_addr: '0151 / 234 567-8' } };
    assert.equal(
      maskText('source_addr "0151 / 234 567-8" is no number', given),
      'source_addr "0151 / 2** **7-8" is no number',
    );
    assert.equal(
      maskText('destination_addr must be a text, not 4915112345678', {}),
      'destination_addr must be a text, not 49151******78',
    );
  });
  it('has the words of the interface, field names and remedies as they were', () => {
    const text = 'command "submit_xx" cannot be sent; give "submit_sm", for instance, or set it to "none"';
    assert.equal(maskText(text, { payload, smpp: { command: 'submit_xx' } }), text);
    const one = 'the character "€" (U+20AC) at 3 has no place in ascii';
    assert.equal(maskText(one, { payload: 'ten €' }), one);
  });
  it('has nothing of octets', () => {
    assert.equal(maskText(`payload (${inspect(Buffer.from('Hi'))})`, {}), 'payload ((octets))');
    assert.equal(maskText(`payload (${inspect([72, 101, 108, 108, 111])})`, {}), 'payload ((octets))');
  });
  it('never has what was quoted, however it was quoted and wherever it lay', () => {
    const text = fc.string({ minLength: 3, unit: 'grapheme' }).filter((each) => !/^[\s\w]{0,3}$/.test(each));
    const quote = fc.constantFrom(JSON.stringify, (each: string) => inspect(each, { breakLength: Infinity }));
    fc.assert(
      fc.property(
        text,
        quote,
        fc.constantFrom('payload', 'metadata', 'otp', 'short_message'),
        (secret, quoting, name) => {
          const masked = maskText(`${name} ${quoting(secret)}: not this`, { smpp: [{ [name]: secret }] });
          assert.ok(!masked.includes(quoting(secret)), masked);
        },
      ),
    );
  });
  const ways: Record<string, (each: string) => string> = {
    'not at all': (each) => each,
    'in words': (each) => `it says ${each} there`,
    'between other signs': (each) => `«${each}», or “${each}”`,
    'cut off at its end': (each) => `"${each.slice(0, 22)}…"`,
    'cut in the middle': (each) => `"${each.slice(0, 8)} … ${each.slice(-22)}"`,
    'without signs and cut off': (each) => `${each.slice(0, 19)}... is not it`,
    'in capitals': (each) => `"${each.toUpperCase()}"`,
    'in hexadecimal': (each) => Buffer.from(each).toString('hex'),
    'in octets': (each) => (Buffer.from(each).toString('hex').match(/../g) ?? []).join(' '),
    'in base64': (each) => Buffer.from(each).toString('base64'),
    'as a part of an address': (each) => encodeURIComponent(each),
    'with quotes in it': (each) => `"${each}" or '${each}'`,
  };
  const places: Record<string, (each: string) => unknown> = {
    payload: (each) => ({ payload: each }),
    octets: (each) => ({ payload: Buffer.from(each) }),
    'a Map': (each) => ({ payload: new Map([['text', each]]) }),
    'the name of a field': (each) => ({ smpp: { [each]: 1 } }),
    'a field that is a word of the interface': (each) => ({ smpp: { command: each, encoding: each } }),
    'a text around it': (each) => ({ payload: { all: `Dear you, ${each} Bye.` } }),
  };
  for (const [way, quote] of Object.entries(ways)) {
    it(`has nothing of a text that is quoted ${way}`, () => {
      for (const secret of [payload, `He said "the code's 483920", Ada`]) {
        for (const [place, put] of Object.entries(places)) {
          const masked = maskText(`short_message ${quote(secret)}: too long`, put(secret));
          const encoded = [Buffer.from('483920').toString('hex'), '34 38 33', 'NDgzOTIw', 'ODM5Mj'];
          for (const part of ['483920', '39 32 30', 'dear Ada', 'Your code', ...encoded])
            assert.ok(!masked.toLowerCase().includes(part.toLowerCase()), `${place}: ${masked}`);
          assert.match(masked, /^short_message .*: too long$|^short_message .*octets|characters/);
        }
      }
    });
  }
  it('has no whole number that is given as one, or written with spaces, without quotes', () => {
    assert.equal(
      maskText('must be a text, not 483920', { payload: 483920 }),
      'must be a text, not (6 characters)',
    );
    assert.equal(
      maskText('no route to +49 151 2345 678', { topic: '+49 151 2345 678' }),
      'no route to +49 151 **** *78',
    );
    assert.equal(maskText('no route to +49 151 2345 678', {}), 'no route to +49 151 **** *78');
  });
  it('keeps its words where a text has the same', () => {
    const given = {
      payload: 'must',
      method: 'string',
      smpp: { command: 'submit_xx', validity_period: 'a day' },
    };
    const text = 'payload must be a string of at most 160 characters; validity_period "a day" is no time';
    assert.equal(maskText(text, given), text);
  });
  it('is made in little time, whatever stands in it', () => {
    const started = performance.now();
    for (const unit of ['a', '%a', "'(", '"\\', '1 ', '+1', '[1,', '59 ']) {
      const text = unit.repeat(100_000);
      maskText(text, { payload: text, more: Array.from({ length: 5000 }, (_, n) => `text ${n}`) });
    }
    assert.ok(performance.now() - started < 5000, `${performance.now() - started} ms`);
  });
  it('ends also where the message is a circle, or huge', () => {
    const circle: Record<string, unknown> = { payload };
    circle.self = circle;
    assert.match(maskText(`"${payload}"`, circle), /^\(\d+ characters\)$/);
    assert.equal(maskText('"x y z"', Array.from({ length: 100_000 }, String)), '"x y z"');
  });
});
