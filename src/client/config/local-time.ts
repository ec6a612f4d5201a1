import type { TimeZone } from '../../text';

/** The zone for what names none: that of the option `timeZone`, where it is blank that of the process. */
export function zoneOf(timeZone: string): TimeZone {
  return timeZone === '' ? inProcess : timeZone;
}

function inProcess(reading: number): number {
  const shown = new Date(reading);
  return new Date(
    shown.getUTCFullYear(),
    shown.getUTCMonth(),
    shown.getUTCDate(),
    shown.getUTCHours(),
    shown.getUTCMinutes(),
    shown.getUTCSeconds(),
    shown.getUTCMilliseconds(),
  ).getTime();
}
