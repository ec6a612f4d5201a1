import type { Priority } from '../../types';

export const PRIORITIES: readonly Priority[] = [0, 1, 2, 3, 4];

/** Names of the streams of messages, by priority. */
export const STREAMS = PRIORITIES.map((priority) => `queue:${priority}`);
/** The consumer group of each stream. */
export const GROUP = 'smpp';
/**
 * A short stream by which instances tell each other at once; fields `wake` (any value: there may be something to take,
 * or room), {@link RATE_CHANGED} and {@link CALM}. Trimmed to about {@link MOST_EVENTS} entries.
 */
export const EVENTS = 'events';
/** Whoever was away for longer looks for itself. */
export const MOST_EVENTS = 1000;
/** The rate that all share is another by now; its value is the instance that set it. */
export const RATE_CHANGED = 'rate';
/** An instance was throttled; its value is `seconds instance`. */
export const CALM = 'calm';

/**
 * The keys of one connection: `smpp:{clientId}:queue:2`. The braces make the client's id the hash tag of all of them, so that
 * in a Cluster they are in one slot, and a script may use them together.
 */
export class Keys {
  /** With the colon at its end. */
  readonly base: string;

  constructor(prefix: string, clientId: string) {
    this.base = `${prefix}:{${clientId.replace(/[{}%]/g, encodeURIComponent)}}:`;
  }

  /** The whole key: `of('queue:2')`. */
  of(name: string): string {
    return this.base + name;
  }
}
