/** What units a coding is counted in: a short message has 140 octets or 160 septets. */
export type Unit = 'septets' | 'octets';

/** What becomes of a character that an encoding lacks. */
export const UNENCODABLE = ['strict', 'replace', 'transliterate'] as const;
/** What becomes of a character that an encoding lacks: an error, a `?`, or the nearest that it has. */
export type Unencodable = (typeof UNENCODABLE)[number];

/** TS 23.038 section 4: 0 shows at once (flash), 1 phone, 2 SIM, 3 terminal equipment. */
export type MessageClass = 0 | 1 | 2 | 3;

/** All that a {@link LongMessageMethod} can be. */
export const LONG_MESSAGE_METHODS = ['udh8', 'udh16', 'sar', 'payload', 'reject', 'payload-always'] as const;

/**
 * How a text longer than one short message goes out: with a user data header of
 * 8 or 16 bit reference, with the sar_* TLVs, whole in `message_payload`, or not at all.
 */
export type LongMessageMethod = (typeof LONG_MESSAGE_METHODS)[number];

/** Languages with national shift tables, in the order of their identifiers, from 1 (TS 23.038 section 6.2.1.2.4). */
export const LANGUAGE_NAMES = [
  ...(['turkish', 'spanish', 'portuguese', 'bengali', 'gujarati', 'hindi', 'kannada'] as const),
  ...(['malayalam', 'oriya', 'punjabi', 'tamil', 'telugu', 'urdu'] as const),
] as const;
/** The name of a language with national shift tables. */
export type LanguageName = (typeof LANGUAGE_NAMES)[number];

/** What a data_coding says about a message. */
export interface Coding {
  /** An encoding's or codec's name; `binary`: octets that are no text. */
  readonly encoding: string;
  /** Absent: none. */
  readonly messageClass?: MessageClass;
  /** A sign that messages wait; absent: none. */
  readonly messageWaiting?: MessageWaiting;
}

/** Message waiting indication, TS 23.038 section 4. */
export interface MessageWaiting {
  /** Whether the sign is put on, or taken off. */
  readonly active: boolean;
  /** What waits. */
  readonly kind: 'voicemail' | 'fax' | 'email' | 'other';
  /** Whether the text is meant to be kept. */
  readonly store: boolean;
}
