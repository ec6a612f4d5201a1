import type { Receipt } from '../../text';
import type { FailedBroadcastArea } from './broadcast-form';
import type { EventBase } from './event-base';
import type { UnsuccessReport } from './unsuccess-form';

/** What a receipt says, as far as it says it. */
export interface ReceiptReport extends Receipt {
  /** A final receipt for the same message was told before (within `finalReceiptTtl`). */
  duplicate?: boolean;
  /** Of a message to several destinations: whose receipt it is. */
  address?: string;
}

/** How a message failed. */
export interface FailureFields {
  /** Stable, for programs; see docs/reference.md. */
  code: string;
  /** The SMSC's last status by name; absent where it said none. */
  command_status?: string;
  /** The same as a number. */
  command_status_code?: number;
  /** What the SMSC said to its refusal in words. */
  additional_status_info_text?: string;
  /** Transmissions that the SMSC refused for a while before that. */
  attempts: number;
  /** Of all transmissions that were accepted all the same. */
  message_ids: string[];
  /** The message was given by an earlier call with the same idempotency_key, and failed then. */
  duplicate?: true;
  /** Segments of the message. */
  segments: number;
  /** Whether the SMSC may have seen it more than once. */
  redelivered: boolean;
  /** A transmission of it may have been accepted: it may have been delivered, and a receipt may come. */
  maybe_delivered?: true;
  /** Of a cancel or replace without an answer: the SMSC may have carried it out. */
  maybe_carried_out?: true;
  /** Transmissions that did not settle it, newest last: when (ISO 8601), the status or code, the segment from 0. */
  history: { at: string; reason: string; segment: number }[];
  /** The field at fault, where it is one. */
  field?: string;
  /** Of a broadcast that the SMSC refused: the areas that it named. */
  failed_broadcast_area_identifier?: FailedBroadcastArea[];
  /** Of submit_multi: the destinations that the SMSC did not take. */
  unsuccess_sme?: UnsuccessReport[];
  /** With `UNDELIVERED`: the worst receipt. */
  receipt?: ReceiptReport;
  /** With `UNDELIVERED`, and with `RECEIPT_TIMEOUT` of submit_multi: all final receipts, by segment. */
  receipts?: ReceiptReport[];
}

/** How a message stands, as its SMSC or this connection knows. */
export interface MessageStatus {
  /**
   * In the words of receipts: `DELIVRD`, `ENROUTE` …; one that is not known as its number. Of a message that the SMSC does not have
   * yet `QUEUED`, `DELAYED` (put off to be tried again) or `SENDING`; of one that failed before it had it `FAILED`.
   */
  state: string;
  /** Whether it is at its end. */
  final: boolean;
  /** The state as SMPP has it. */
  message_state?: number;
  /** When it came to its end, as the SMSC wrote it; empty: it has not, or the SMSC does not say. */
  final_date?: string;
  /** The same in ISO 8601. */
  done_date?: string;
  /** The network's, by which it failed. */
  error_code?: number;
}

/** How one segment of a message stands. */
export interface SegmentStatus extends MessageStatus {
  /** From 0. */
  segment: number;
  /** The SMSC's id of it. */
  message_id: string;
}

/** What became of a message that was sent. */
export type Outcome = EventBase &
  Partial<MessageStatus> & {
    /** As far as it was waited for. */
    event: 'accepted' | 'queued' | 'delivered';
    /** As {@link SmppClient.enqueue} gives it; of a query, cancel or replace that of the message, empty where it is not known. */
    id: string;
    /** The SMSC's id of the first segment; empty where none is known yet. */
    message_id: string;
    /** Those of all segments, in their order. */
    message_ids: string[];
    /** Segments of the message. */
    segments: number;
    /** Of submit_multi: how many destinations each segment has; a distribution list is one. */
    destinations?: number;
    /** Of submit_multi: `segments` × `destinations`, as the rate counts it. */
    cost?: number;
    /** Of submit_multi: the destinations that the SMSC did not take while it took others. */
    unsuccess_sme?: UnsuccessReport[];
    /** Of a broadcast that was accepted: areas that it does not reach; absent: it reaches all. They are not tried again. */
    failed_broadcast_area_identifier?: FailedBroadcastArea[];
    /** The SMSC's answer, by name. */
    command_status: string;
    /** The same as a number; absent with `queued`. */
    command_status_code?: number;
    /** Transmissions that the SMSC refused for a while before that. */
    attempts: number;
    /** Whether the SMSC may have seen it before. */
    redelivered: boolean;
    /** The message was given by an earlier call with the same idempotency_key; this one has queued nothing. */
    duplicate?: true;
    /** The worst of all receipts. */
    receipt?: ReceiptReport;
    /** All receipts, by segment. */
    receipts?: ReceiptReport[];
    /** Of a query about a message of several segments: how each stands. Beside it stands the worst. */
    states?: SegmentStatus[];
    /**
     * Of a cancel: where it was: in the `queue` (its sender's failure is `CANCELLED`), at the `smsc`, or perhaps in a queue
     * that nothing can be taken out of: then it is dropped when its turn comes (`when-taken`).
     */
    cancelled?: 'queue' | 'smsc' | 'when-taken';
  };
