import type { EventBase } from './event-base';

/** Of all sessions together; `listening`: the SMSC is to connect to us, and has not; `tx only` and `rx only`: one half of a pair is bound, the other is not. */
export type ConnectionState =
  'disconnected' | 'connecting' | 'listening' | 'bound' | 'tx only' | 'rx only' | 'throttled' | 'paused';

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
  /** It is about a session that the SMSC asked for by an outbind, or about the port where it does. */
  outbind?: true;
};

/** The state of the connection, before it is told as an event. */
export type SessionFacts = Omit<SessionEvent, 'event' | 'payload' | 'topic'>;

/** Sending is held back, or no more. */
export type ThrottleEvent = EventBase & {
  event: 'throttle';
  /**
   * What holds from now on. `congested`: by its congestion_state the SMSC has enough to do, and a session has fewer
   * requests outstanding; `relieved`: as many as were set.
   */
  state: 'throttled' | 'normal' | 'congested' | 'relieved';
  /** The status that held it back, by name. */
  command_status?: string;
  /** The same as a number. */
  command_status_code?: number;
  /** Seconds. */
  wait?: number;
  /** Segments per second from now on; absent where the throttle handler wishes for none. */
  rate?: number;
  /** Of `congested` and `relieved`: how busy the SMSC says it is, in percent (SMPP 5.0 section 4.8.4.18). */
  congestion_state?: number;
  /** Of these: requests that may be without response now. */
  window_size?: number;
  /** Of these: which session, as the log calls it. */
  session?: number;
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
