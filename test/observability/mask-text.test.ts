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
  it('ends also where the message is a circle, or huge', () => {
    const circle: Record<string, unknown> = { payload };
    circle.self = circle;
    assert.match(maskText(`"${payload}"`, circle), /^\(\d+ characters\)$/);
    assert.equal(maskText('"x y z"', Array.from({ length: 100_000 }, String)), '"x y z"');
  });
});
