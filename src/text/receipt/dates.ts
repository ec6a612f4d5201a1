import { isoTime, offsetOf, parseSmppTime, utc } from '../time';

/**
 * A date of a receipt text as ISO 8601 in UTC, or undefined for what is none.
 *
 * | digits | read as |
 * |---|---|
 * | 10 | `YYMMDDhhmm` |
 * | 12 | `YYMMDDhhmmss`; `YYYYMMDDhhmm` where only that is a date |
 * | 14 | `YYYYMMDDhhmmss` |
 * | 15 and `+` or `-` | an SMPP absolute time |
 *
 * 10, 12 and 14 digits may have an offset behind them (`+0200`, `+02:00`, `+02`, `Z`). Also the ISO forms, and
 * dates with other punctuation. `timeZone` (an IANA name or an offset such as `+02:00`) is that of the centre's
 * clock; dates that name an offset do not need it.
 */
export function receiptDate(text: string, timeZone = ''): string | undefined {
  const written = text.trim();
  const [, digits = '', offset] = DIGITS.exec(written) ?? [];
  const local = localTime(digits);
  if (local !== undefined)
    return iso(offset === undefined ? inZone(local, timeZone) : local - offsetOf(offset));
  const smpp = parseSmppTime(written);
  if (smpp) return 'absolute' in smpp ? smpp.absolute.toISOString() : undefined;
  const time = isoTime(written.replaceAll('/', '-'));
  if (Number.isNaN(time)) return undefined;
  return iso(NAMES_OFFSET.test(written) ? time : inZone(time, timeZone));
}

const DIGITS = /^(\d+)\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i;
const NAMES_OFFSET = /(?:Z|:\d\d ?[+-]\d\d(?::?\d\d)?)$/i;

function iso(time: number): string | undefined {
  return Number.isNaN(time) || Math.abs(time) > 8.64e15 ? undefined : new Date(time).toISOString();
}

/** The reading of bare digits, as if it were UTC. */
function localTime(digits: string): number | undefined {
  switch (digits.length) {
    case 10:
      return fields(`20${digits}00`);
    case 12:
      return fields(`20${digits}`) ?? fields(`${digits}00`);
    case 14:
      return fields(digits);
    default:
      return undefined;
  }
}

/** `YYYYMMDDhhmmss`. */
function fields(digits: string): number | undefined {
  const at = (start: number, end: number): number => Number(digits.slice(start, end));
  const year = at(0, 4);
  if (year < 1970) return undefined;
  return utc(year, at(4, 6), at(6, 8), at(8, 10), at(10, 12), at(12, 14));
}

/** A clock reading in a zone, as epoch milliseconds; an unknown zone counts as UTC. */
function inZone(local: number, timeZone: string): number {
  if (timeZone === '' || timeZone === 'UTC') return local;
  const fixed = offsetOf(timeZone);
  if (!Number.isNaN(fixed)) return local - fixed;
  // The offset depends on the instant, which depends on the offset: the second guess is right but
  // within an hour of a change of clocks, where a reading may be ambiguous anyway.
  const format = formatIn(timeZone);
  if (!format) return local;
  const guess = local - zoneOffset(local, format);
  return local - zoneOffset(guess, format);
}

function formatIn(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined;
  }
}

function zoneOffset(time: number, format: Intl.DateTimeFormat): number {
  const parts = format.formatToParts(new Date(time));
  const value = (type: string): number => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const shown = Date.UTC(
    value('year'),
    value('month') - 1,
    value('day'),
    value('hour'),
    value('minute'),
    value('second'),
  );
  return shown - Math.floor(time / 1000) * 1000;
}

/** Whether a zone can be used in {@link receiptDate}. */
export function isTimeZone(timeZone: string): boolean {
  return timeZone === '' || !Number.isNaN(offsetOf(timeZone)) || formatIn(timeZone) !== undefined;
}
