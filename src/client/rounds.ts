import type { Clock } from '../clock';
import type { Log } from '../observability';
import type { Correlator } from '../store';
import { watchClock } from './clock-watch';
import { repeat, type Repeated } from './timing';

/** Milliseconds between sweeps of expired correlations. */
const EXPIRE_EVERY = 60_000;

/** What is done now and then while a connection is wanted; `stepped` hears that the wall clock was set. */
export function rounds(
  { clock, log, correlator }: { readonly clock: Clock; readonly log: Log; readonly correlator: Correlator },
  stepped: () => void,
): Repeated {
  const all = [repeat(clock, EXPIRE_EVERY, () => correlator.expire()), watchClock(clock, log, stepped)];
  return {
    start: () => all.forEach((one) => one.start()),
    stop: () => all.forEach((one) => one.stop()),
  };
}
