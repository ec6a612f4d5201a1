const BRAND = Symbol.for('@nazjs/node-red-smpp/SmppError');

/** What an error has beside its code and message. */
export interface SmppErrorOptions {
  /** The error that caused it. */
  cause?: unknown;
  /** Whether the same call may succeed later without a change; default false. */
  retriable?: boolean;
  /** What to do about it: it ends the message, behind a semicolon. */
  remedy?: string;
}

/**
 * The base of every error of this package. `code` is stable and meant for
 * programs, `message` for people: it names the field, the value and the remedy.
 *
 * `instanceof` works across two copies of the package in one process.
 */
export class SmppError extends Error {
  /** Stable, for programs: `QUEUE_FULL`, `NOT_BOUND` … */
  readonly code: string;
  /** Whether the same call may succeed later without a change. */
  readonly retriable: boolean;
  /** The end of `message` that says what to do, in the words of the library; absent where it is not apart. */
  declare readonly remedy?: string;

  /** `message` without the remedy, where the options have one. */
  constructor(code: string, message: string, options: SmppErrorOptions = {}) {
    const { cause, remedy } = options;
    const text = remedy === undefined ? message : `${message}; ${remedy}`;
    super(text, cause === undefined ? undefined : { cause });
    if (remedy !== undefined) Object.defineProperty(this, 'remedy', { value: remedy });
    this.name = new.target.name;
    this.code = code;
    this.retriable = options.retriable ?? false;
    Object.defineProperty(this, BRAND, { value: brandsOf(new.target) });
  }

  /** Holds across copies of the package. @internal */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    const brands: unknown = (value as { [BRAND]?: unknown })[BRAND];
    return Array.isArray(brands) && brands.includes(this.name);
  }
}

function brandsOf(constructor: { name: string }): string[] {
  const names: string[] = [];
  for (let at = constructor; at !== Function.prototype && at.name !== 'Error';) {
    names.push(at.name);
    at = Object.getPrototypeOf(at) as { name: string };
  }
  return names;
}

/** The four header fields of a PDU (SMPP 3.4 section 3.2, 5.0 section 3.1). */
export interface PduHeader {
  /** Octets of the whole PDU. */
  command_length: number;
  /** Which command; bit 31 marks a response. */
  command_id: number;
  /** 0 in requests. */
  command_status: number;
  /** What a response repeats of its request. */
  sequence_number: number;
}

/**
 * Octets that are not a PDU, or a PDU that cannot be encoded.
 *
 * `command_status` is what the answer to the peer should carry. `header` is
 * there when the 16 octets of the header could be read: then the link can go on
 * with a negative response; without it the framing is lost and the link must close.
 */
export class PduError extends SmppError {
  /** What a peer that sent it would be answered with. */
  readonly command_status: number;
  /** The header, where that much could be read. */
  readonly header?: PduHeader;
  /** The mandatory field or TLV at fault, by its specification name. */
  readonly field?: string;

  constructor(
    code: string,
    message: string,
    detail: { command_status: number; header?: PduHeader | undefined; field?: string; cause?: unknown },
  ) {
    super(code, message, { cause: detail.cause });
    this.command_status = detail.command_status;
    if (detail.header) this.header = detail.header;
    if (detail.field !== undefined) this.field = detail.field;
  }
}
