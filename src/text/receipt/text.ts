import { unpackSeptets } from '../gsm';
import { alphabetOf, type DataCodings } from '../plan/data-codings';
import { encodingName } from '../plan/names';
import { parseUserDataHeader } from '../udh';
import { TextError } from '../errors';
import { decodeUcs2 } from '../ucs2';

interface TextOptions {
  readonly esm_class?: number | undefined;
  readonly defaultAlphabet?: string | undefined;
  readonly dataCodings?: DataCodings | undefined;
}

/**
 * The text of a receipt. Its fields are ASCII whatever data_coding says, which many
 * centres copy from the message that the receipt is for: so the octets tell, not the data_coding.
 * Read as GSM 03.38 the underscores and "@" of ids would become other characters. `isOctets`: each character
 * stands for one octet (or septet), and may not be what it looks like.
 */
export function receiptText(
  shortMessage: string | Buffer,
  payload: unknown,
  options: TextOptions,
): { readonly text: string; readonly isOctets: boolean } {
  const source =
    shortMessage.length === 0 && (typeof payload === 'string' || Buffer.isBuffer(payload))
      ? payload
      : shortMessage;
  if (typeof source === 'string') return { text: source, isOctets: false };
  const octets = withoutHeader(source, options);
  const order = ucs2Order(octets);
  if (order) return { text: decodeUcs2(octets, order), isOctets: false };
  const text = octets.toString('latin1');
  const packed = encodingName(alphabetOf(options)) === 'gsm0338-packed' && !HAS_FIELD.test(text);
  return { text: packed ? unpackSeptets(octets).toString('latin1') : text, isOctets: true };
}

/** Packed centres send their receipts packed or not. */
const HAS_FIELD = /(?:id|stat)[:=]/i;

function withoutHeader(octets: Buffer, options: TextOptions): Buffer {
  if (!((options.esm_class ?? 0) & 0x40)) return octets;
  try {
    return octets.subarray(parseUserDataHeader(octets).length);
  } catch (error) {
    if (error instanceof TextError) return octets;
    throw error;
  }
}

/** ASCII in two octets has a zero in every other place; the text behind the fields may be anything. */
function ucs2Order(octets: Buffer): 'be' | 'le' | undefined {
  if (octets.length < 4 || octets.length % 2 !== 0) return undefined;
  const start = octets[0] === 0xfe || octets[0] === 0xff ? 2 : 0;
  const [a, b, c, d] = octets.subarray(start, start + 4);
  if (a === 0 && c === 0 && b !== 0 && d !== 0) return 'be';
  return b === 0 && d === 0 && a !== 0 && c !== 0 ? 'le' : undefined;
}
