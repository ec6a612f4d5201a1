import type { SessionFacts } from './events';

/** How sending is held back, asked whenever it is told. */
export interface Throttle {
  /** Seconds. */
  wait(): number;
  /** Segments per second from now on, where that is known. */
  rate(): number | undefined;
  isOver(): boolean;
}

/** What makes two tellings of the session the same. */
export function keyOf({ state, reason, bound, host, port }: SessionFacts): string {
  return [state, reason, bound, host, port].join(' ');
}

export function nextTry({ retry_in: retryIn = 0, next_host: host, next_port: port }: SessionFacts): string {
  const where = host === undefined ? '' : ` ${host}:${port}`;
  return retryIn === 0
    ? `trying${where || ' again'} at once`
    : `next try${where && ` at${where}`} in ${retryIn.toFixed(1)} s`;
}

export function rateFact(throttle: Throttle): { rate?: number } {
  const rate = throttle.rate();
  return rate === undefined ? {} : { rate: rounded(rate) };
}

export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}

/** As much as people read. */
export function rounded(rate: number): number {
  return Math.round(rate * 100) / 100;
}
