/** What every event and outcome carries beside its own fields. */
export interface EventBase {
  /** What it is about, in one value: a text, a status, a PDU's fields. */
  payload: unknown;
  /** The other side's number: of a message or receipt that came in its sender, else the recipient; empty where there is none. */
  topic: string;
  /** The `msgid` that the message was given with, see `SendOptions`. */
  msgid?: string;
  id?: string;
  correlation_id?: string;
  metadata?: unknown;
  /** W3C Trace Context, as the message was given it. */
  traceparent?: string;
  tracestate?: string;
}

/** A PDU's fields by their specification names, with octets as Buffers. */
interface PduFields {
  command: string;
  command_status: string;
  command_status_code: number;
  sequence_number: number;
  tlvs: Record<string, unknown>;
  /** The whole PDU. */
  pdu?: Buffer;
  [field: string]: unknown;
}

/** A text or binary message for us (deliver_sm, data_sm), joined from its parts. */
export type MessageEvent = EventBase & PduFields & AckFields & { event: 'message' };

interface AckFields {
  /** With `acknowledge: manual`: what the answer to the SMSC waits for. */
  ack_id?: string;
}

/** A delivery receipt. */
export type ReceiptEvent = EventBase &
  PduFields &
  AckFields & {
    event: 'receipt';
    /** `intermediate`: a notification on the way. */
    message_type: 'receipt' | 'intermediate';
    message_id: string;
    state: string;
    /** Whether no further receipt will follow. */
    final: boolean;
    /** Whether it was matched to a message of ours. */
    matched: boolean;
    /** A final receipt for the same message was told before (within `finalReceiptTtl`). */
    duplicate?: boolean;
    /** What contradicts itself in it, for people. */
    flaws?: string[];
    segment?: number;
    segments?: number;
  };

/** The SMSC's answer to one request of ours. */
export type ResponseEvent = EventBase &
  PduFields & {
    event: 'response';
    message_id?: string;
    segment?: number;
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
  PduFields & { event: 'request'; segment?: number; segments?: number; redelivered?: boolean };

/** A message that failed for good. */
export type FailureEvent = EventBase & FailureFields & { event: 'failure'; command: string };

export interface FailureFields {
  /** Stable, for programs; see docs/reference.md. */
  code: string;
  command_status?: string;
  command_status_code?: number;
  /** What the SMSC said to its refusal in words. */
  additional_status_info_text?: string;
  attempts: number;
  /** Of all transmissions that were accepted all the same. */
  message_ids: string[];
  segments: number;
  redelivered: boolean;
  /** A transmission of it may have been accepted: it may have been delivered, and a receipt may come. */
  maybe_delivered?: true;
  history: { at: string; reason: string; segment: number }[];
  field?: string;
  receipt?: unknown;
  receipts?: unknown[];
}

/** Of all sessions together; `tx only` and `rx only`: one half of a pair is bound, the other is not. */
export type ConnectionState =
  'disconnected' | 'connecting' | 'bound' | 'tx only' | 'rx only' | 'throttled' | 'paused';

export type SessionEvent = EventBase & {
  event: 'session';
  state: ConnectionState;
  /** Where the session is, or was, that it tells of. */
  host: string;
  port: number;
  bind_type: string;
  /** How many sessions are bound, of so many that are wanted; a pair is two. */
  bound: number;
  sessions: number;
  command_status?: string;
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
  next_port?: number;
  /** Seconds that a response is waited for from now on. */
  response_timeout?: number;
};

/** The state of the connection, before it is told as an event. */
export type SessionFacts = Omit<SessionEvent, 'event' | 'payload' | 'topic'>;

export type ThrottleEvent = EventBase & {
  event: 'throttle';
  state: 'throttled' | 'normal';
  command_status?: string;
  command_status_code?: number;
  /** Seconds. */
  wait?: number;
  /** Segments per second from now on; absent where the throttle handler wishes for none. */
  rate?: number;
};

export type QueueEvent = EventBase & {
  event: 'queue';
  state: 'full' | 'ready' | 'dropped' | 'purged' | 'unavailable' | 'available';
  /** Where it is known. */
  queued?: number;
  removed?: number;
};

/** A PDU that no other event tells of: binds, enquire_link, unbind, responses to what came in, and what is odd. Never a password. */
export type LinkEvent = EventBase &
  PduFields & {
    event: 'link';
    direction: 'in' | 'out';
    /** The number of the session, as log lines have it. */
    session: number;
    /** Where the session is. */
    host: string;
    port: number;
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
  receipt_seconds_p95?: number;
  /** Seconds that all of it is about. */
  window: number;
};

export interface ClientEvents {
  message: MessageEvent;
  receipt: ReceiptEvent;
  response: ResponseEvent;
  request: RequestEvent;
  failure: FailureEvent;
  session: SessionEvent;
  throttle: ThrottleEvent;
  queue: QueueEvent;
  link: LinkEvent;
  quality: QualityEvent;
}

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
  event: 'accepted' | 'queued' | 'delivered';
  id: string;
  message_id: string;
  message_ids: string[];
  segments: number;
  command_status: string;
  command_status_code?: number;
  attempts: number;
  redelivered: boolean;
  /** The worst of all receipts. */
  receipt?: Record<string, unknown>;
  receipts?: Record<string, unknown>[];
};

/** How a handler listens. */
export interface ListenOptions {
  /** Takes the handler off when it aborts; one that has aborted already never puts it on. */
  signal?: AbortSignal | undefined;
}
