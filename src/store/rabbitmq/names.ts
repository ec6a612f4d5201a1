import type { Priority } from '../types';

export const PRIORITIES: readonly Priority[] = [0, 1, 2, 3, 4];

/** Queues that messages are taken from, most urgent first: of each priority what comes again, then what is new. */
export const RANKS = 2 * PRIORITIES.length;

export const rankOf = (priority: Priority, isRetry: boolean): number => 2 * priority + (isRetry ? 0 : 1);
export const priorityOf = (rank: number): Priority => (rank >> 1) as Priority;

export const queueAt = (names: Names, rank: number): string =>
  rank % 2 === 0 ? names.retry(priorityOf(rank)) : names.queue(priorityOf(rank));

/** Seconds that a message can be put off by; a longer pause is several of them, one after the other. */
export const DELAYS: readonly number[] = [2, 5, 15, 60, 300, 1800];

/** What everything of a connection is called: `smpp.my-account.queue.2`. */
export interface Names {
  /** Direct: routing key 0 to 4 is a priority. */
  readonly exchange: string;
  /** Headers: the header `delay` names the seconds, and the routing key is where it goes then. */
  readonly delayExchange: string;
  queue(priority: Priority): string;
  /** What comes before all of its priority: messages whose delay is over, and those that were given back. */
  retry(priority: Priority): string;
  delay(seconds: number): string;
  readonly dead: string;
  /** Notices that nobody took in time. */
  readonly notices: string;
  readonly account: string;
  home(instance: string): string;
}

export function namesOf(prefix: string, clientId: string): Names {
  const base = `${prefix}.${clientId}`;
  return {
    exchange: base,
    delayExchange: `${base}.delay`,
    queue: (priority) => `${base}.queue.${priority}`,
    retry: (priority) => `${base}.retry.${priority}`,
    delay: (seconds) => `${base}.delay.${seconds}`,
    dead: `${base}.dead`,
    notices: `${base}.notices`,
    account: `${base}.account`,
    home: (instance) => `${base}.home.${instance}`,
  };
}

/** Routing keys of {@link Names.exchange}. */
export const KEYS = {
  queue: (priority: Priority): string => String(priority),
  retry: (priority: Priority): string => `retry.${priority}`,
  dead: 'dead',
  notices: 'notices',
  account: 'account',
  home: (instance: string): string => `home.${instance}`,
};
