import { SteadyTime, steadyTime, type Clock } from '../clock';
import type { Log } from '../observability';
import { repeat, type Repeated } from '../waiting';

/** Milliseconds between two looks. */
const EVERY = 5000;

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** As people say it: the two largest units. */
function spoken(ms: number): string {
  let rest = Math.round(ms / 1000) * 1000;
  const said: string[] = [];
  for (const [name, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) said.push(`${count} ${name}`);
    else if (said.length > 0) break;
  }
  return said.slice(0, 2).join(' ');
}

/**
 * Notices that somebody has set the wall clock, says so once, and calls `stepped`.
 */
export function watchClock(clock: Clock, log: Log, stepped: () => void): Repeated {
  // Of its own: whoever looks first would take the news from the others.
  const time = new SteadyTime(clock);
  return repeat(clock, EVERY, async () => {
    const by = time.look();
    if (by === 0) return;
    steadyTime(clock).look();
    tell(log, by);
    stepped();
  });
}

function tell(log: Log, by: number): void {
  const size = spoken(Math.abs(by));
  const how = by < 0 ? `set back by ${size}` : `set ahead by ${size}, or this machine has slept for as long`;
  const text =
    `the clock was ${how}: pauses, retries and time-outs go on as before; ` +
    'what has a date (expiry, schedule) follows the clock';
  log.warn({ event: 'clock', stage: 'stepped', seconds: by / 1000 }, text);
}
