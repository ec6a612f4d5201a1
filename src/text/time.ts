import { TextError } from './errors';

/** A period, as the relative form of an SMPP time has it. */
export interface RelativeTime {
  years: number;
  months: number;
  days: number;
  hours: number;
  minutes: number;
  seconds: number;
}

export type SmppTime = { absolute: Date } | { relative: RelativeTime };

const FORM = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d)(\d\d)([+\-R])$/;

const QUARTER_HOUR = 15 * 60_000;

/** The widest offset from UTC in quarter hours (SMPP 3.4 section 7.1.1). */
const MAX_QUARTERS = 48;

/**
 * An SMPP time `YYMMDDhhmmsstnnp` (SMPP 3.4 section 7.1): absolute (`+` or `-` and the offset from
 * UTC in quarter hours) or relative (`R`). Years are those of 2000–2099. Undefined for anything else.
 */
export function parseSmppTime(text: string): SmppTime | undefined {
  const match = FORM.exec(text);
  if (!match) return undefined;
  const [years, months, days, hours, minutes, seconds, tenths, quarters] = match
    .slice(1, 9)
    .map(Number) as Fields;
  if (match[9] === 'R') return { relative: { years, months, days, hours, minutes, seconds } };
  if (quarters > MAX_QUARTERS) return undefined;
  const local = utc(2000 + years, months, days, hours, minutes, seconds, tenths * 100);
  if (local === undefined) return undefined;
  const offset = quarters * QUARTER_HOUR * (match[9] === '-' ? -1 : 1);
  return { absolute: new Date(local - offset) };
}

type Fields = [number, number, number, number, number, number, number, number];

/** Epoch milliseconds, or undefined for a day or an hour that does not exist. `month` counts from 1. */
export function utc(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  millisecond = 0,
): number | undefined {
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  const time = Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
  return new Date(time).getUTCDate() === day ? time : undefined;
}

const DURATION = /^P(?:(\d+)W|(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?)$/i;
const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

const ACCEPTED =
  'pass a Date, an ISO 8601 date and time such as 2026-07-01T12:00:00Z, a duration such as PT30M, or seconds';

/**
 * An SMPP time from a `Date`, an ISO 8601 date and time (UTC where it names no offset), an ISO 8601 duration
 * (`PT30M`), a number of seconds from now, or an SMPP time, which is checked and comes back as it is.
 * Dates become absolute, in UTC; the others relative. The empty string stays empty.
 * @throws TextError `INVALID_TIME`
 */
export function formatSmppTime(value: Date | string | number): string {
  if (value instanceof Date) return formatAbsolute(value.getTime(), value);
  if (typeof value === 'number') return formatSeconds(value);
  if (typeof value !== 'string') throw invalid(value, ACCEPTED);
  const text = value.trim();
  if (text === '' || parseSmppTime(text)) return text;
  const duration = DURATION.exec(text);
  if (duration && /\d/.test(text)) return formatDuration(duration, text);
  return formatAbsolute(isoTime(text), value);
}

/** An SMPP time as ISO 8601: a date and time in UTC, or a duration. Undefined for what is none. */
export function smppTimeToIso(text: string): string | undefined {
  const time = parseSmppTime(text);
  if (!time) return undefined;
  if ('absolute' in time) return time.absolute.toISOString();
  const { years, months, days, hours, minutes, seconds } = time.relative;
  const date = part(years, 'Y') + part(months, 'M') + part(days, 'D');
  const clock = part(hours, 'H') + part(minutes, 'M') + part(seconds, 'S');
  if (date === '' && clock === '') return 'PT0S';
  return `P${date}${clock === '' ? '' : `T${clock}`}`;
}

function part(count: number, unit: string): string {
  return count === 0 ? '' : `${count}${unit}`;
}

/** Epoch milliseconds of an ISO 8601 date and time; NaN for anything else. */
export function isoTime(text: string): number {
  const match = DATE_TIME.exec(text);
  if (!match) return NaN;
  const [year = NaN, month = NaN, day = NaN, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((digits: string | undefined) => (digits === undefined ? undefined : Number(digits)));
  const fraction = Math.floor(Number(`0.${match[7] ?? '0'}`) * 1000);
  const local = utc(year, month, day, hour, minute, second, fraction);
  return local === undefined ? NaN : local - offsetOf(match[8] ?? 'Z');
}

/** Milliseconds of an offset such as `+02:00`; NaN where it is none. */
export function offsetOf(text: string): number {
  if (text === 'Z' || text === 'z') return 0;
  const match = /^([+-])(\d\d):?(\d\d)?$/.exec(text);
  if (!match) return NaN;
  const [hours, minutes] = [Number(match[2]), Number(match[3] ?? 0)];
  if (hours > 23 || minutes > 59) return NaN;
  return (match[1] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

function formatAbsolute(time: number, value: unknown): string {
  const date = new Date(time);
  const year = date.getUTCFullYear();
  if (Number.isNaN(time)) {
    throw invalid(value, ACCEPTED);
  }
  if (year < 2000 || year > 2099) throw invalid(value, 'SMPP has the years 2000 to 2099 only');
  const fields = [
    year - 2000,
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ];
  return `${fields.map(twoDigits).join('')}${Math.floor(date.getUTCMilliseconds() / 100)}00+`;
}

function formatSeconds(value: number): string {
  if (!Number.isFinite(value) || value < 0) throw invalid(value, 'seconds must be 0 or more');
  const total = Math.round(value);
  const [days, rest] = [Math.floor(total / 86_400), total % 86_400];
  if (days > 99)
    throw invalid(value, 'a relative time has 99 days at most: use a duration with months (P4M) or a Date');
  return formatRelative([0, 0, days, Math.floor(rest / 3600), Math.floor((rest % 3600) / 60), rest % 60]);
}

/** Seconds, minutes and hours carry over; days do not become months, which have no fixed length. */
function formatDuration(match: RegExpExecArray, text: string): string {
  const [weeks = 0, years = 0, months = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1, 8)
    .map((digits: string | undefined) => Number(digits ?? 0));
  const clock = hours * 3600 + minutes * 60 + seconds;
  const fits = clock < 100 * 3600 && hours < 100 && minutes < 60 && seconds < 60;
  const time = fits
    ? [hours, minutes, seconds]
    : [Math.floor(clock / 3600) % 24, Math.floor(clock / 60) % 60, clock % 60];
  const allDays = weeks * 7 + days + (fits ? 0 : Math.floor(clock / 86_400));
  const allYears = years + Math.floor(months / 12) * (months > 99 ? 1 : 0);
  const allMonths = months > 99 ? months % 12 : months;
  if (allYears > 99 || allDays > 99) {
    throw invalid(text, 'a relative time has 99 years, 99 months and 99 days at most: use a Date');
  }
  return formatRelative([allYears, allMonths, allDays, ...time]);
}

function formatRelative(fields: readonly number[]): string {
  return `${fields.map(twoDigits).join('')}000R`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function invalid(value: unknown, remedy: string): TextError {
  return new TextError('INVALID_TIME', `${shown(value)} is no time that SMPP can carry: ${remedy}.`);
}

/** What comes out of a flow may be anything. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  return value instanceof Date || typeof value === 'number' ? String(value) : typeof value;
}
