import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TextError, formatSmppTime, parseSmppTime, smppTimeToIso } from '../../src/text';

const absolute = (text: string): string | undefined => {
  const time = parseSmppTime(text);
  return time && 'absolute' in time ? time.absolute.toISOString() : undefined;
};

describe('SMPP times', () => {
  it('are read with their offset from UTC', () => {
    assert.equal(absolute('260701120000000+'), '2026-07-01T12:00:00.000Z');
    assert.equal(absolute('260701120000908+'), '2026-07-01T10:00:00.900Z');
    assert.equal(absolute('260701233000020-'), '2026-07-02T04:30:00.000Z');
    assert.equal(absolute('991231235959048+'), '2099-12-31T11:59:59.000Z');
  });

  it('are undefined where they are none', () => {
    const none = [
      '',
      '260701120000000',
      '260701120000000*',
      '260701120000000+0',
      '261301120000000+',
      '260230120000000+',
      '260001120000000+',
      '260100120000000+',
      '260701240000000+',
      '260701126000000+',
      '260701120060000+',
      '260701120000049+',
      '26070112000000x+',
      '２60701120000000+',
    ];
    for (const text of none) assert.equal(parseSmppTime(text), undefined, text);
  });

  it('know leap years', () => {
    assert.equal(absolute('280229000000000+'), '2028-02-29T00:00:00.000Z');
    assert.equal(parseSmppTime('270229000000000+'), undefined);
  });

  it('are read as periods', () => {
    assert.deepEqual(parseSmppTime('000102030405000R'), {
      relative: { years: 0, months: 1, days: 2, hours: 3, minutes: 4, seconds: 5 },
    });
  });

  it('are written from dates, in UTC', () => {
    assert.equal(formatSmppTime(new Date('2026-07-01T12:00:00.950Z')), '260701120000900+');
    assert.equal(formatSmppTime('2026-07-01T12:00:00+02:00'), '260701100000000+');
    assert.equal(formatSmppTime('2026-07-01T12:00:00.25-0530'), '260701173000200+');
    assert.equal(formatSmppTime('2026-07-01 12:00'), '260701120000000+');
    assert.equal(formatSmppTime('2026-07-01'), '260701000000000+');
  });

  it('are written from durations and seconds', () => {
    assert.equal(formatSmppTime('PT30M'), '000000003000000R');
    assert.equal(formatSmppTime('P1Y2M3DT4H5M6S'), '010203040506000R');
    assert.equal(formatSmppTime('P2W'), '000014000000000R');
    assert.equal(formatSmppTime('PT90M'), '000000013000000R');
    assert.equal(formatSmppTime('PT36H'), '000000360000000R');
    assert.equal(formatSmppTime('PT120H'), '000005000000000R');
    assert.equal(formatSmppTime('P1DT100H90M'), '000005053000000R');
    assert.equal(formatSmppTime('P120M'), '100000000000000R');
    assert.equal(formatSmppTime(90), '000000000130000R');
    assert.equal(formatSmppTime(86_400 * 2 + 3601), '000002010001000R');
    assert.equal(formatSmppTime(0.6), '000000000001000R');
  });

  it('keep to the limits of each field', () => {
    assert.equal(formatSmppTime(0), '000000000000000R');
    assert.equal(formatSmppTime(86_400 * 99), '000099000000000R');
    assert.equal(formatSmppTime('P99Y99M99DT99H59M59S'), '999999995959000R');
    assert.equal(formatSmppTime('PT60S'), '000000000100000R');
    assert.equal(formatSmppTime('PT60M'), '000000010000000R');
    assert.equal(formatSmppTime('PT99H'), '000000990000000R');
    assert.equal(formatSmppTime('PT100H'), '000004040000000R');
    assert.equal(formatSmppTime('PT1H61S'), '000000010101000R');
    assert.equal(formatSmppTime('PT90000S'), '000001010000000R');
    assert.equal(formatSmppTime('P100M'), '080400000000000R');
    assert.equal(formatSmppTime('P99M'), '009900000000000R');
    assert.equal(formatSmppTime('  PT1S '), '000000000001000R');
  });

  it('take every way to write an offset', () => {
    for (const offset of ['+02', '+0200', '+02:00', ' +02:00']) {
      assert.equal(formatSmppTime(`2026-07-01T12:00${offset}`), '260701100000000+');
    }
    assert.equal(formatSmppTime('2026-07-01t12:00z'), '260701120000000+');
    assert.throws(() => formatSmppTime('2026-07-01T12:00+2'), { code: 'INVALID_TIME' });
    assert.throws(() => formatSmppTime('2026-07-00'), { code: 'INVALID_TIME' });
    assert.throws(() => formatSmppTime('2026-07-01T24:00'), { code: 'INVALID_TIME' });
  });

  it('stay as they are where they are SMPP times already', () => {
    for (const text of ['', '260701120000908+', '000102030405000R']) assert.equal(formatSmppTime(text), text);
  });

  it('are refused with the remedy', () => {
    const refused: readonly (readonly [value: Date | string | number, message: RegExp])[] = [
      ['tomorrow', /ISO 8601/],
      ['P', /ISO 8601/],
      ['PT', /ISO 8601/],
      ['2026-02-30', /ISO 8601/],
      ['2026-07-01T25:00', /ISO 8601/],
      [new Date(NaN), /Invalid Date/],
      ['1999-12-31', /2000 to 2099/],
      [new Date('2100-01-01'), /^2100-01-01T00:00:00.000Z is .* 2000 to 2099/],
      ['2026-07-01T12:00+25:00', /ISO 8601/],
      ['2026-07-01T12:00+02:60', /ISO 8601/],
      [NaN, /^NaN is .* 0 or more/],
      [-1, /0 or more/],
      [Infinity, /0 or more/],
      [86_400 * 100, /99 days/],
      ['P100D', /99 days/],
      ['P100Y', /99 years/],
    ];
    for (const [value, message] of refused) {
      assert.throws(() => formatSmppTime(value), { code: 'INVALID_TIME', message }, String(value));
    }
    for (const value of [{}, [], true, null, undefined, Buffer.from('PT5M')] as unknown[]) {
      assert.throws(() => formatSmppTime(value as never), {
        code: 'INVALID_TIME',
        message: /is no time that SMPP can carry: pass a Date/,
      });
    }
  });

  it('come back as ISO 8601', () => {
    assert.equal(smppTimeToIso('260701120000908+'), '2026-07-01T10:00:00.900Z');
    assert.equal(smppTimeToIso('010203040506000R'), 'P1Y2M3DT4H5M6S');
    assert.equal(smppTimeToIso('000000003000000R'), 'PT30M');
    assert.equal(smppTimeToIso('000000000000000R'), 'PT0S');
    assert.equal(smppTimeToIso('x'), undefined);
  });

  it('come back as they went', () => {
    const min = new Date('2000-01-01T00:00:00Z');
    const max = new Date('2099-12-31T23:59:59Z');
    fc.assert(
      fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
        const tenths = new Date(Math.floor(date.getTime() / 100) * 100);
        assert.deepEqual(parseSmppTime(formatSmppTime(date)), { absolute: tenths });
      }),
    );
    const count = fc.integer({ min: 0, max: 99 });
    fc.assert(
      fc.property(
        count,
        count,
        count,
        count,
        count,
        count,
        (years, months, days, hours, minutes, seconds) => {
          const text = [years, months, days, hours, minutes, seconds]
            .map((one) => String(one).padStart(2, '0'))
            .join('');
          assert.deepEqual(parseSmppTime(`${text}000R`), {
            relative: { years, months, days, hours, minutes, seconds },
          });
          const iso = smppTimeToIso(`${text}000R`);
          if (iso !== undefined && minutes < 60 && seconds < 60)
            assert.equal(formatSmppTime(iso), `${text}000R`);
        },
      ),
    );
  });

  it('raise nothing but TextError on any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-0-9PTYMDHSWZ:.+R]{0,24}$/)), (text) => {
        parseSmppTime(text);
        smppTimeToIso(text);
        try {
          assert.match(formatSmppTime(text), /^(\d{15}[+\-R])?$/);
        } catch (error) {
          assert.ok(error instanceof TextError, String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });
});
