/** What units a coding is counted in: a short message has 140 octets or 160 septets. */
export type Unit = 'septets' | 'octets';

export type Unencodable = 'strict' | 'replace' | 'transliterate';

/** TS 23.038 section 4: 0 shows at once (flash), 1 phone, 2 SIM, 3 terminal equipment. */
export type MessageClass = 0 | 1 | 2 | 3;

/**
 * How a text longer than one short message goes out: with a user data header of
 * 8 or 16 bit reference, with the sar_* TLVs, whole in `message_payload`, or not at all.
 */
export type LongMessageMethod = 'udh8' | 'udh16' | 'sar' | 'payload' | 'payload-always' | 'reject';

/** Languages with national shift tables, TS 23.038 section 6.2.1.2.4. */
export type LanguageName =
  | 'turkish'
  | 'spanish'
  | 'portuguese'
  | 'bengali'
  | 'gujarati'
  | 'hindi'
  | 'kannada'
  | 'malayalam'
  | 'oriya'
  | 'punjabi'
  | 'tamil'
  | 'telugu'
  | 'urdu';
