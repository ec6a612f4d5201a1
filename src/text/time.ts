import { TextError } from './errors';
import { instantIn, offsetOf, type TimeZone } from './time-zone';

/** A period, as the relative form of an SMPP time has it. */
export interface RelativeTime {
  /** Years. */
  years: number;
  /** Months. */
  months: number;
  /** Days. */
  days: number;
  /** Hours. */
  hours: number;
  /** Minutes. */
  minutes: number;
  /** Seconds. */
  seconds: number;
}

/** A time as SMPP writes it: an instant, or a period from now on. */
export type SmppTime =
  | {
      /** An instant. */
      absolute: Date;
    }
  | {
      /** From now on. */
      relative: RelativeTime;
    };

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
  if (!isDay(year, month, day) || hour > 23 || minute > 59 || second > 59) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
}

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether the calendar has the day; `month` counts from 1. */
export function isDay(year: number, month: number, day: number): boolean {
  if (day < 1 || day > (DAYS[month - 1] ?? 0)) return false;
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}

const DURATION =
  /^P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/i;
const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;
/** RFC 5322, and a Date of JavaScript as text. */
const WORDED =
  /^((?:[a-z]{3},? )?(?:(\d\d?) [a-z]{3} \d{4}|[a-z]{3} (\d\d?) \d{4}) \d\d:\d\d(?::\d\d)?)( ?(?:GMT|UTC|Z)?(?:[+-]\d{4})?)(?: \([^)]*\))?$/i;

const ACCEPTED =
  'pass a Date, an ISO 8601 date and time such as 2026-07-01T12:00:00Z, a duration such as PT30M, or seconds';

/** How {@link formatSmppTime} reads what it is given. */
export interface TimeOptions {
  /** Of dates and times that name no offset: an IANA name or an offset such as `+02:00`; default UTC. */
  readonly timeZone?: TimeZone | undefined;
  /** Epoch milliseconds. With it a period that has no exact relative form becomes the date that it ends. */
  readonly now?: number | undefined;
}

/** What a text says: an instant, as epoch milliseconds, or a period, as it is written. */
export type ReadTime =
  | {
      /** Epoch milliseconds. */
      readonly at: number;
    }
  | {
      /** From now on. */
      readonly relative: RelativeTime;
    };

/**
 * Every way to write a time: ISO 8601 (`2026-07-01T12:00`, `2026-07-01 12:00:00.5+02:00`; a date alone is its
 * midnight), RFC 5322 (`Wed, 01 Jul 2026 12:00:00 GMT`), an ISO 8601 duration (`P1DT12H`, `P2W`), an SMPP
 * time. What names no offset is a reading of the clock in `timeZone`. Undefined for anything else.
 */
export function readTime(text: string, timeZone: TimeZone = ''): ReadTime | undefined {
  const written = text.trim();
  const smpp = parseSmppTime(written);
  if (smpp) return 'absolute' in smpp ? { at: smpp.absolute.getTime() } : smpp;
  const duration = DURATION.exec(written);
  if (duration) return { relative: periodOf(duration) };
  const iso = isoTime(written, timeZone);
  const at = Number.isNaN(iso) ? wordedTime(written, timeZone) : iso;
  return Number.isNaN(at) ? undefined : { at };
}

function periodOf(match: RegExpExecArray): RelativeTime {
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1, 8)
    .map((digits: string | undefined) => Number(digits ?? 0));
  return { years, months, days: weeks * 7 + days, hours, minutes, seconds };
}

/** Epoch milliseconds of an ISO 8601 date and time; NaN for anything else. */
export function isoTime(text: string, timeZone: TimeZone = ''): number {
  const match = DATE_TIME.exec(text);
  if (!match) return NaN;
  const [year = NaN, month = NaN, day = NaN, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((digits: string | undefined) => (digits === undefined ? undefined : Number(digits)));
  const fraction = Math.floor(Number(`0.${match[7] ?? '0'}`) * 1000);
  const reading = utc(year, month, day, hour, minute, second, fraction);
  if (reading === undefined) return NaN;
  return match[8] === undefined ? instantIn(reading, timeZone) : reading - offsetOf(match[8]);
}

function wordedTime(text: string, timeZone: TimeZone): number {
  const [, clock, before, after, offset] = WORDED.exec(text) ?? [];
  if (clock === undefined || offset === undefined) return NaN;
  const reading = Date.parse(`${clock} UTC`);
  // JavaScript takes 30 February for 2 March.
  if (new Date(reading).getUTCDate() !== Number(before ?? after)) return NaN;
  return offset.trim() === '' ? instantIn(reading, timeZone) : Date.parse(text);
}

/** A period after an instant, by the calendar in UTC: a month after 31 January is the last of February. */
export function addTime(
  time: number,
  { years, months, days, hours, minutes, seconds }: RelativeTime,
): number {
  const date = new Date(time);
  const day = date.getUTCDate();
  date.setUTCMonth(date.getUTCMonth() + years * 12 + months);
  if (date.getUTCDate() !== day) date.setUTCDate(0);
  return date.getTime() + (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

/**
 * An SMPP time from a `Date`, a text that {@link readTime} knows, or a number of seconds from now. Dates become absolute,
 * in UTC; periods relative, each field within its range (SMPP 3.4 section 7.1.1): seconds carry over to days and
 * months to years. Days do not become months, whose length differs: of a period with more than 31 days the end is
 * written, as a date after `now`. An SMPP time comes back as it is, where its fields are in their ranges. The
 * empty string stays empty.
 * @throws TextError `INVALID_TIME`, also for what does not fit: years other than 2000–2099, periods of more than 99 years,
 * and without `now` those of more than 31 days that are not written in months
 */
export function formatSmppTime(value: Date | string | number, options: TimeOptions = {}): string {
  if (isDate(value)) return formatAbsolute(value.getTime(), value);
  if (typeof value === 'number') return formatSeconds(value, options.now);
  if (typeof value !== 'string') throw invalid(value, ACCEPTED);
  const text = value.trim();
  if (text === '') return text;
  const smpp = parseSmppTime(text);
  if (smpp && ('absolute' in smpp || isInRange(smpp.relative))) return text;
  const time = readTime(text, options.timeZone);
  if (!time) throw invalid(value, ACCEPTED);
  return 'at' in time
    ? formatAbsolute(time.at, value)
    : formatRelative(carried(time.relative), value, options.now);
}

/** Also one of another realm, as of a script that runs in a vm context. */
export function isDate(value: unknown): value is Date {
  return value instanceof Date || Object.prototype.toString.call(value) === '[object Date]';
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

function formatAbsolute(time: number, value: unknown): string {
  const date = new Date(time);
  const year = date.getUTCFullYear();
  if (Number.isNaN(date.getTime())) throw invalid(value, ACCEPTED);
  if (year < 2000 || year > 2099) throw invalid(value, 'SMPP has the years 2000 to 2099 only');
  const iso = date.toISOString();
  return `${iso.slice(2, 19).replace(/\D/g, '')}${iso.charAt(20)}00+`;
}

function formatSeconds(value: number, now: number | undefined): string {
  if (!Number.isFinite(value) || value < 0) throw invalid(value, 'seconds must be 0 or more');
  const none = { years: 0, months: 0, days: 0, hours: 0, minutes: 0 };
  return formatRelative(carried({ ...none, seconds: Math.round(value) }), value, now);
}

const MAX_DAYS = 31;
const MAX_YEARS = 99;

/** SMPP 3.4 section 7.1.1. */
function isInRange({ months, days, hours, minutes, seconds }: RelativeTime): boolean {
  return months <= 12 && days <= MAX_DAYS && hours <= 23 && minutes <= 59 && seconds <= 59;
}

function carried({ years, months, days, hours, minutes, seconds }: RelativeTime): RelativeTime {
  const allMonths = years * 12 + months;
  const clock = (hours * 60 + minutes) * 60 + seconds;
  return {
    years: Math.floor(allMonths / 12),
    months: allMonths % 12,
    days: days + Math.floor(clock / 86_400),
    hours: Math.floor(clock / 3600) % 24,
    minutes: Math.floor(clock / 60) % 60,
    seconds: clock % 60,
  };
}

function formatRelative(period: RelativeTime, value: unknown, now: number | undefined): string {
  const { years, months, days, hours, minutes, seconds } = period;
  if (years > MAX_YEARS || days > MAX_YEARS * 366) {
    throw invalid(value, `a relative time has ${MAX_YEARS} years at most: use a Date`);
  }
  if (days > MAX_DAYS) {
    if (now !== undefined) return formatAbsolute(addTime(now, period), value);
    const remedy = `a relative time has ${MAX_DAYS} days at most, and days make no exact months: use a duration with months (P2M), or a Date`;
    throw invalid(value, remedy);
  }
  return `${[years, months, days, hours, minutes, seconds].map(twoDigits).join('')}000R`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function invalid(value: unknown, remedy: string): TextError {
  return new TextError('INVALID_TIME', `${shown(value)} is no time that SMPP can carry: ${remedy}.`);
}

/** What a program gives may be anything. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  return value instanceof Date || typeof value === 'number' ? String(value) : typeof value;
}
