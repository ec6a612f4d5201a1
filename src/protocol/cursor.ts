import type { FieldSpec } from './commands';
import type { PduHeader } from './errors';
import { refusal } from './refusal';
import type { StatusName } from './statuses';
import type { CodecOptions } from './types';

/** One PDU can be made of nothing but flaws; so many say enough. */
const MOST_FLAWS = 20;

/** Where in a PDU the decoder is, and what it has put up with so far. */
export class Cursor {
  readonly octets: Buffer;
  readonly end: number;
  /**
   * Nobody can be told that a response is malformed, and refusing it would
   * repeat a message that the SMSC has taken: so what is missing is empty.
   */
  readonly lenient: boolean;
  offset: number;
  /** What the last `count` field said. */
  count = 0;
  /** Whether something mandatory was missing or cut. */
  cut = false;
  flaws: string[] | undefined;
  /** Fields that are there, where TLVs stand in the place of the others. */
  present: number | undefined;
  /** Whether octets above 0x7F are nothing strange in an address. */
  latin1Addresses = false;
  readonly #header: PduHeader | undefined;

  constructor(octets: Buffer, offset: number, lenient: boolean, header?: PduHeader) {
    this.octets = octets;
    this.offset = offset;
    this.end = octets.length;
    this.lenient = lenient;
    this.#header = header;
  }

  flag(flaw: string): void {
    this.flaws ??= [];
    if (this.flaws.length < MOST_FLAWS) this.flaws.push(flaw);
  }

  /** Flags it in a response, refuses it in a request. */
  fail(code: string, what: string, status: StatusName, field: string): void {
    if (this.lenient) {
      this.cut = true;
      this.flag(what);
      return;
    }
    throw refusal(code, what, status, { field, header: this.#header });
  }
}

/** The empty value of a field, and the three things that a wire type is. */
export interface WireType {
  /** Made anew each time, for lists can be changed. */
  readonly empty: () => unknown;
  /** Octets on the wire. Everything that can be wrong with a value is found here. */
  readonly size: (value: unknown, field: FieldSpec, options?: CodecOptions) => number;
  /** Writes a value that `size` has accepted; returns the offset after it. */
  readonly encode: (value: unknown, into: Buffer, offset: number) => number;
  /** Reads a value and moves the cursor behind it. */
  readonly decode: (cursor: Cursor, field: FieldSpec) => unknown;
}
