import { PduError, type PduHeader } from './errors';
import { STATUSES, type StatusName } from './statuses';

/** One PDU can be made of nothing but flaws; so many say enough. */
const MOST_FLAWS = 20;

/** Where in a PDU the decoder is, and what it has put up with so far. */
export class Cursor {
  readonly octets: Buffer;
  readonly end: number;
  /**
   * Nobody can be told that a response is malformed, and refusing it would
   * repeat a message that the centre has taken: so what is missing is empty.
   */
  readonly lenient: boolean;
  offset: number;
  /** What the last `count` field said. */
  count = 0;
  /** Whether something mandatory was missing or cut. */
  cut = false;
  flaws: string[] | undefined;
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
    const command_status = STATUSES[status][0];
    throw new PduError(code, what, {
      command_status,
      field,
      ...(this.#header && { header: this.#header }),
    });
  }
}
