import type { Pdu } from '../../protocol';
import {
  classifyEsmClass,
  decodeText,
  encodeText,
  parseReceipt,
  type EsmClass,
  type Receipt,
  type ReceiptTlvs,
} from '../../text';
import type { Finding } from './steps';

/** A receipt for a test message. */
export interface Arrived {
  readonly receipt: Receipt;
  readonly esmClass: EsmClass;
  /** By which form of the id it was found. */
  readonly form: IdForm;
}

export type IdForm = 'same' | 'hex to decimal' | 'decimal to hex';

interface Delivered {
  readonly esm_class: number;
  readonly short_message?: Buffer;
  readonly data_coding: number;
  readonly tlvs: ReceiptTlvs;
}

/** Collects what comes in while test messages go out. */
export class Receipts {
  readonly arrived: Arrived[] = [];
  /** ids of receipts that are of no test message. */
  readonly strange: string[] = [];
  readonly #ids: readonly string[];
  readonly #early: Delivered[] = [];
  onArrival: (() => void) | undefined;

  /** `ids`: those of the test messages, a list that grows. */
  constructor(ids: readonly string[]) {
    this.#ids = ids;
  }

  /** Takes a receipt for a test message, and nothing else: what is for others must come again to them. */
  take(pdu: Pdu): 'taken' | undefined {
    const delivered = pdu as unknown as Delivered;
    const receipt = parse(delivered);
    if (!receipt?.message_id) return undefined;
    const form = formOf(receipt.message_id, this.#ids);
    if (form === undefined) {
      if (this.strange.length < 10) this.strange.push(receipt.message_id);
      return undefined;
    }
    this.arrived.push({ receipt, form, esmClass: classifyEsmClass(delivered.esm_class) });
    this.onArrival?.();
    return 'taken';
  }
}

function parse({ short_message, tlvs, data_coding, esm_class }: Delivered): Receipt | undefined {
  try {
    return parseReceipt(short_message ?? Buffer.alloc(0), tlvs, { data_coding, esm_class });
  } catch {
    return undefined;
  }
}

/** How an id of a receipt is written, against those of responses. */
function formOf(id: string, ids: readonly string[]): IdForm | undefined {
  if (ids.includes(id)) return 'same';
  const bare = (text: string): string => text.toLowerCase().replace(/^0+(?=.)/, '');
  if (ids.some((one) => bare(one) === bare(id))) return 'same';
  if (ids.some((one) => HEX.test(one) && DIGITS.test(id) && BigInt(`0x${one}`) === BigInt(id)))
    return 'hex to decimal';
  if (ids.some((one) => DIGITS.test(one) && HEX.test(id) && BigInt(one) === BigInt(`0x${id}`)))
    return 'decimal to hex';
  return undefined;
}

const HEX = /^[0-9a-f]{1,32}$/i;
const DIGITS = /^\d{1,40}$/;

/** What the configuration has to say for ids of this form. */
const FORMATS: Readonly<Record<IdForm, Readonly<Record<string, string>>>> = {
  same: {},
  'hex to decimal': { responseIdFormat: 'hex', receiptIdFormat: 'decimal' },
  'decimal to hex': { responseIdFormat: 'decimal', receiptIdFormat: 'hex' },
};

export function receiptFinding(
  receipts: Receipts,
  ids: readonly string[],
  seconds: number,
): { options: Readonly<Record<string, string>>; finding: Finding } {
  const { arrived, strange } = receipts;
  const best = arrived.find(({ form }) => form !== 'same') ?? arrived[0];
  if (!best) return { options: {}, finding: noReceipt(strange, ids, seconds) };
  const { form, esmClass, receipt } = best;
  const isMarked = esmClass.type === 'receipt' || esmClass.type === 'intermediate';
  const options = { ...FORMATS[form], ...(isMarked ? {} : { receiptSigns: 'text' }) };
  const written = form === 'same' ? 'as in the response' : `otherwise than in the response (${form})`;
  const marked = isMarked ? '' : '; esm_class does not mark it as a receipt, only its text does';
  const states = [...new Set(arrived.map((one) => one.receipt.state))].join(', ');
  const text = `${arrived.length} of ${ids.length} came, ${states}; message_id ${written}${marked}`;
  const failed =
    receipt.state === 'DELIVRD'
      ? undefined
      : `the message was not delivered (${receipt.state}${receipt.err ? `, err ${receipt.err}` : ''}): ask the operator about the route to this number`;
  const facts = { form, states, received: arrived.length, ...options };
  return {
    options,
    finding: {
      outcome: failed === undefined ? 'ok' : 'warning',
      text,
      ...(failed !== undefined && { remedy: failed }),
      facts,
    },
  };
}

function noReceipt(strange: readonly string[], ids: readonly string[], seconds: number): Finding {
  if (strange.length > 0) {
    const text = `receipts came with ids that no response had: ${strange.join(', ')} (responses: ${ids.join(', ')})`;
    return {
      outcome: 'warning',
      text,
      remedy:
        'they may be of other messages of the account; else ask the operator how ids of receipts are written',
      facts: { strange, ids },
    };
  }
  const remedy =
    'wait longer (--receipt-wait), check that the phone is on, and that the account is bound to receive and has receipts';
  return { outcome: 'warning', text: `no receipt came within ${seconds} s`, remedy };
}

/** Alphabets that SMSCs are seen to take data_coding 0 for. */
const ALPHABETS = ['gsm0338', 'latin1', 'ascii', 'iso8859-5', 'iso8859-8'];

/** Every alphabet reads some of it otherwise. */
export const ALPHABET_PROBE = '@£$_ ñ€ {}';

/** Which alphabet makes of the octets that were sent what the phone shows. */
export function alphabetFinding(shown: string): {
  options: Readonly<Record<string, string>>;
  finding: Finding;
} {
  const { octets } = encodeText(ALPHABET_PROBE, { encoding: 'gsm0338' });
  const seen = plain(shown);
  const found = ALPHABETS.find((name) => {
    try {
      const read = plain(decodeText(octets, 0, { defaultAlphabet: name }));
      return read === seen || seen.endsWith(read);
    } catch {
      return false;
    }
  });
  if (found === 'gsm0338')
    return {
      options: {},
      finding: {
        outcome: 'ok',
        text: 'data_coding 0 is gsm0338: the text came as it was sent',
        facts: { defaultAlphabet: found },
      },
    };
  if (found !== undefined) {
    const remedy = `set defaultAlphabet: ${found}`;
    return {
      options: { defaultAlphabet: found },
      finding: {
        outcome: 'warning',
        text: `data_coding 0 is ${found} here`,
        remedy,
        facts: { defaultAlphabet: found },
      },
    };
  }
  // Signs of the extension table that were lost say that the SMSC does not know it; what is there is of GSM 03.38.
  const remedy =
    'try defaultAlphabet: latin1 or ascii and look again, or ask the operator what data_coding 0 means';
  return {
    options: {},
    finding: {
      outcome: 'warning',
      text: `the phone shows ${JSON.stringify(shown)}, which is what no known alphabet makes of ${JSON.stringify(ALPHABET_PROBE)}`,
      remedy,
      facts: { shown },
    },
  };
}

/** What a phone shows of control characters differs, and blanks are hard to type. */
function plain(text: string): string {
  return text.normalize('NFC').replace(/[\s\x00-\x1f\x7f-\x9f?\ufffd□]+/g, '');
}
