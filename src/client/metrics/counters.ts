import {
  Counts,
  DELIVERY,
  Histogram,
  OTHER,
  ROUND_TRIP,
  type Collector,
  type Sink,
} from '../../observability';
import { statusCode } from '../../protocol';
import type { CloseCode, SessionMeter } from '../../session';
import { MESSAGE_STATES } from '../../text';
import { PduCounts, nameOfSlot, slotOf } from './pdu-counts';

/** Beside those that are known: of a part or plugin of the user's. */
const OTHER_CODES = 50;

/** Told from the beginning, as 0: the first one is an increase, too. */
const FAILURES = ['EXPIRED', 'MAX_ATTEMPTS', 'OUTCOME_UNKNOWN', 'QUEUE_FULL', 'REFUSED', 'REMOVED'];

type ByCommand = (Histogram | undefined)[];
const SECOND = 1000;

/**
 * What is counted under the name of a connection: plain numbers, incremented where it happens, read when a scrape
 * comes. Clients of one name share it.
 */
export class ConnectionCounters implements Collector, SessionMeter {
  readonly #in = new PduCounts();
  readonly #out = new PduCounts();
  readonly #requests: ByCommand = [];
  readonly #answers: ByCommand = [];
  readonly #timeouts: number[] = [];
  readonly #binds = new Counts<string>({
    known: (status) => statusCode(status) !== undefined && !status.startsWith('0x'),
    others: OTHER_CODES,
  });
  readonly #connectionFailures = codes();
  readonly #sessionEnds = codes();
  readonly #outbindRefusals = codes();
  #reconnects = 0;
  readonly #failures = codes(FAILURES);
  #pauses = 0;
  /** Milliseconds. */
  #paused = 0;
  #queued = 0;
  #accepted = 0;
  #retries = { retry: 0, mailbox_full: 0 };
  #redeliveries = { timeout: 0, link_lost: 0 };
  #received = 0;
  readonly #receipts = new Counts<string>({ known: isState, others: 0, first: MESSAGE_STATES });
  #unmatched = 0;
  #duplicates = 0;
  readonly #receiptDelay = new Histogram(DELIVERY);
  #incomplete = 0;

  // --- what goes over sessions ---

  came(commandId: number, status: number): void {
    this.#in.add(commandId, status);
  }

  goes(commandId: number, status: number): void {
    this.#out.add(commandId, status);
  }

  responded(commandId: number, ms: number): void {
    observe(this.#requests, commandId, ms);
  }

  answered(commandId: number, ms: number): void {
    observe(this.#answers, commandId, ms);
  }

  timedOut(commandId: number): void {
    const slot = slotOf(commandId);
    this.#timeouts[slot] = (this.#timeouts[slot] ?? 0) + 1;
  }

  // --- sessions ---

  /** The SMSC answered a bind; the status by name. */
  bind(status: string): void {
    this.#binds.add(status);
  }

  /** Connecting or binding failed; the code of the error. */
  connectionFailed(code: string): void {
    this.#connectionFailures.add(code);
  }

  sessionEnded(reason: CloseCode): void {
    this.#sessionEnds.add(reason);
  }

  /** Who connected to us is not let in; the code of why. */
  outbindRefused(code: string): void {
    this.#outbindRefusals.add(code);
  }

  reconnected(): void {
    this.#reconnects++;
  }

  // --- messages ---

  queued(messages: number): void {
    this.#queued += messages;
  }

  accepted(): void {
    this.#accepted++;
  }

  failed(code: string): void {
    this.#failures.add(code);
  }

  retried(reason: 'retry' | 'mailbox_full'): void {
    this.#retries[reason]++;
  }

  redelivered(reason: 'timeout' | 'link_lost'): void {
    this.#redeliveries[reason]++;
  }

  /** Sending begins to pause because the SMSC asked for less. */
  throttled(): void {
    this.#pauses++;
  }

  /** It has paused for so many milliseconds. */
  paused(ms: number): void {
    this.#paused += ms;
  }

  // --- what comes in ---

  /** A whole message. */
  received(): void {
    this.#received++;
  }

  receipt({ state, matched, duplicate }: { state: string; matched: boolean; duplicate?: boolean }): void {
    this.#receipts.add(state);
    if (!matched) this.#unmatched++;
    if (duplicate) this.#duplicates++;
  }

  /** The final receipt of a segment came so many milliseconds after it was accepted. */
  delivered(ms: number): void {
    this.#receiptDelay.observe(ms / SECOND);
  }

  incomplete(): void {
    this.#incomplete++;
  }

  // --- the scrape ---

  collect(sink: Sink): void {
    this.#collectSessions(sink);
    this.#collectMessages(sink);
    this.#collectIncoming(sink);
  }

  #collectSessions(sink: Sink): void {
    for (const [direction, counts] of [
      ['in', this.#in],
      ['out', this.#out],
    ] as const)
      for (const { command, status: command_status, count } of counts.each())
        sink.value('smpp_pdus_total', count, { direction, command, command_status });
    each(this.#requests, (command, one) => sink.histogram('smpp_request_duration_seconds', one, { command }));
    each(this.#answers, (command, one) => sink.histogram('smpp_answer_duration_seconds', one, { command }));
    each(this.#timeouts, (command, count) => sink.value('smpp_request_timeouts_total', count, { command }));
    const byStatus = (count: number, command_status: string): void =>
      sink.value('smpp_binds_total', count, { command_status });
    told(this.#binds, byStatus);
    told(this.#connectionFailures, (count, code) =>
      sink.value('smpp_connection_failures_total', count, { code }),
    );
    told(this.#sessionEnds, (count, reason) => sink.value('smpp_session_ends_total', count, { reason }));
    sink.value('smpp_reconnects_total', this.#reconnects);
    told(this.#outbindRefusals, (count, code) => sink.value('smpp_outbind_refusals_total', count, { code }));
  }

  #collectMessages(sink: Sink): void {
    sink.value('smpp_messages_queued_total', this.#queued);
    sink.value('smpp_messages_accepted_total', this.#accepted);
    told(this.#failures, (count, code) => sink.value('smpp_message_failures_total', count, { code }));
    for (const [reason, count] of Object.entries(this.#retries))
      sink.value('smpp_message_retries_total', count, { reason });
    for (const [reason, count] of Object.entries(this.#redeliveries))
      sink.value('smpp_message_redeliveries_total', count, { reason });
    sink.value('smpp_throttle_pauses_total', this.#pauses);
    sink.value('smpp_throttle_pause_seconds_total', this.#paused / SECOND);
  }

  #collectIncoming(sink: Sink): void {
    sink.value('smpp_messages_received_total', this.#received);
    told(this.#receipts, (count, state) => sink.value('smpp_receipts_total', count, { state }));
    sink.value('smpp_receipts_unmatched_total', this.#unmatched);
    sink.value('smpp_receipts_duplicate_total', this.#duplicates);
    sink.histogram('smpp_receipt_delay_seconds', this.#receiptDelay);
    sink.value('smpp_reassembly_incomplete_total', this.#incomplete);
  }
}

const isState = (state: string): boolean => (MESSAGE_STATES as readonly string[]).includes(state);

function codes(first: readonly string[] = []): Counts<string> {
  return new Counts({ known: (code) => first.includes(code), others: OTHER_CODES, first });
}

function observe(histograms: ByCommand, commandId: number, ms: number): void {
  const slot = slotOf(commandId);
  (histograms[slot] ??= new Histogram(ROUND_TRIP)).observe(ms / SECOND);
}

function each<T>(bySlot: readonly (T | undefined)[], tell: (command: string, one: T) => void): void {
  bySlot.forEach((one, slot) => {
    if (one !== undefined) tell(nameOfSlot(slot), one);
  });
}

function told(counts: Counts<string>, tell: (count: number, value: string) => void): void {
  for (const [value, count] of counts) tell(count, value);
  if (counts.rest > 0) tell(counts.rest, OTHER);
}
