/** What every event and outcome carries beside its own fields. */
export interface EventBase {
  /** What it is about, in one value: a text, a status, a PDU's fields. */
  payload: unknown;
  /** The other side's number: of a message or receipt that came in its sender, else the recipient; empty where there is none. */
  topic: string;
  /** The `msgid` that the message was given with, see `SendOptions`. */
  msgid?: string;
  /**
   * The id of the message of ours that it is about, as {@link SmppClient.enqueue} gave it; absent where that is not
   * known.
   */
  id?: string;
  /** The label that the message was given. */
  correlation_id?: string;
  /** What the message was given to carry: any JSON. */
  metadata?: unknown;
  /** W3C Trace Context, as the message was given it. */
  traceparent?: string;
  /** What belongs to `traceparent`, as it was given. */
  tracestate?: string;
}

/** A PDU's fields by their specification names, with octets as Buffers. */
export interface PduFields {
  /** The command by name; one that is not known as `0x…`. */
  command: string;
  /** By name (`ESME_ROK`); one that is not known as `0x…`. */
  command_status: string;
  /** The same as a number. */
  command_status_code: number;
  /** As it was on the wire. */
  sequence_number: number;
  /** By name, or as `0x…` where the tag is not known; a repeated one is a list. */
  tlvs: Record<string, unknown>;
  /** The whole PDU. */
  pdu?: Buffer;
  [field: string]: unknown;
}

/** A text or binary message for us (deliver_sm, data_sm), joined from its parts. */
export type MessageEvent = EventBase & PduFields & AckFields & { event: 'message' };

/** What an event that is answered has. */
export interface AckFields {
  /** With `acknowledge: manual`, and in loops over `messages()`: what the answer to the SMSC waits for. */
  ack_id?: string;
}

/** A delivery receipt. */
export type ReceiptEvent = EventBase &
  PduFields &
  AckFields & {
    event: 'receipt';
    /** `intermediate`: a notification on the way. */
    message_type: 'receipt' | 'intermediate';
    /** The SMSC's id of the message, as the receipt has it; empty where it has none. */
    message_id: string;
    /** `DELIVRD`, `UNDELIV` …; an unknown one as it came. */
    state: string;
    /** Whether no further receipt will follow. */
    final: boolean;
    /** Whether it was matched to a message of ours. */
    matched: boolean;
    /** A final receipt for the same message was told before (within `finalReceiptTtl`). */
    duplicate?: boolean;
    /** What contradicts itself in it, for people. */
    flaws?: string[];
    /** Of a long message, the segment that it is for, from 0. */
    segment?: number;
    /** Segments of the message. */
    segments?: number;
  };

/** The SMSC's answer to one request of ours. */
export type ResponseEvent = EventBase &
  PduFields & {
    event: 'response';
    /** The SMSC's id of the message; absent where it was refused. */
    message_id?: string;
    /** Of a long message, which segment, from 0. */
    segment?: number;
    /** Segments of the message. */
    segments?: number;
    /** Whether the SMSC may have seen the message before. */
    redelivered?: boolean;
    /** Seconds from writing the request to its response. */
    duration?: number;
    /** It came after its time-out, when the message had gone back to the queue. */
    late?: boolean;
  };

/** A request of ours, as it goes out. */
export type RequestEvent = EventBase &
  PduFields & {
    event: 'request';
    /** Of a long message, which segment, from 0. */
    segment?: number;
    /** Segments of the message. */
    segments?: number;
    /** Whether the SMSC may have seen the message before. */
    redelivered?: boolean;
  };

/** A message that failed for good. */
export type FailureEvent = EventBase &
  FailureFields & {
    event: 'failure';
    /** How it was, or was to be, sent. */
    command: string;
  };

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
  /** Segments of the message. */
  segments: number;
  /** Whether the SMSC may have seen it more than once. */
  redelivered: boolean;
  /** A transmission of it may have been accepted: it may have been delivered, and a receipt may come. */
  maybe_delivered?: true;
  /** Transmissions that did not settle it, newest last: when (ISO 8601), the status or code, the segment from 0. */
  history: { at: string; reason: string; segment: number }[];
  /** The field at fault, where it is one. */
  field?: string;
  /** With `UNDELIVERED`: the worst receipt. */
  receipt?: unknown;
  /** With `UNDELIVERED`: all receipts, by segment. */
  receipts?: unknown[];
}

/** Of all sessions together; `tx only` and `rx only`: one half of a pair is bound, the other is not. */
export type ConnectionState =
  'disconnected' | 'connecting' | 'bound' | 'tx only' | 'rx only' | 'throttled' | 'paused';

/** A session was bound, lost or refused, or is tried again. */
export type SessionEvent = EventBase & {
  event: 'session';
  /** Of all sessions together, from now on. */
  state: ConnectionState;
  /** Where the session is, or was, that it tells of. */
  host: string;
  /** TCP port of `host`. */
  port: number;
  /** `transceiver`, `transmitter` or `receiver`. */
  bind_type: string;
  /** How many sessions are bound, of so many that are wanted; a pair is two. */
  bound: number;
  /** Sessions that are wanted. */
  sessions: number;
  /** What the SMSC answered the bind with, by name. */
  command_status?: string;
  /** The same as a number. */
  command_status_code?: number;
  /**
   * What failed: `CONNECT_FAILED`, `TLS_FAILED`, `BIND_REFUSED` …; or `RESPONSES_SLOW`, `RESPONSES_IN_TIME`: what became
   * of `response_timeout`.
   */
  code?: string;
  /** Why the session went, for people. */
  reason?: string;
  /** Seconds until the next try; 0: at once. */
  retry_in?: number;
  /** Where the next try goes to, if elsewhere. */
  next_host?: string;
  /** TCP port of `next_host`. */
  next_port?: number;
  /** Seconds that a response is waited for from now on. */
  response_timeout?: number;
};

/** The state of the connection, before it is told as an event. */
export type SessionFacts = Omit<SessionEvent, 'event' | 'payload' | 'topic'>;

/** Sending is held back, or no more. */
export type ThrottleEvent = EventBase & {
  event: 'throttle';
  /** What holds from now on. */
  state: 'throttled' | 'normal';
  /** The status that held it back, by name. */
  command_status?: string;
  /** The same as a number. */
  command_status_code?: number;
  /** Seconds. */
  wait?: number;
  /** Segments per second from now on; absent where the throttle handler wishes for none. */
  rate?: number;
};

/** What became of the queue as a whole. */
export type QueueEvent = EventBase & {
  event: 'queue';
  /**
   * `dropped`: messages made room for newer ones; `unavailable`: its server does not answer, or it cannot be written.
   */
  state: 'full' | 'ready' | 'dropped' | 'purged' | 'unavailable' | 'available';
  /** Where it is known. */
  queued?: number;
  /** Messages that were dropped or purged. */
  removed?: number;
};

/** A PDU that no other event tells of: binds, enquire_link, unbind, responses to what came in, and what is odd. Never a password. */
export type LinkEvent = EventBase &
  PduFields & {
    event: 'link';
    /** From the SMSC, or to it. */
    direction: 'in' | 'out';
    /** The number of the session, as log lines have it. */
    session: number;
    /** Where the session is. */
    host: string;
    /** TCP port of `host`. */
    port: number;
    /** `transceiver`, `transmitter` or `receiver`. */
    bind_type: string;
    /** Of a response: seconds from its request, where that was seen. */
    duration?: number;
    /** Why it cannot be read; then there are only the fields of its header. */
    problem?: string;
  };

/** How well messages arrive, by the first digits of their recipients, within a window of time. */
export type QualityEvent = EventBase & {
  event: 'quality';
  /** Digits, without +, or `other`. */
  prefix: string;
  /** How long prefixes are in this table. */
  prefix_length: number;
  /** Segments that the SMSC accepted, with a final receipt asked for. */
  accepted: number;
  /** Final receipts that came, one for each segment. */
  receipts: number;
  /** How many of these, by state. */
  states: Readonly<Record<string, number>>;
  /** The share of `DELIVRD` among the receipts, 0 to 1; absent: there are none. */
  delivered_share?: number;
  /** Seconds from the acceptance of a segment to its receipt; absent: there are none. */
  receipt_seconds_median?: number;
  /** In so many 95 of 100 receipts had come. */
  receipt_seconds_p95?: number;
  /** Seconds that all of it is about. */
  window: number;
};

/** All events, by name. */
export interface ClientEvents {
  /** A message for us came in. */
  message: MessageEvent;
  /** A delivery receipt, or a notification on the way, came in. */
  receipt: ReceiptEvent;
  /** The SMSC answered a request of ours. */
  response: ResponseEvent;
  /** A request of ours goes out. */
  request: RequestEvent;
  /** A message failed for good. */
  failure: FailureEvent;
  /** The state of the connection changed, or a try to connect failed. */
  session: SessionEvent;
  /** Sending is held back, or no more. */
  throttle: ThrottleEvent;
  /** The queue is full, has room again, dropped or lost messages, or cannot be reached. */
  queue: QueueEvent;
  /** A PDU came or goes that no other event tells of. */
  link: LinkEvent;
  /** How well messages to a prefix arrived within a window of time. */
  quality: QualityEvent;
}

/** The name of an event. */
export type EventName = keyof ClientEvents;

const NAMES: Readonly<Record<EventName, true>> = {
  message: true,
  receipt: true,
  response: true,
  request: true,
  failure: true,
  session: true,
  throttle: true,
  queue: true,
  link: true,
  quality: true,
};

/** The names of all events. */
export const EVENT_NAMES = Object.keys(NAMES) as readonly EventName[];

/**
 * A promise (or other thenable) that is returned holds back the answer to the SMSC, for `message` and `receipt`;
 * everything else that is returned is passed over.
 */
export type EventHandler<E extends EventName> = (event: ClientEvents[E]) => unknown;

/** What became of a message that was sent. */
export type Outcome = EventBase & {
  /** As far as it was waited for. */
  event: 'accepted' | 'queued' | 'delivered';
  /** As {@link SmppClient.enqueue} gives it; of a query, cancel or replace empty. */
  id: string;
  /** The SMSC's id of the first segment; empty where none is known yet. */
  message_id: string;
  /** Those of all segments, in their order. */
  message_ids: string[];
  /** Segments of the message. */
  segments: number;
  /** The SMSC's answer, by name. */
  command_status: string;
  /** The same as a number; absent with `queued`. */
  command_status_code?: number;
  /** Transmissions that the SMSC refused for a while before that. */
  attempts: number;
  /** Whether the SMSC may have seen it before. */
  redelivered: boolean;
  /** The worst of all receipts. */
  receipt?: Record<string, unknown>;
  /** All receipts, by segment. */
  receipts?: Record<string, unknown>[];
};

/** How a handler listens. */
export interface ListenOptions {
  /** Takes the handler off when it aborts; one that has aborted already never puts it on. */
  signal?: AbortSignal | undefined;
}
