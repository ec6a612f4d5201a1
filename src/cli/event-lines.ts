import { EVENT_NAMES, type ClientEvents, type EventName, type SmppClient } from '../index';
import { didYouMean } from '../protocol';
import { usageError } from './errors';
import type { Output } from './output';

/** Names between commas, each an event. Throws a CommandError. */
export function eventNames(given: string): EventName[] {
  const words = given
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  if (words.length === 0)
    throw usageError(`--events: give names of events: ${EVENT_NAMES.join(', ')}, or all`);
  if (words.length === 1 && words[0] === 'all') return [...EVENT_NAMES];
  return words.map((word) => {
    const name = EVENT_NAMES.find((one) => one === word);
    if (name) return name;
    throw usageError(
      `--events ${word}: there is no such event${didYouMean(word, EVENT_NAMES)}; there are ${EVENT_NAMES.join(', ')}, or all`,
    );
  });
}

/** The SMSC repeats it. */
const LATER = 'ESME_RX_T_APPN';

export interface EventLineOptions {
  readonly client: SmppClient;
  readonly output: Output;
  readonly events: readonly EventName[];
  /** Lines; what comes beyond them the SMSC is asked to keep. */
  readonly limit?: number;
  /** Whether raw octets of PDUs are shown. */
  readonly raw?: boolean;
  /** Called when the last line of the limit was written. */
  readonly enough?: () => void;
}

/**
 * Prints events as JSON lines. What came in is acknowledged when its line is written, so that nothing is lost where the
 * line is not: then the SMSC is asked to repeat it. The client must acknowledge by hand.
 */
export function printEvents(options: EventLineOptions): void {
  const { client, output, events, limit = Infinity, raw = false, enough } = options;
  let begun = 0;
  let written = 0;
  for (const name of events) client.on(name, (event) => print(event));

  async function print(event: ClientEvents[EventName]): Promise<void> {
    const { ack_id, pdu, ...told } = event as ClientEvents[EventName] & { ack_id?: string; pdu?: Buffer };
    if (++begun > limit) return acknowledge(ack_id, LATER);
    try {
      await output.printJson({ time: new Date().toISOString(), ...told, ...(raw ? { pdu } : {}) });
      acknowledge(ack_id);
      if (++written === limit) enough?.();
    } catch {
      // The reader of the output has gone.
      acknowledge(ack_id, LATER);
    }
  }

  function acknowledge(ackId: string | undefined, status?: string): void {
    if (ackId === undefined) return;
    try {
      client.acknowledge(ackId, status);
    } catch {
      // Its session is gone: the SMSC repeats it.
    }
  }
}
