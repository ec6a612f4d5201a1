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

/** Where and what is wrong. */
export interface TextErrorDetail {
  /** The field or option at fault, by the name that the caller used. */
  field?: string;
  /** Index into the text in UTF-16 code units, or into the octets. */
  position?: number;
  /** The character at fault. */
  character?: string;
  /** The encodings that have the character. */
  encodings?: readonly string[];
  /** The error that caused it. */
  cause?: unknown;
}

/** Characters or octets that cannot be what they were said to be. */
export class TextError extends SmppError {
  /** What is wrong, for programs. */
  declare readonly code: TextErrorCode;
  /** The field or option at fault, by the name that the caller used. */
  declare readonly field?: string;
  /** Index into the text in UTF-16 code units, or into the octets. */
  declare readonly position?: number;
  /** The character at fault. */
  declare readonly character?: string;
  /** The encodings that have the character. */
  declare readonly encodings?: readonly string[];

  constructor(code: TextErrorCode, message: string, { cause, ...detail }: TextErrorDetail = {}) {
    super(code, message, { cause });
    Object.assign(this, detail);
  }
}

/** What `run` returns; where it throws a TextError, what `otherwise` makes of that. */
export function attempt<T, U>(run: () => T, otherwise: (error: TextError) => U): T | U {
  try {
    return run();
  } catch (error) {
    if (error instanceof TextError) return otherwise(error);
    throw error;
  }
}
