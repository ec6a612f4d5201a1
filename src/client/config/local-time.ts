import type { TimeZone } from '../../text';

/** The zone for what names none: that of the option `timeZone`, where it is blank that of the process. */
export function zoneOf(timeZone: string): TimeZone {
  return timeZone === '' ? inProcess : timeZone;
}

/** ECMA-262 section 21.4.1.32: a date and time without an offset is local. */
function inProcess(reading: number): number {
  return new Date(new Date(reading).toISOString().slice(0, -1)).getTime();
}
