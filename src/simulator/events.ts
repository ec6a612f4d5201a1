import type { QueuedCommand } from '../protocol';
import type { BindCommand, SessionState } from '../session';
import type { PartInfo } from '../text';

/** One link of a client, as it stands. */
export interface SmscSession {
  /** Counts the links of this SMSC, from 1. */
  readonly id: number;
  readonly peer: string;
  readonly system_id: string;
  /** Undefined until bound. */
  readonly bind_type: 'transmitter' | 'receiver' | 'transceiver' | undefined;
  /** The client's: 0x33, 0x34, 0x50. */
  readonly interface_version: number;
  readonly state: SessionState;
  /** Submits that came over it, refused ones too. */
  readonly submitted: number;
  /** Drops the link without a word. */
  drop(): void;
  /** Unbinds it properly; resolves when the client has answered, or not for a second. */
  unbind(): Promise<void>;
}

/** A submit. Beside these it has all fields of its PDU by their specification names. */
interface SubmitFacts {
  readonly command: QueuedCommand;
  readonly sequence_number: number;
  /** The account. */
  readonly system_id: string;
  readonly session: SmscSession;
  readonly tlvs: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** A submit that was taken. */
export interface SubmitEvent extends SubmitFacts {
  readonly message_id: string;
  /**
   * Of a long message undefined, until the part that completes it has come: then all of it. Also undefined where
   * the octets are no text.
   */
  readonly text: string | undefined;
  /** What the text was decoded from: this part's octets without their user data header. */
  readonly octets: Buffer;
  /** Which part of a long message it is. */
  readonly part?: PartInfo;
}

/** A submit that was not taken. */
export interface RefusedEvent extends SubmitFacts {
  /** The refusal; undefined where a rule left it unanswered. */
  readonly command_status: string | undefined;
}

/** A client tried to bind. */
export interface BindEvent {
  readonly command: BindCommand;
  readonly system_id: string;
  /** ESME_ROK, or why not. */
  readonly command_status: string;
  readonly session: SmscSession;
}

/** A link is gone; `unbind` comes before it where the client unbound first. */
export interface CloseEvent {
  readonly session: SmscSession;
  /** For people. */
  readonly reason: string;
}

/** A receipt has been answered by the client, or given up. */
export interface ReceiptEvent {
  readonly message_id: string;
  readonly system_id: string;
  readonly stat: string;
  /** The client's answer; undefined where there was none. */
  readonly command_status: string | undefined;
}

/** Any PDU, whole. */
export interface PduEvent {
  readonly direction: 'in' | 'out';
  /** Valid during the call only; copy what you keep. */
  readonly octets: Buffer;
  readonly session: SmscSession;
}

export interface SmscEvents {
  submit: SubmitEvent;
  refused: RefusedEvent;
  bind: BindEvent;
  unbind: { readonly session: SmscSession };
  close: CloseEvent;
  receipt: ReceiptEvent;
  pdu: PduEvent;
}

export type SmscEventName = keyof SmscEvents;
