import type { DataCodings } from './plan/data-codings';
import type { LanguageName, LongMessageMethod, MessageClass, Unencodable, Unit } from './plan/types';
import type { UserDataHeader } from './udh';
import type { GivenUdh } from './udh-fields';

/**
 * A user's own coding (extension point `smpp-codec`). Taken before the built-in one of its name, and of its number where
 * `dataCodings` says nothing of that.
 */
export interface TextCodec {
  /** What the option `encoding` of a message names it by. */
  readonly name: string;
  /** The `data_coding` that it is sent with and recognised by. */
  readonly data_coding: number;
  /** Throws for a text that it cannot write; asked with one character, that says that the codec lacks it. */
  encode(text: string): Buffer;
  /** Throws for octets that are not of this coding. */
  decode(octets: Buffer): string;
}

/** What numbers and names mean at one SMSC. */
export interface CodingOptions {
  /** What data_coding 0 means: the name of an encoding or codec; default `gsm0338`. */
  readonly defaultAlphabet?: string | undefined;
  /** What numbers mean, over the standard's; number 0 before `defaultAlphabet`. */
  readonly dataCodings?: DataCodings | undefined;
  /** Codings of the user's. */
  readonly codecs?: readonly TextCodec[] | undefined;
}

/** How a text is encoded. */
export interface EncodeOptions extends CodingOptions {
  /** `auto` (default: the default alphabet, else UCS2) or the name of an encoding or codec. */
  readonly encoding?: string | undefined;
  /** Sent instead of the encoding's own; without an `encoding` it also chooses the encoding. */
  readonly data_coding?: number | undefined;
  /** Message class of TS 23.038; 0 is a flash message. GSM 03.38, UCS2 and binary have one. */
  readonly messageClass?: MessageClass | undefined;
  /** The language whose shift tables are used, before UCS2, where the text needs them; with `auto` and GSM 03.38. */
  readonly language?: LanguageName | undefined;
  /** Languages whose shift tables may be used: by `auto` where that takes fewer segments than UCS2, by GSM 03.38 as needed. */
  readonly languages?: readonly LanguageName[] | undefined;
  /** What to do with a character that the encoding lacks; default `strict`: throw. */
  readonly unencodable?: Unencodable | undefined;
  /** A user data header that goes before the octets, of a long message in every segment; see {@link readUdh}. */
  readonly udh?: GivenUdh | undefined;
}

/** An encoded text. */
export interface EncodedText {
  /** What tells the phone how to read it. */
  readonly data_coding: number;
  /** Without the user data header. */
  readonly octets: Buffer;
  /** The name of the encoding or codec. */
  readonly encoding: string;
  /** A whole user data header, its length octet included, where one was given or shift tables are in use. */
  readonly udh?: Buffer;
  /** The language whose shift table is used. */
  readonly language?: LanguageName;
  /** What was encoded, where characters were replaced or transliterated. */
  readonly text?: string;
}

/** How octets are read. */
export interface DecodeOptions extends CodingOptions {
  /** The user data header that stood before the octets: whole, or parsed. Gives shift tables and fill bits. */
  readonly udh?: Buffer | Uint8Array | UserDataHeader | undefined;
  /** Taken instead of what data_coding says. */
  readonly encoding?: string | undefined;
  /** `auto` (default): by byte order mark, else by shape where that is beyond doubt, else big-endian. */
  readonly ucs2ByteOrder?: 'auto' | 'be' | 'le' | undefined;
}

/** A text; octets as they are; or octets of a text that is encoded already. */
export type SegmentInput =
  | string
  | Buffer
  | {
      /** The text. */
      readonly text: string;
    }
  | {
      /** Octets of a text. */
      readonly octets: Buffer;
      /** What they are; absent: octets that are no text. */
      readonly data_coding?: number | undefined;
    };

/** How a message is cut. */
export interface SegmentOptions extends EncodeOptions {
  /** Default `udh8`. `payload`: what takes more than one segment goes whole in message_payload; `payload-always`: everything does. */
  readonly method?: LongMessageMethod | undefined;
  /** Reference number of a long message: 0–255 (`udh8`) or 0–65535 (`udh16`, `sar`); higher bits are cut off. Default 0. */
  readonly reference?: number | undefined;
  /** Segments that a message may have, at least 1; more than 255, the default, are never made. */
  readonly maxParts?: number | undefined;
  /** Cut between words where a word fits into one part. */
  readonly wholeWords?: boolean | undefined;
  /** Keep combining sequences whole; default true. */
  readonly wholeGraphemes?: boolean | undefined;
  /** Its other bits are kept, UDHI is set as needed. With octets and UDHI set, the octets begin with a header. */
  readonly esm_class?: number | undefined;
}

/** The fields of a submit_sm (or data_sm, by `message_payload`) that carry one segment. */
export interface SubmitSmFields {
  /** With UDHI (0x40) where the octets begin with a user data header. */
  esm_class: number;
  /** What tells the phone how to read it. */
  data_coding: number;
  /** At most 140 octets, header included. */
  short_message: Buffer;
  /** Of `sar` and `payload`. */
  tlvs?: {
    /** Reference number, 0–65535. */
    sar_msg_ref_num?: number;
    /** Segments of the message. */
    sar_total_segments?: number;
    /** Which segment, from 1. */
    sar_segment_seqnum?: number;
    /** The whole message. */
    message_payload?: Buffer;
  };
}

/** A message cut into segments. */
export interface SegmentedMessage {
  /** In their order. */
  readonly segments: SubmitSmFields[];
  /** The name of the encoding or codec. */
  readonly encoding: string;
  /** What tells the phone how to read it. */
  readonly data_coding: number;
  /** Unicode characters (code points); of octets that were not cut as a text, octets. */
  readonly characters: number;
  /** Septets or octets, without headers. */
  readonly units: number;
  /** What `units` are. */
  readonly unit: Unit;
  /** Units that fit into each segment of this message; into one short message where it goes whole in message_payload. */
  readonly perSegment: number;
  /** The language whose shift table is used. */
  readonly language?: LanguageName;
  /** What was encoded, where characters were replaced or transliterated. */
  readonly text?: string;
}
