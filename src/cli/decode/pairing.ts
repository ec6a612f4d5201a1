import { isResponse, type PduHeader } from '../../protocol';
import { nameOf } from '../pcap';
import type { Item } from './input';

/** Requests that may wait; of more the oldest is forgotten. */
const MOST_WAITING = 100_000;

/** A request as its response finds it. */
export interface Waiting {
  readonly number: number;
  readonly time: number | undefined;
  readonly command: string;
  readonly sequence_number: number;
}

export interface Paired {
  readonly request: Waiting;
  /** Milliseconds from the request to the response. */
  readonly latency?: number;
}

/** Finds the request of each response: same connection, same sequence_number, other way. */
export class Pairing {
  readonly #waiting = new Map<string, Waiting>();

  /** The request that this PDU answers; one that is a request waits from now on. */
  see(item: Item, command: string, header: PduHeader): Paired | undefined {
    const { sequence_number, command_id } = header;
    const { number, time } = item;
    if (!isResponse(command_id)) {
      if (NOT_ANSWERED.has(command)) return undefined;
      this.#waiting.set(keyOf(item, sequence_number, false), { number, time, command, sequence_number });
      for (const [oldest] of this.#waiting) {
        if (this.#waiting.size <= MOST_WAITING) break;
        this.#waiting.delete(oldest);
      }
      return undefined;
    }
    const key = keyOf(item, sequence_number, true);
    const request = this.#waiting.get(key);
    const isPair = request && (command === `${request.command}_resp` || command === 'generic_nack');
    if (!isPair) return undefined;
    this.#waiting.delete(key);
    const latency = time !== undefined && request.time !== undefined ? time - request.time : undefined;
    return { request, ...(latency !== undefined && { latency }) };
  }

  /** Requests without a response. */
  get unanswered(): readonly Waiting[] {
    return [...this.#waiting.values()];
  }
}

const NOT_ANSWERED = new Set(['outbind', 'alert_notification']);

/** Without a connection, as of octets that were pasted, all are of one. */
function keyOf({ connection, source, destination }: Item, sequence: number, isAnswer: boolean): string {
  const from = isAnswer ? destination : source;
  return `${connection ?? ''} ${from ? nameOf(from) : ''} ${sequence}`;
}
