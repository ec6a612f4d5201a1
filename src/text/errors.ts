import { SmppError } from '../protocol';

/** What can be wrong with a text, an address, a time or octets that should be one of these. */
export type TextErrorCode =
  | 'UNENCODABLE'
  | 'UNDECODABLE'
  | 'TEXT_TOO_LONG'
  | 'UNKNOWN_ENCODING'
  | 'MALFORMED_UDH'
  | 'INVALID_ADDRESS'
  | 'INVALID_TIME'
  | 'INVALID_PATTERN'
  | 'MALFORMED_ENTRY'
  | 'INVALID_OPTION';

export interface TextErrorDetail {
  /** The field or option at fault, by the name that the caller used. */
  field?: string;
  /** Index into the text in UTF-16 code units, or into the octets. */
  position?: number;
  /** The character at fault. */
  character?: string;
  /** The encodings that have the character. */
  encodings?: readonly string[];
  cause?: unknown;
}

/** Characters or octets that cannot be what they were said to be. */
export class TextError extends SmppError {
  declare readonly code: TextErrorCode;
  readonly field?: string;
  readonly position?: number;
  readonly character?: string;
  readonly encodings?: readonly string[];

  constructor(code: TextErrorCode, message: string, detail: TextErrorDetail = {}) {
    super(code, message, { cause: detail.cause });
    if (detail.field !== undefined) this.field = detail.field;
    if (detail.position !== undefined) this.position = detail.position;
    if (detail.character !== undefined) this.character = detail.character;
    if (detail.encodings !== undefined) this.encodings = detail.encodings;
  }
}
