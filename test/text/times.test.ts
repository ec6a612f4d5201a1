import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { TextError, formatSmppTime, instantIn, parseSmppTime, smppTimeToIso } from '../../src/text';
import { rounds } from '../support/rounds';

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
    assert.equal(formatSmppTime('PT36H'), '000001120000000R');
    assert.equal(formatSmppTime('PT120H'), '000005000000000R');
    assert.equal(formatSmppTime('P1DT100H90M'), '000005053000000R');
    assert.equal(formatSmppTime('P120M'), '100000000000000R');
    assert.equal(formatSmppTime(90), '000000000130000R');
    assert.equal(formatSmppTime(86_400 * 2 + 3601), '000002010001000R');
    assert.equal(formatSmppTime(0.6), '000000000001000R');
  });

  it('keep to the limits of each field', () => {
    assert.equal(formatSmppTime(0), '000000000000000R');
    assert.equal(formatSmppTime(86_400 * 31), '000031000000000R');
    assert.equal(formatSmppTime('P99Y11M31DT23H59M59S'), '991131235959000R');
    assert.equal(formatSmppTime('PT23H59M60S'), '000001000000000R');
    assert.equal(formatSmppTime('PT24H'), '000001000000000R');
    assert.equal(formatSmppTime('P12M'), '010000000000000R');
    assert.equal(formatSmppTime('P13M'), '010100000000000R');
    assert.equal(formatSmppTime('P1Y2W3DT1M'), '010017000100000R');
    assert.equal(formatSmppTime('PT60S'), '000000000100000R');
    assert.equal(formatSmppTime('PT60M'), '000000010000000R');
    assert.equal(formatSmppTime('PT99H'), '000004030000000R');
    assert.equal(formatSmppTime('PT100H'), '000004040000000R');
    assert.equal(formatSmppTime('PT1H61S'), '000000010101000R');
    assert.equal(formatSmppTime('PT90000S'), '000001010000000R');
    assert.equal(formatSmppTime('P100M'), '080400000000000R');
    assert.equal(formatSmppTime('P99M'), '080300000000000R');
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
      [86_400 * 32, /31 days/],
      ['P32D', /31 days/],
      ['P5W', /31 days/],
      ['P100Y', /99 years/],
      ['P99Y12M', /99 years/],
      ['000045000000000R', /31 days/],
      ['P1DT', /ISO 8601/],
      ['5', /ISO 8601/],
      ['message 5', /ISO 8601/],
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

  it('of more days than the field holds are a date, where it is known what time it is', () => {
    const now = Date.parse('2026-01-31T10:00:00Z');
    assert.equal(formatSmppTime('P45D', { now }), '260317100000000+');
    assert.equal(formatSmppTime(86_400 * 45, { now }), '260317100000000+');
    assert.equal(formatSmppTime('P1M32DT1H', { now }), '260401110000000+');
    assert.equal(formatSmppTime('000045000000000R', { now }), '260317100000000+');
    assert.equal(formatSmppTime('P31D', { now }), '000031000000000R');
    assert.throws(() => formatSmppTime('P35000D', { now }), { message: /2000 to 2099/ });
    for (const huge of ['P100Y', `P${'9'.repeat(30)}D`, `PT${'9'.repeat(400)}S`, 1e300]) {
      assert.throws(() => formatSmppTime(huge, { now }), { code: 'INVALID_TIME', message: /99 years/ });
    }
  });

  it('carry over where they are SMPP times beyond the fields, else stay as they are', () => {
    assert.equal(formatSmppTime('000000240000000R'), '000001000000000R');
    assert.equal(formatSmppTime('001300009000000R'), '010100013000000R');
    for (const text of ['001231235959000R', '000000000000908R']) assert.equal(formatSmppTime(text), text);
  });

  it('keep every field in its range, and the period', () => {
    const count = fc.nat({ max: 5000 });
    fc.assert(
      fc.property(
        count,
        count,
        fc.nat({ max: 26 }),
        count,
        count,
        (months, hours, days, minutes, seconds) => {
          fc.pre(months < 1200);
          let text: string;
          try {
            text = formatSmppTime(`P${months}M${days}DT${hours}H${minutes}M${seconds}S`);
          } catch (error) {
            assert.match((error as Error).message, /31 days/);
            return;
          }
          const time = parseSmppTime(text);
          assert(time && 'relative' in time);
          const { relative: one } = time;
          assert(one.months < 12 && one.days < 32 && one.hours < 24 && one.minutes < 60 && one.seconds < 60);
          assert.equal(one.years * 12 + one.months, months);
          const clock = ({ days, hours, minutes, seconds }: Omit<typeof one, 'years' | 'months'>): number =>
            ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
          assert.equal(clock(one), clock({ days, hours, minutes, seconds }));
        },
      ),
    );
  });

  it('without an offset are readings of the clock of the zone', () => {
    const at = (text: string, timeZone?: string): string => formatSmppTime(text, { timeZone });
    for (const timeZone of ['Europe/Berlin', '+02:00', '+0200', '+02']) {
      assert.equal(at('2026-07-01T12:00', timeZone), '260701100000000+', timeZone);
      assert.equal(at('2026-07-01', timeZone), '260630220000000+', timeZone);
      assert.equal(at('Wed, 01 Jul 2026 12:00:00', timeZone), '260701100000000+', timeZone);
      assert.equal(at('Wed Jul 01 2026 12:00:00', timeZone), '260701100000000+', timeZone);
      assert.equal(at('2026-07-01T12:00Z', timeZone), '260701120000000+', timeZone);
      assert.equal(at('2026-07-01T12:00-03:00', timeZone), '260701150000000+', timeZone);
      assert.equal(at('Wed, 01 Jul 2026 12:00:00 GMT', timeZone), '260701120000000+', timeZone);
      assert.equal(at('Wed Jul 01 2026 12:00:00 GMT+0100 (x)', timeZone), '260701110000000+', timeZone);
      assert.equal(at('260701120000000+', timeZone), '260701120000000+', timeZone);
    }
    assert.equal(at('2026-07-01T12:00'), '260701120000000+');
    assert.equal(at('2026-07-01T00:00', 'Pacific/Kiritimati'), '260630100000000+');
    assert.equal(at('2026-01-01T12:00', 'America/New_York'), '260101170000000+');
  });

  it('at a change of clocks are the first of two readings, and go on where there is none', () => {
    const at = (text: string): string => formatSmppTime(text, { timeZone: 'Europe/Berlin' });
    assert.equal(at('2026-10-25T02:30'), '261025003000000+');
    assert.equal(at('2026-10-25T03:00'), '261025020000000+');
    assert.equal(at('2026-03-29T02:30'), '260329013000000+');
    assert.equal(at('2026-03-29T01:59'), '260329005900000+');
    assert.equal(at('2026-03-29T03:00'), '260329010000000+');
  });

  it('come back as they went from the clock of any zone', () => {
    const zones = [
      'Europe/Berlin',
      'America/St_Johns',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'Africa/Casablanca',
    ];
    const time = fc.date({ min: new Date('2001-01-01'), max: new Date('2090-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(time, fc.constantFrom(...zones), (date, timeZone) => {
        const at = Math.floor(date.getTime() / 1000) * 1000;
        const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
        const reading = Date.parse(`${clock.format(at).replace(' ', 'T')}Z`);
        const instant = instantIn(reading, timeZone);
        // Of two readings alike it is the first.
        assert.equal(clock.format(instant), clock.format(at));
        assert(instant <= at);
      }),
      { numRuns: rounds(300) },
    );
  });

  it('of another realm are dates too', () => {
    const date = runInNewContext('new Date(Date.UTC(2026, 6, 1, 12))') as Date;
    assert.equal(formatSmppTime(date), '260701120000000+');
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
          if (iso !== undefined && months < 12 && days < 32 && hours < 24 && minutes < 60 && seconds < 60)
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
      { numRuns: rounds(1000) },
    );
  });

  it('in words on a day that does not exist are none', () => {
    for (const text of ['30 Feb 2026 12:00:00', 'Apr 31 2026 10:00 GMT', 'Sun, 31 Jun 2026 10:00 +0200']) {
      assert.throws(() => formatSmppTime(text), { code: 'INVALID_TIME' }, text);
    }
    assert.equal(formatSmppTime('28 Feb 2026 23:30 -0100'), '260301003000000+');
  });
});
