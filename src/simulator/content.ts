import type { PduOf } from '../protocol';
import { decodeText, readUserData, type PartInfo, type UserDataHeader } from '../text';

export type SubmitPdu = PduOf<'submit_sm' | 'data_sm' | 'submit_multi' | 'broadcast_sm'>;

/** What a message says. */
export interface Content {
  /** Undefined where it is no text. */
  readonly text: string | undefined;
  /** Without the user data header. */
  readonly octets: Buffer;
  /** The user data header as it came. */
  readonly header: Buffer | undefined;
  readonly part: PartInfo | undefined;
}

export function readContent(pdu: SubmitPdu, defaultAlphabet: string): Content {
  const { octets, udh, header, part } = readUserData(pdu);
  const text = decodeContent(octets, pdu.data_coding, defaultAlphabet, udh);
  return { text, octets, header, part };
}

/** The text of octets without header, or undefined where they are none. */
export function decodeContent(
  octets: Buffer,
  data_coding: number,
  defaultAlphabet: string,
  udh?: UserDataHeader,
): string | undefined {
  try {
    return decodeText(octets, data_coding, { defaultAlphabet, udh });
  } catch {
    // Binary, of an unknown coding, or not what its data_coding says: the octets are all there is.
    return undefined;
  }
}
