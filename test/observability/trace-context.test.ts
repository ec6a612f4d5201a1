import assert from 'node:assert/strict';
import fc from 'fast-check';
import { traceContext, traceFacts } from '../../src/observability';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const PARENT = `00-${TRACE}-${SPAN}-01`;

const hex = (length: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[\\da-f]{${length}}$`)).filter((digits) => !/^0+$/.test(digits));
const parents = fc
  .tuple(hex(32), hex(16), fc.nat(255))
  .map(([trace, span, flags]) => `00-${trace}-${span}-${flags.toString(16).padStart(2, '0')}`);

describe('A traceparent', () => {
  it('is kept as it is', () => {
    fc.assert(
      fc.property(parents, (parent) => assert.deepEqual(traceContext(parent), { traceparent: parent })),
    );
  });

  for (const [what, given] of [
    ['has no text', 17],
    ['is empty', ''],
    ['is in upper case', PARENT.toUpperCase()],
    ['has no trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['has no parent', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['is too short', PARENT.slice(0, -1)],
    ['goes on', `${PARENT}-extra`],
    ['has blanks around it', ` ${PARENT} `],
    ['has a forbidden version', PARENT.replace(/^00/, 'ff')],
    ['has no hexadecimal digits', PARENT.replace('4bf9', 'xyzq')],
    ['has another line', `${PARENT}\n`],
    ['is a list', [PARENT]],
  ] as const)
    it(`that ${what} is none`, () => {
      assert.equal(traceContext(given, 'a=b'), undefined);
    });

  it('of a later version is read as far as it is known, and written as of this one', () => {
    const later = `cc-${TRACE}-${SPAN}`;
    assert.deepEqual(traceContext(`${later}-03-what-will-be`), { traceparent: PARENT });
    assert.deepEqual(traceContext(`${later}-fe`), { traceparent: `00-${TRACE}-${SPAN}-00` });
    assert.equal(traceContext(`${later}-01.x`), undefined);
  });

  it('is never taken from arbitrary input, unless it has its shape', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (parent, state) => {
        const read = traceContext(parent, state);
        if (read) assert.match(read.traceparent, /^00-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/);
      }),
    );
  });

  it('is trace_id and span_id in the log', () => {
    assert.deepEqual(traceFacts({ traceparent: PARENT }), { trace_id: TRACE, span_id: SPAN });
  });
});

describe('A tracestate', () => {
  const stateOf = (given: unknown): string | undefined => traceContext(PARENT, given)?.tracestate;

  it('is kept, without blanks around its members and without empty ones', () => {
    assert.equal(
      stateOf('rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'),
      'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
    );
    assert.equal(stateOf(' a=1 ,\t, 0fw529a3039@dt=FfAB ! '), 'a=1,0fw529a3039@dt=FfAB !');
    assert.equal(stateOf(['a=1', 'b=2']), 'a=1,b=2');
  });

  for (const [what, given] of [
    ['is no text', { a: 1 }],
    ['is empty', ' , '],
    ['has a member without a value', 'a=1,b'],
    ['has an empty value', 'a='],
    ['has a key in upper case', 'Key=1'],
    ['has one key twice', 'a=1,b=2,a=3'],
    ['has a value with an equals sign', 'a=b=c'],
    ['has characters beyond ASCII', 'a=ü'],
    ['has too many members', Array.from({ length: 33 }, (_, n) => `k${n}=1`).join(',')],
    ['has a key that is too long', `${'k'.repeat(257)}=1`],
  ] as const)
    it(`that ${what} is left out, the traceparent is not`, () => {
      assert.deepEqual(traceContext(PARENT, given), { traceparent: PARENT });
    });

  it('that is too long loses large members first, then the last', () => {
    const large = `large=${'x'.repeat(200)}`;
    const small = Array.from({ length: 30 }, (_, n) => `k${n}=${'v'.repeat(20)}`);
    const kept = stateOf([...small.slice(0, 10), large, ...small.slice(10)].join(',')) as string;
    assert.ok(kept.length <= 512 && !kept.includes('large') && kept.startsWith(small.slice(0, 15).join(',')));
    assert.equal(stateOf([large, ...small.slice(0, 5)].join(',')), [large, ...small.slice(0, 5)].join(','));
  });

  it('that was kept is kept again as it is', () => {
    const member = fc.tuple(
      fc.stringMatching(/^[a-z][a-z\d_*/-]{0,20}$/),
      fc.stringMatching(/^[!-+]{1,60}$/),
    );
    fc.assert(
      fc.property(fc.uniqueArray(member, { selector: ([key]) => key, maxLength: 32 }), (members) => {
        const once = stateOf(members.map((one) => one.join('=')).join(','));
        assert.equal(stateOf(once), once);
        if (members.length > 0) assert.ok(once === undefined || once.length <= 512);
      }),
    );
  });
});
