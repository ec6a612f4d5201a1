import type { PeerCertificate } from 'node:tls';
import type { BindCommand, Pdu, PduInput, PduOf, QueuedCommand, Tlvs } from '../protocol';
import type { Answer, CloseReason, Session, SessionState } from '../session';
import type { PartInfo, UdhFields } from '../text';
import type { MobileMessage } from './deliver';
import type { DeliveryReceipt } from './receipt';

/** A submit_sm, data_sm, submit_multi or broadcast_sm as it came. */
export type SubmitPdu = PduOf<QueuedCommand>;

/** What a client may do once it is bound. */
export type BindType = 'transmitter' | 'receiver' | 'transceiver';

/** A command_status, as number or name (`ESME_RINVPASWD`, `0x00000401`). */
export type Status = number | string;

/** A client that wants to bind. The password is here and nowhere else: in no event, no log line, no session. */
export interface BindRequest {
  /** Which bind it is. */
  readonly command: BindCommand;
  /** The same, in a word. */
  readonly bind_type: BindType;
  /** The account that it names. */
  readonly system_id: string;
  /** As it came. */
  readonly password: string;
  /** As it came; mostly empty. */
  readonly system_type: string;
  /** 0x33, 0x34, 0x50, or whatever else it says. */
  readonly interface_version: number;
  /** Type of number of `address_range`. */
  readonly addr_ton: number;
  /** Numbering plan of `address_range`. */
  readonly addr_npi: number;
  /** The numbers that it serves, as it came. */
  readonly address_range: string;
  /** Optional parameters, by name. */
  readonly tlvs: Tlvs;
  /** Where it comes from. */
  readonly address: string;
  /** TCP port there. */
  readonly port: number;
  /** Whether the connection is by TLS. */
  readonly secure: boolean;
  /** That of the client, where TLS is used and `tls.requestCert` asked for one that it has. */
  readonly certificate: PeerCertificate | undefined;
  /** Whether that certificate is of a CA given by `tls.ca`; false where there is none. */
  readonly authorized: boolean;
  /** Aborts when the time for an answer is over, or the client has gone. */
  readonly signal: AbortSignal;
}

/** What becomes of a bind, with more than yes or no. */
export interface BindAnswer {
  /** Default ESME_ROK: it is let in. */
  readonly command_status?: Status;
  /** The name that the bind response says; default the option `systemId`. */
  readonly system_id?: string;
  /** TLVs of the bind response, beside sc_interface_version, which undefined here leaves away. */
  readonly tlvs?: Readonly<Record<string, unknown>>;
  /** Sessions that this system_id may have at a time, one more is refused ESME_RALYBND; default `maxSessionsPerSystemId`. */
  readonly maxSessions?: number;
  /** Requests towards it that may wait for their responses; default the option `windowSize`. */
  readonly windowSize?: number;
  /** Kept as `session.context`. */
  readonly context?: unknown;
}

/** True lets it in, false refuses it with ESME_RBINDFAIL; or the status that it is refused with; or all of it. */
export type BindVerdict = boolean | Status | BindAnswer;

/** A message that a client submits. */
export interface SubmittedMessage {
  /** How it came. */
  readonly command: QueuedCommand;
  /** All fields and TLVs by their specification names. To be kept, `plainCopy` it: its octets are a view of what else came. */
  readonly pdu: SubmitPdu;
  /** The sender. */
  readonly source_addr: string;
  /** The number; of several recipients (submit_multi) the first, of a broadcast ''. */
  readonly destination_addr: string;
  /** All numbers that it is for. */
  readonly destinations: readonly string[];
  /** Whether a receipt is wanted, for some outcome at least (registered_delivery). */
  readonly wantsReceipt: boolean;
  /** This PDU's message without its user data header. */
  readonly octets: Buffer;
  /** Which part of a long message it is; undefined for a whole one. */
  readonly part: PartInfo | undefined;
  /** The user data header of its PDU: ports, which part it is, and all else; undefined where it has none. */
  readonly udh: UdhFields | undefined;
  /**
   * What it says; decoded when it is first read. Of a long message (with `joinParts`) undefined until the part that
   * completes it has come: then all of it. Also undefined where the octets are no text.
   */
  readonly text: string | undefined;
  /** With the part that completes a long message: the message_ids that the others were answered with, by their place. */
  readonly otherIds: readonly string[];
}

/** A message is taken, or refused. */
export interface SubmitAnswer {
  /** 1 to 64 ASCII characters; must be there where the status is ESME_ROK. */
  readonly message_id?: string;
  /** Default ESME_ROK. */
  readonly command_status?: Status;
  /** Other fields of the response, such as `unsuccess_sme` of submit_multi_resp. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Optional parameters of the response, by name. */
  readonly tlvs?: Readonly<Record<string, unknown>>;
}

/** `{ message_id }`, or the status that it is refused with. */
export type SubmitVerdict = SubmitAnswer | Status;

/** What any other request is answered with; undefined: ESME_RINVCMDID. */
export type RequestVerdict = Answer | Status | undefined;

/** How a session sends. */
export interface DeliverRequestOptions {
  /** Gives up waiting for a free slot of the window. What is sent is sent. */
  readonly signal?: AbortSignal;
}

/** One connection of a client. */
export interface ServerSession {
  /** Counts the connections of this server, from 1. */
  readonly id: number;
  /** `address:port`. */
  readonly peer: string;
  /** Of the client. */
  readonly address: string;
  /** TCP port of the client. */
  readonly port: number;
  /** Where the session stands. */
  readonly state: SessionState;
  /** '' before a bind. */
  readonly system_id: string;
  /** Undefined until bound. */
  readonly bind_type: BindType | undefined;
  /** What the client says that it speaks: 0x33, 0x34, 0x50; 0 before a bind. */
  readonly interface_version: number;
  /** The caller's own; what `authenticate` gave as `context`, undefined at first. */
  context: unknown;
  /** Resolves when the connection is gone, with the reason. */
  readonly closed: Promise<CloseReason>;
  /** Aborts when the connection is gone. */
  readonly signal: AbortSignal;
  /** Requests of the client whose answers are still to come. */
  readonly pending: number;
  /** The session of the protocol underneath: window, slots, batches. For what has no method here. */
  readonly protocol: Session;
  /**
   * Sends a message, a long one in parts. Resolves with the responses, one per part, whatever their status.
   * Rejects with `NOT_BOUND`, `SESSION_CLOSED`, `RESPONSE_TIMEOUT`, `TOO_MANY_REQUESTS`, or what is wrong with it.
   */
  deliver(message: MobileMessage, options?: DeliverRequestOptions): Promise<Pdu[]>;
  /** Sends a receipt with its text and TLVs. Resolves with the response; rejects as {@link deliver}. */
  deliverReceipt(receipt: DeliveryReceipt, options?: DeliverRequestOptions): Promise<Pdu>;
  /** Sends any request, and resolves with its response, whatever its status. Rejects as {@link deliver}, or with `INVALID_STATE`. */
  request(pdu: PduInput, options?: DeliverRequestOptions): Promise<Pdu>;
  /** Sends what has no response, such as alert_notification. Throws `INVALID_STATE`, or what is wrong with it. */
  notify(pdu: PduInput): void;
  /** Reads nothing more of this client until {@link resume}; its responses wait as well: to be kept short. */
  pause(): void;
  /** Reads on. */
  resume(): void;
  /** Unbinds, waits `timeout` s (default 1) for the response, and closes. Never rejects. */
  unbind(timeout?: number): Promise<void>;
  /** Closes without unbind, after what is written; `why` is for the log and the event `close`. */
  close(why?: string): void;
  /** Drops the connection at once; `reset`: by RST, where it is no TLS. */
  destroy(why?: string, options?: { readonly reset?: boolean }): void;
}
