import type { DeliveryState, QueueItem } from '../../store';
import type { SessionFacts, Throttle } from './reporter';

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

export const FRESH: DeliveryState = {
  attempts: 0,
  redeliveries: 0,
  lostLinks: 0,
  redelivered: false,
  accepted: [],
  history: [],
};

export function facts(item: QueueItem, segment?: number): Record<string, unknown> {
  return {
    command: item.command,
    id: item.id,
    correlation_id: item.correlationId,
    destination: item.destination,
    ...(segment === undefined || item.segments.length === 1
      ? {}
      : { segment: segment + 1, segments: item.segments.length }),
  };
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
