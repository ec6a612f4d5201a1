import type { Clock } from '../clock';
import type { Log } from '../observability';
import type { Correlator, Store } from '../store';
import { watchClock } from './clock-watch';
import { expireAll } from './outbound/purge';
import { repeat, type Repeated } from '../waiting';

/** Milliseconds between sweeps of what has expired. */
const EXPIRE_EVERY = 60_000;

export interface RoundParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly correlator: Correlator;
  readonly store: Pick<Store, 'state'>;
}

/** What is done now and then while a connection is wanted; `stepped` hears that the wall clock was set. */
export function rounds(parts: RoundParts, stepped: () => void): Repeated {
  const { clock, log, correlator, store } = parts;
  const all = [
    repeat(clock, EXPIRE_EVERY, () => expireAll(correlator, store.state)),
    watchClock(clock, log, stepped),
  ];
  return {
    start: () => all.forEach((one) => one.start()),
    stop: () => all.forEach((one) => one.stop()),
  };
}
