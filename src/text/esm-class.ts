/** What an incoming message is, by bits 2–5 of its esm_class (SMPP 3.4 section 5.2.12, 5.0 section 4.7.12). */
export type MessageType =
  | 'message'
  /** The SMSC's own: the final outcome of a message. */
  | 'receipt'
  /** The SMSC's own: a message that is still under way. */
  | 'intermediate'
  /** The recipient device's: it has the message. */
  | 'delivery-acknowledgement'
  /** The recipient's: they have read or answered it. */
  | 'manual-acknowledgement'
  /** Korean CDMA: the dialogue is over. */
  | 'conversation-abort'
  | 'reserved';

/** What an esm_class says. */
export interface EsmClass {
  /** What the message is. */
  readonly type: MessageType;
  /** Whether the text begins with a user data header. */
  readonly udhi: boolean;
  /** Whether a reply is to take the same way back. */
  readonly replyPath: boolean;
}

/**
 * Type and flags of an esm_class. Bit 5, the intermediate notification of 3.4, is also taken beside the receipt's bit, as
 * some SMSCs set it.
 */
export function classifyEsmClass(esm_class: number): EsmClass {
  return {
    type: messageType(esm_class),
    udhi: (esm_class & 0x40) !== 0,
    replyPath: (esm_class & 0x80) !== 0,
  };
}

/** By bits 2 to 5. */
const TYPES: readonly (MessageType | undefined)[] = [
  ...(['message', 'receipt', 'delivery-acknowledgement', undefined, 'manual-acknowledgement'] as const),
  ...([undefined, 'conversation-abort', undefined, 'intermediate', 'intermediate'] as const),
];

/** The `type` of {@link classifyEsmClass} alone. */
export function messageType(esm_class: number): MessageType {
  return TYPES[(esm_class >> 2) & 0x0f] ?? 'reserved';
}
