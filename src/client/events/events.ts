import type { UdhFields } from '../../text';
import type { AckFields, EventBase } from './event-base';
import type { FailureFields, ReceiptReport } from './outcome';
import type { UnsuccessReport } from './unsuccess-form';
import type { SessionEvent, ThrottleEvent, QueueEvent, QualityEvent } from './state-events';

export type {
  ConnectionState,
  SessionEvent,
  SessionFacts,
  ThrottleEvent,
  QueueEvent,
  QualityEvent,
} from './state-events';

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
export type MessageEvent = EventBase &
  PduFields &
  AckFields & {
    event: 'message';
    /** The text; a Buffer where it is binary or cannot be read. */
    payload: string | Buffer;
    /** The sender; absent where it cannot be read. */
    source_addr?: string;
    /** Whom it is for; absent where it cannot be read. */
    destination_addr?: string;
    /** `message`, or another kind, such as `malformed`; see docs/reference.md. */
    message_type: string;
    /** Parts that it came in, or should have. */
    segments: number;
    /** Its user data header, but for which part it is and how its text was written: ports and all else. */
    udh?: UdhFields;
    /** Parts of it did not come. */
    incomplete?: true;
    /** Which ones, from 1. */
    missing?: readonly number[];
    /** Why it cannot be read. */
    problem?: string;
    /** What contradicts itself in it, for people. */
    flaws?: string[];
    /** USSD: what it is to its dialogue, whose id is `session_id`. */
    session?: 'new' | 'continue' | 'close';
    /** USSD: the code that was dialled, where it is known. */
    ussd_code?: string;
  };

/** A delivery receipt. */
export type ReceiptEvent = EventBase &
  PduFields &
  AckFields & {
    event: 'receipt';
    /** What it says. */
    payload: ReceiptReport;
    /** Of the receipt: the number that the message went to. */
    source_addr: string;
    /** Of the receipt: who sent the message. */
    destination_addr: string;
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
    /** Of a message to several destinations: whose receipt it is. */
    address?: string;
    /** Of a long message, the segment that it is for, from 0. */
    segment?: number;
    /** Segments of the message. */
    segments?: number;
  };

/** The SMSC's answer to one request of ours. */
export type ResponseEvent = EventBase &
  PduFields & {
    event: 'response';
    /** Its `command_status` by name. */
    payload: string;
    /** The SMSC's id of the message; absent where it was refused. */
    message_id?: string;
    /** Of a long message, which segment, from 0. */
    segment?: number;
    /** Segments of the message. */
    segments?: number;
    /** Whether the SMSC may have seen the message before. */
    redelivered?: boolean;
    /** Of submit_multi: the destinations that it was not taken for; absent: none. */
    unsuccess_sme?: UnsuccessReport[];
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
    /** Why, for people. */
    payload: string;
    /** How it was, or was to be, sent. */
    command: string;
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

/** The SMSC says how a phone can be reached that a message could not be brought to (alert_notification). */
export type AlertEvent = EventBase &
  PduFields & {
    event: 'alert';
    /** Whose phone it is, who is told, and how it can be reached now. */
    payload: AlertReport;
    /** The number of the phone. */
    source_addr: string;
    /** Our address, as the SMSC has it. */
    esme_addr: string;
  };

/** What an alert_notification says. */
export interface AlertReport {
  /** The number of the phone. */
  source_addr: string;
  /** Our address, as the SMSC has it. */
  esme_addr: string;
  /** 3.4 section 5.3.2.30; 0 where the SMSC does not say. */
  ms_availability_status: number;
  /**
   * The same in a word: `available`, `denied` (it takes no messages, as when its contract is suspended), `unavailable`, or
   * `reserved`.
   */
  availability: 'available' | 'denied' | 'unavailable' | 'reserved';
}

/** A USSD dialogue ended without a message. */
export type UssdEvent = EventBase & {
  event: 'ussd';
  /** As `session`. */
  payload: 'timeout' | 'abort';
  /** How it ended. */
  session: 'timeout' | 'abort';
  /** The dialogue, as its messages have it. */
  session_id: string;
  /** The phone. */
  source_addr: string;
  /** The service. */
  destination_addr: string;
  /** The code that was dialled, where it is known. */
  ussd_code?: string;
  /**
   * Why, for programs: `TIMEOUT` (ussdTimeout), `NETWORK`, `REPLACED` (a new dialogue with the same number), `TOO_MANY`, or the
   * code of the message of it that failed.
   */
  code: string;
  /** Why, for people. */
  reason: string;
  /** What the SMSC refused its message with, by name. */
  command_status?: string;
  /** The same as a number. */
  command_status_code?: number;
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
  /** A phone can be reached again. */
  alert: AlertEvent;
  /** How well messages to a prefix arrived within a window of time. */
  quality: QualityEvent;
  /** A USSD dialogue ended without a message: aborted, or its time is over. */
  ussd: UssdEvent;
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
  alert: true,
  quality: true,
  ussd: true,
};

/** The names of all events. */
export const EVENT_NAMES = Object.keys(NAMES) as readonly EventName[];

/**
 * A promise (or other thenable) that is returned holds back the answer to the SMSC, for `message` and `receipt`;
 * everything else that is returned is passed over.
 */
export type EventHandler<E extends EventName> = (event: ClientEvents[E]) => unknown;

/** How a handler listens. */
export interface ListenOptions {
  /** Takes the handler off when it aborts; one that has aborted already never puts it on. */
  signal?: AbortSignal | undefined;
}
