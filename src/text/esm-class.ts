/** What an incoming message is, by bits 2–5 of its esm_class (SMPP 3.4 section 5.2.12, 5.0 section 4.7.12). */
export type MessageType =
  | 'message'
  /** The centre's own: the final outcome of a message. */
  | 'receipt'
  /** The centre's own: a message that is still under way. */
  | 'intermediate'
  /** The recipient device's: it has the message. */
  | 'delivery-acknowledgement'
  /** The recipient's: they have read or answered it. */
  | 'manual-acknowledgement'
  /** Korean CDMA: the dialogue is over. */
  | 'conversation-abort'
  | 'reserved';

export interface EsmClass {
  readonly type: MessageType;
  /** Whether the text begins with a user data header. */
  readonly udhi: boolean;
  readonly replyPath: boolean;
}

/**
 * Bit 5 is a flag of 3.4 that some centres set beside the type of bits 2–4; alone it is an intermediate notification.
 */
export function classifyEsmClass(esm_class: number): EsmClass {
  return {
    type: messageType(esm_class),
    udhi: (esm_class & 0x40) !== 0,
    replyPath: (esm_class & 0x80) !== 0,
  };
}

/** What it is alone, see {@link classifyEsmClass}. */
export function messageType(esm_class: number): MessageType {
  switch (esm_class & 0x3c) {
    case 0x00:
      return 'message';
    case 0x04:
      return 'receipt';
    case 0x08:
      return 'delivery-acknowledgement';
    case 0x10:
      return 'manual-acknowledgement';
    case 0x18:
      return 'conversation-abort';
    case 0x20:
    case 0x24:
      return 'intermediate';
    default:
      return 'reserved';
  }
}
