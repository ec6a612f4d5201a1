/** From a clock reading, as epoch milliseconds as if it were UTC, to the instant (epoch milliseconds). */
export type ToInstant = (reading: number) => number;

/** An IANA name, an offset such as `+02:00`, or empty: UTC; or a clock of its own, such as that of the process. */
export type TimeZone = string | ToInstant;

const DAY = 86_400_000;

/**
 * The instant at which a clock in that zone reads so; an unknown zone counts as UTC. A reading that occurs twice,
 * when clocks are put back, is the first one; one that does not occur, when they are put forward, is as much later as
 * the clocks are (02:30 is 03:30). JavaScript's local times are the same.
 */
export function instantIn(reading: number, timeZone: TimeZone): number {
  if (typeof timeZone === 'function') return timeZone(reading);
  if (timeZone === '' || timeZone === 'UTC') return reading;
  const fixed = offsetOf(timeZone);
  if (!Number.isNaN(fixed)) return reading - fixed;
  const format = formatIn(timeZone);
  if (!format || !(Math.abs(reading) < LAST_DATE - DAY)) return reading;
  const before = zoneOffset(reading - DAY, format);
  const after = zoneOffset(reading + DAY, format);
  const fits = [reading - before, reading - after].filter(
    (time) => time + zoneOffset(time, format) === reading,
  );
  return fits.length > 0 ? Math.min(...fits) : reading - before;
}

/** ECMA-262 section 21.4.1.1: what a Date can hold. */
const LAST_DATE = 8.64e15;

/** Milliseconds of an offset such as `+02:00`; NaN where it is none. */
export function offsetOf(text: string): number {
  if (text === 'Z' || text === 'z') return 0;
  const match = /^([+-])(\d\d):?(\d\d)?$/.exec(text);
  if (!match) return NaN;
  const [hours, minutes] = [Number(match[2]), Number(match[3] ?? 0)];
  if (hours > 23 || minutes > 59) return NaN;
  return (match[1] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** Whether {@link instantIn} knows the zone. */
export function isTimeZone(timeZone: string): boolean {
  return timeZone === '' || !Number.isNaN(offsetOf(timeZone)) || formatIn(timeZone) !== undefined;
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
