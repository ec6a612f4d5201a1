import { SteadyTime, steadyTime, type Clock } from '../clock';
import type { Log } from '../observability';
import type { Correlator, Store } from '../store';
import { repeat, type Repeated } from '../waiting';
import { expireAll } from './outbound/purge';

/** Milliseconds between sweeps of what has expired. */
const EXPIRE_EVERY = 60_000;
/** Milliseconds between looks at the clock. */
const LOOK_EVERY = 5000;

export interface RoundParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly correlator: Correlator;
  readonly store: Pick<Store, 'state'>;
}

/** What is done periodically while a connection is wanted; `stepped` is called when the wall clock was set. */
export function rounds({ clock, log, correlator, store }: RoundParts, stepped: () => void): Repeated {
  // Of its own: whoever looks at the shared one first takes the news from the others.
  const time = new SteadyTime(clock);
  const look = async (): Promise<void> => {
    const by = time.look();
    if (by === 0) return;
    steadyTime(clock).look();
    const size = spoken(Math.abs(by));
    const how =
      by < 0 ? `set back by ${size}` : `set ahead by ${size}, or this machine has slept for as long`;
    const text =
      `the clock was ${how}: pauses, retries and time-outs go on as before; ` +
      'what has a date (expiry, schedule) follows the clock';
    log.warn({ event: 'clock', stage: 'stepped', seconds: by / 1000 }, text);
    stepped();
  };
  const all = [
    repeat(clock, EXPIRE_EVERY, () => expireAll(correlator, store.state)),
    repeat(clock, LOOK_EVERY, look),
  ];
  return {
    start: () => all.forEach((one) => one.start()),
    stop: () => all.forEach((one) => one.stop()),
  };
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** A duration in its largest unit and the next, as `1 d 2 h`. */
function spoken(ms: number): string {
  let rest = Math.round(ms / 1000) * 1000;
  const counts = UNITS.map(([name, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? `${count} ${name}` : '';
  });
  const largest = counts.findIndex((one) => one !== '');
  return counts
    .slice(largest, largest + 2)
    .filter((one) => one !== '')
    .join(' ');
}
