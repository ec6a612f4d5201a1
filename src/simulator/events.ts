import type { QueuedCommand } from '../protocol';
import type { BindCommand, SessionState } from '../session';
import type { PartInfo, UdhFields } from '../text';

/** One link of a client, as it stands. */
export interface SmscSession {
  /** Counts the links of this SMSC, from 1. */
  readonly id: number;
  /** Address and port of the client. */
  readonly peer: string;
  /** The account that it is bound as; empty until bound. */
  readonly system_id: string;
  /** Undefined until bound. */
  readonly bind_type: 'transmitter' | 'receiver' | 'transceiver' | undefined;
  /** The client's: 0x33, 0x34, 0x50. */
  readonly interface_version: number;
  /** Where the link stands. */
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
  /** The id that the message was given. */
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
  /** The next screen of the USSD dialogue that its recipient is in, or the last. */
  readonly ussd?: 'continue' | 'close';
  /** The user data header of its PDU, where it has one: ports, which part it is, and all else. */
  readonly udh?: UdhFields;
}

/** A submit that was not taken. */
export interface RefusedEvent extends SubmitFacts {
  /** The refusal; undefined where a rule left it unanswered. */
  readonly command_status: string | undefined;
}

/** A client tried to bind. */
export interface BindEvent {
  /** Which bind it was. */
  readonly command: BindCommand;
  /** The account that it named. */
  readonly system_id: string;
  /** ESME_ROK, or why not. */
  readonly command_status: string;
  /** The link that it came over. */
  readonly session: SmscSession;
}

/** A link is gone; `unbind` comes before it where the client unbound first. */
export interface CloseEvent {
  /** The link that was. */
  readonly session: SmscSession;
  /** For people. */
  readonly reason: string;
}

/** A receipt has been answered by the client, or given up. */
export interface ReceiptEvent {
  /** The id of the message that it is for. */
  readonly message_id: string;
  /** The account that it went to. */
  readonly system_id: string;
  /** The state that it told: `DELIVRD` … */
  readonly stat: string;
  /** The client's answer; undefined where there was none. */
  readonly command_status: string | undefined;
}

/** Any PDU, whole. */
export interface PduEvent {
  /** From the client, or to it. */
  readonly direction: 'in' | 'out';
  /** Valid during the call only; copy what you keep. */
  readonly octets: Buffer;
  /** The link that it goes over. */
  readonly session: SmscSession;
}

/** The events of an {@link Smsc}, by name. */
export interface SmscEvents {
  /** A message was taken. */
  submit: SubmitEvent;
  /** A message was refused, or left without an answer. */
  refused: RefusedEvent;
  /** A client tried to bind. */
  bind: BindEvent;
  /** A client unbound. */
  unbind: { readonly session: SmscSession };
  /** A link is gone. */
  close: CloseEvent;
  /** A receipt was answered, or given up. */
  receipt: ReceiptEvent;
  /** A PDU came or goes. */
  pdu: PduEvent;
}

/** The name of an event of an {@link Smsc}. */
export type SmscEventName = keyof SmscEvents;
