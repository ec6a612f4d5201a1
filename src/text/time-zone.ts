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
  const zone = zoneNamed(timeZone);
  if (!zone || !(Math.abs(reading) < LAST_DATE - DAY)) return reading;
  const known = zone.instants.get(reading);
  if (known !== undefined) return known;
  const offsets = [reading - DAY, reading + DAY].map((time) => zoneOffset(time, zone.format));
  const fits = offsets
    .map((offset) => reading - offset)
    .filter((time) => time + zoneOffset(time, zone.format) === reading);
  const instant = fits.length > 0 ? Math.min(...fits) : reading - (offsets[0] ?? 0);
  return remember(zone.instants, reading, instant);
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
  return timeZone === '' || !Number.isNaN(offsetOf(timeZone)) || zoneNamed(timeZone) !== undefined;
}

interface Zone {
  readonly format: Intl.DateTimeFormat;
  /** By reading: receipts of one minute have the same. */
  readonly instants: Map<number, number>;
}

/** A format takes 30 µs to make, each use of it 2 µs. What is remembered only saves time. */
const zones = new Map<string, Zone | undefined>();
const MOST_REMEMBERED = 256;

function remember<K, V>(known: Map<K, V>, key: K, value: V): V {
  if (known.size >= MOST_REMEMBERED) known.clear();
  known.set(key, value);
  return value;
}

function zoneNamed(timeZone: string): Zone | undefined {
  return zones.has(timeZone) ? zones.get(timeZone) : remember(zones, timeZone, makeZone(timeZone));
}

function makeZone(timeZone: string): Zone | undefined {
  const [year, month, day, hour, minute, second] = Array<'numeric'>(6).fill('numeric');
  const shown = { year, month, day, hour, minute, second };
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...shown });
    return { format, instants: new Map() };
  } catch {
    return undefined;
  }
}

function zoneOffset(time: number, format: Intl.DateTimeFormat): number {
  // 7/1/2026, 14:00:00
  const shown = (format.format(time).match(/\d+/g) ?? []).map(Number);
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = shown;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000;
}
