/** How a message of USSD belongs to its dialogue. */
export type UssdKind = 'new' | 'continue' | 'close' | 'abort' | 'timeout';

/** What an application may ask of a dialogue: a screen that asks, one that only tells, the next screen, the last. */
export type UssdRequestKind = 'new' | 'notify' | 'continue' | 'close';

/** Where a USSD gateway keeps the number of a dialogue: a TLV by its name or tag (`0x1501`). */
export interface UssdSessionField {
  /** The TLV's name, or its tag. */
  readonly tlv: string;
  /** The bits that name the dialogue; absent: all of it. */
  readonly mask?: number;
  /** Of a dialogue that the application begins, it chooses the value. */
  readonly chosen?: boolean;
}

/** A bit that ends a dialogue. */
export interface UssdEndFlag {
  /** The TLV's name, or its tag. */
  readonly tlv: string;
  /** The bit. */
  readonly mask: number;
  /** Also sent where the gateway never sent this TLV. */
  readonly always?: boolean;
}

/**
 * How a USSD gateway speaks SMPP. The specifications define ussd_service_op (3.4 section 5.3.2.44, 5.0 section 4.8.4.63) and
 * its_session_info (3.4 section 5.3.2.43), but not how the two make a dialogue: each gateway has its own way.
 */
export interface UssdDialect {
  /** service_type of what is sent. */
  readonly serviceType: string;
  /** ussd_service_op of what comes in; of several, the first is what a simulated gateway sends. */
  readonly incoming: Readonly<Record<UssdKind, readonly number[]>>;
  /** What any other ussd_service_op means. */
  readonly otherwise: UssdKind;
  /** ussd_service_op of what is sent. */
  readonly outgoing: Readonly<Record<UssdRequestKind, number>> & {
    /** The last screen of a dialogue that the application began; absent: as `close`. */
    readonly closePushed?: number;
    /** Ends a dialogue without a text; absent: an empty `close` does. */
    readonly release?: number;
  };
  /** TLVs that come in and go back with the answer; empty: the number is all that names a dialogue. */
  readonly session: readonly UssdSessionField[];
  /** Another value there is another dialogue: false where it may change within one. */
  readonly sessionIsFixed: boolean;
  /** The bit that says, either way, that this is the last message. */
  readonly endFlag?: UssdEndFlag | undefined;
  /** Where the code that was dialled lies in the first message. */
  readonly code: 'short_message' | 'destination_addr';
  /** What data_coding means in USSD, both ways, where it is not what it means in any other message. */
  readonly dataCodings: Readonly<Record<number, string>>;
  /** Characters of the GSM alphabet that a screen holds, those of its extension counted twice. */
  readonly maxCharacters: number;
  /** Octets of a screen in any other encoding. */
  readonly maxOctets: number;
  /** Whether a second screen may follow before the phone has answered. */
  readonly severalReplies: boolean;
}

/** its_session_info: 15 bits name the dialogue, the last one ends it. */
const SESSION_INFO = { tlv: 'its_session_info', mask: 0xfffe } as const;
const END_FLAG = { tlv: 'its_session_info', mask: 1 } as const;
const REFERENCE = { tlv: 'user_message_reference', chosen: true } as const;

/** Operations as the specifications name them. */
const STANDARD: UssdDialect = {
  serviceType: 'USSD',
  incoming: {
    // PSSR indication, PSSD indication.
    new: [1, 0],
    // USSR confirm.
    continue: [18],
    // PSSR and PSSD response, USSN confirm.
    close: [17, 16, 19],
    // Vendors': USSREL indication and request; hang-up, failure and refusal of some.
    abort: [129, 128, 65, 66, 67],
    timeout: [],
  },
  otherwise: 'continue',
  // USSR request, USSN request, PSSR response; a dialogue of our own begin has no PSSR to respond to.
  outgoing: { new: 2, notify: 3, continue: 2, close: 17, closePushed: 3 },
  session: [SESSION_INFO, REFERENCE],
  sessionIsFixed: false,
  endFlag: END_FLAG,
  code: 'destination_addr',
  dataCodings: {},
  // TS 23.038 section 5: 160 octets.
  maxCharacters: 182,
  maxOctets: 160,
  severalReplies: false,
};

/** Dialects by name. The first is the default. */
export const USSD_DIALECTS = {
  standard: STANDARD,
  tata: {
    ...STANDARD,
    incoming: { new: [1], continue: [18, 2], close: [17], abort: [129], timeout: [] },
    otherwise: 'close',
    outgoing: { new: 2, notify: 2, continue: 2, close: 2 },
    session: [SESSION_INFO],
    sessionIsFixed: true,
    endFlag: { ...END_FLAG, always: true },
  },
  mica: {
    ...STANDARD,
    incoming: { new: [1], continue: [18], close: [17], abort: [129], timeout: [] },
    outgoing: { new: 2, notify: 3, continue: 2, close: 17 },
    session: [REFERENCE],
    sessionIsFixed: true,
    endFlag: undefined,
    code: 'short_message',
  },
  sixdee: {
    ...STANDARD,
    incoming: { new: [1], continue: [18], close: [17], abort: [129], timeout: [] },
    outgoing: { new: 2, notify: 3, continue: 2, close: 17 },
    session: [SESSION_INFO],
    sessionIsFixed: true,
    endFlag: { ...END_FLAG, always: true },
    code: 'short_message',
  },
} as const satisfies Readonly<Record<string, UssdDialect>>;

/** The name of a built-in dialect. */
export type UssdDialectName = keyof typeof USSD_DIALECTS;
