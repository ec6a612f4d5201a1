import type { PduHeader } from '../errors';
import type { CodecOptions } from '../types';

/** How a PDU is explained. */
export interface ExplainOptions extends CodecOptions {
  /** Show the password of a bind or an outbind; default false: it and its octets are asterisks. */
  readonly showPassword?: boolean | undefined;
  /**
   * The text of a message, for its meaning in words: octets without the user data header, which is `udh`. What it
   * throws is told as a flaw. Default: no text; octets are octets in this layer.
   */
  readonly decodeText?: ((octets: Buffer, data_coding: number, udh?: Buffer) => string) | undefined;
}

/**
 * One field of a PDU. Fields lie one behind the other without gaps from the first octet to the last; so do the
 * `fields` within one that has them.
 */
export interface ExplainedField {
  /**
   * `rest`: octets that cannot be read, behind a fault or at the end. `item`: an entry of a list. `udh`: a part of a
   * message that begins with a user data header.
   */
  readonly kind: 'header' | 'field' | 'item' | 'tlv' | 'udh' | 'rest';
  /** The specification's name; of an unknown TLV its tag as `0x1403`. */
  readonly name: string;
  /** Of the first octet, in the PDU. */
  readonly offset: number;
  /** Octets of it. */
  readonly length: number;
  /** A view; of a masked password asterisks. */
  readonly octets: Buffer;
  /** As `decodePdu` gives it: number, string, Buffer, or a list of these. */
  readonly value: unknown;
  /** In words, where the value alone does not say it. */
  readonly meaning?: string;
  /** Where the specifications define it: `SMPP 3.4 section 5.2.12, 5.0 section 4.7.12`; absent where they do not. */
  readonly section?: string;
  /** What is not as the specification has it, and is put up with. */
  readonly flaws?: readonly string[];
  /** What the field consists of: tag, length and value of a TLV, entries of a list, a user data header. */
  readonly fields?: readonly ExplainedField[];
}

/** Why a PDU cannot be read, as `decodePdu` throws it. */
export interface ExplainedFault {
  /** Of the error: `PDU_TRUNCATED` … */
  readonly code: string;
  /** For people. */
  readonly message: string;
  /** Of the octet where the field at fault begins; the number of octets, where they end too soon. */
  readonly offset: number;
  /** The field at fault. */
  readonly field?: string;
  /** The status that an answer carries. */
  readonly command_status: number;
}

/** What a PDU says, octet by octet. */
export interface Explanation {
  /** Absent where there is no whole header. */
  readonly command?: string;
  /** Where the specifications define the command; absent where they do not. */
  readonly section?: string;
  /** Absent where there is no whole header. */
  readonly header?: PduHeader;
  /** From the first octet to the last. */
  readonly fields: readonly ExplainedField[];
  /** All flaws, those of the fields among them, as `decodePdu` lists them. */
  readonly flaws: readonly string[];
  /** Absent where it can be read. */
  readonly fault?: ExplainedFault;
}
