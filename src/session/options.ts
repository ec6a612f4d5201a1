import type { Clock } from '../clock';
import type { Log } from '../observability';
import type { CodecOptions, Pdu, PduError } from '../protocol';
import type { ResponseTimes } from './response-time';
import type { RequestHandler } from './response-view';
import type { SequenceGenerator } from './sequence';
import type { Role } from './states';
import type { Transport } from './transport';

/** What a request of the peer's is answered with; `fields` are the response's mandatory fields. */
export interface Answer {
  /** By name or number. */
  command_status: number | string;
  /** Mandatory fields of the response, by name. */
  fields?: Readonly<Record<string, unknown>>;
  /** Optional parameters of the response, by name. */
  tlvs?: Readonly<Record<string, unknown>>;
}

/** What a promise is asked for; what is not one may call back at once when it knows, and not in a later microtask. */
export interface Later<T> {
  then(done: (value: T) => void, failed: (error: unknown) => void): unknown;
}

export interface SessionHandlers {
  /**
   * A request that the session does not answer by itself (all but enquire_link and unbind). Undefined answers
   * ESME_RINVCMDID; where it throws or rejects the answer is ESME_RSYSERR.
   */
  request(pdu: Pdu, octets: Buffer): Later<Answer | undefined> | Answer | undefined;
  /**
   * A request that cannot be decoded, in a state in which it may come; `command_status` of the error is what it is
   * answered with where this is absent or returns undefined.
   */
  malformed?(
    command: string,
    octets: Buffer,
    error: PduError,
  ): Promise<Answer | undefined> | Answer | undefined;
  /** The window has become smaller or larger for the congestion_state of the peer; `isReduced`: it is not what was set. */
  resized?(windowSize: number, congestionState: number | undefined, isReduced: boolean): void;
  /** Every PDU, whole: as it comes, before it is handled, or before it goes. Looked for at each, so that it may come and go. */
  readonly trace?: ((direction: 'in' | 'out', octets: Buffer) => void) | undefined;
}

/** Counts what goes over a session. Called for every PDU: to be cheap, and never to throw. */
export interface SessionMeter {
  /** A PDU came; the status of a request says nothing. */
  came(commandId: number, status: number): void;
  /** A PDU is about to go. */
  goes(commandId: number, status: number): void;
  /** A request of ours got its response, in time or late, after so many milliseconds; the id of the request. */
  responded(commandId: number, ms: number): void;
  /** A deliver_sm or data_sm of the peer's was answered so many milliseconds after it was read. */
  answered(commandId: number, ms: number): void;
  /** A request of ours got no response in time. */
  timedOut(commandId: number): void;
}

export interface SessionOptions extends CodecOptions {
  role: Role;
  transport: Transport;
  handlers: SessionHandlers;
  clock: Clock;
  log: Log;
  /** Requests outstanding at most. */
  windowSize: number;
  /** Milliseconds that a response, or a peer that takes nothing of what is written, is waited for. */
  responseTimeout: number;
  /** What is known of how long the peer takes; absent: this session finds out by itself, from `responseTimeout` on. */
  responseTimes?: ResponseTimes;
  /** Milliseconds without a PDU of the peer's until enquire_link; 0: never. */
  enquireLinkInterval: number;
  /** Milliseconds without PDUs, but enquire_links, until the session unbinds; 0 or absent: never. */
  inactivityTimeout?: number;
  /** Milliseconds that the peer may take to bind; 0 or absent: for ever. */
  sessionInitTimeout?: number;
  /** PDUs that a peer may send before it has bound; one more ends the session. Absent: as many as it likes. */
  mostUnbound?: number;
  /**
   * As an SMSC: milliseconds that the answers to what the client asked before its unbind, or before it closed its half,
   * are waited for; 0 or absent: it is let go at once.
   */
  answersGrace?: number;
  /** Octets; a longer PDU of the peer's ends the session. */
  maxPduLength: number;
  /** Whether TLVs are sent where the bind response has no sc_interface_version; default: true. */
  assumeTlvs?: boolean;
  /** 0x33, 0x34 or 0x50. */
  interfaceVersion?: number;
  sequence?: SequenceGenerator;
  meter?: SessionMeter | undefined;
}

/** A request that is ready to go: a PDU's body and who hears of its fate. */
export interface OutboundRequest {
  readonly commandId: number;
  readonly body: Buffer;
  readonly handler: RequestHandler;
}
