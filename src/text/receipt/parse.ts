import { classifyEsmClass, type MessageType } from '../esm-class';
import type { DataCodings } from '../plan/data-codings';
import type { TextCodec } from '../types';
import { receiptDate } from './dates';
import { receiptFields, type ReceiptFields } from './fields';
import { matchPattern, type ReceiptPattern } from './pattern';
import { reread } from './reread';
import { isKnownState, MESSAGE_STATES, stateOf, type State, type StateMappings } from './states';
import { receiptText } from './text';

export interface Receipt {
  /** The centre's id of the message; absent where neither TLV nor text has one. */
  message_id?: string;
  /** The id in the text, where the TLV has another one (often the same number, hexadecimal here and decimal there). */
  text_message_id?: string;
  /** `DELIVRD` and its like; what the centre wrote, where nobody knows it; `UNKNOWN` where it wrote nothing. */
  state: string;
  /** Whether no further receipt is to be expected. */
  final: boolean;
  /** Messages submitted and delivered, of a distribution list. */
  sub?: number;
  dlvrd?: number;
  /** ISO 8601, UTC. */
  submit_date?: string;
  done_date?: string;
  /** Digits or letters; what they mean is the network's own. */
  err?: string;
  /** The beginning of the message, as the centre repeats it. */
  text?: string;
  network_error?: NetworkError;
}

/** TLV network_error_code, SMPP 5.0 section 4.8.4.42. */
export interface NetworkError {
  /** 1 ANSI-136 access denied, 2 IS-95 access denied, 3 GSM, 4 ANSI-136 cause, 5 IS-95 cause, 6 ANSI-41, 7 SMPP, 8 the centre's own. */
  type: number;
  code: number;
}

/** The TLVs that matter here, as the protocol decodes them; others are ignored. */
export type ReceiptTlvs = Readonly<Record<string, unknown>>;

export interface ReceiptOptions {
  /** That of the message, which many centres set: id and text are read by it where they are not ASCII or Latin-1. */
  readonly data_coding?: number | undefined;
  readonly codecs?: readonly TextCodec[] | undefined;
  readonly esm_class?: number | undefined;
  /** The centre's own form of text, tried before the standard one; compile it once with {@link compileReceiptPattern}. */
  readonly pattern?: string | RegExp | ReceiptPattern | undefined;
  readonly states?: StateMappings | undefined;
  /** Of the centre's clock: an IANA name or an offset such as `+02:00`; default UTC. */
  readonly timeZone?: string | undefined;
  readonly defaultAlphabet?: string | undefined;
  readonly dataCodings?: DataCodings | undefined;
  /** Default true: esm_class says what is a receipt, and what is an acknowledgement of a device or a person. */
  readonly useEsmClass?: boolean | undefined;
  /** Default true: what looks like a receipt is one, whatever esm_class says. */
  readonly useShape?: boolean | undefined;
}

/**
 * A delivery receipt or intermediate notification, or undefined for what is none. First the TLVs
 * receipted_message_id and message_state, then the text (in short_message or the TLV message_payload).
 * Never throws but for a `pattern` that cannot be compiled (TextError `INVALID_PATTERN`).
 */
export function parseReceipt(
  shortMessage: string | Buffer,
  tlvs: ReceiptTlvs = {},
  options: ReceiptOptions = {},
): Receipt | undefined {
  const type = typeOf(options);
  if (type !== undefined && !MAY_BE_RECEIPT.has(type)) return undefined;
  const { text, isOctets } = receiptText(shortMessage, one(tlvs['message_payload']), options);
  const matched = options.pattern === undefined ? undefined : matchPattern(options.pattern, text);
  const fields = matched ?? receiptFields(text);
  if (isOctets) reread(fields, options);
  const signs = fromTlvs(tlvs);
  const said = type === 'receipt' || type === 'intermediate';
  const looks = (options.useShape ?? true) && (matched?.id !== undefined || isShaped(fields, signs));
  if (!said && !looks && !(signs.id !== undefined && signs.state !== undefined)) return undefined;
  if (signs.id === undefined && signs.state === undefined && !fields.id && !fields.stat) return undefined;
  return build(fields, signs, type, options);
}

const MAY_BE_RECEIPT: ReadonlySet<MessageType> = new Set(['message', 'receipt', 'intermediate', 'reserved']);

function typeOf(options: ReceiptOptions): MessageType | undefined {
  if (options.esm_class === undefined || options.useEsmClass === false) return undefined;
  return classifyEsmClass(options.esm_class).type;
}

interface Signs {
  readonly id?: string;
  readonly state?: string;
  readonly network_error?: NetworkError;
}

function fromTlvs(tlvs: ReceiptTlvs): Signs {
  const id = one(tlvs['receipted_message_id']);
  const state = one(tlvs['message_state']);
  const error = one(tlvs['network_error_code']);
  const written = typeof id === 'string' ? id : Buffer.isBuffer(id) ? id.toString('latin1') : undefined;
  const trimmed = written?.replace(/\0+$/, '');
  const number = Buffer.isBuffer(state) && state.length === 1 ? state[0] : state;
  return {
    ...(trimmed && { id: trimmed }),
    ...(typeof number === 'number' && { state: MESSAGE_STATES[number] ?? String(number) }),
    ...(Buffer.isBuffer(error) &&
      error.length === 3 && { network_error: { type: error.readUInt8(0), code: error.readUInt16BE(1) } }),
  };
}

/** A repeated TLV is an array: the first counts. */
function one(value: unknown): unknown {
  return Array.isArray(value) ? (value as unknown[])[0] : value;
}

/** What no person would write: an id and a state, or one of them among other fields. */
function isShaped(fields: ReceiptFields, signs: Signs): boolean {
  const others = [fields.sub, fields.dlvrd, fields.submit_date, fields.done_date, fields.err];
  const count = others.filter((value) => value !== undefined).length;
  const hasId = Boolean(fields.id) || signs.id !== undefined;
  const state = signs.state ?? fields.stat;
  if (!state) return hasId && count >= MANY;
  return hasId ? count > 0 || isKnownState(state) : count >= MANY && isKnownState(state);
}

/** So many fields of a receipt in one text are no chance. */
const MANY = 3;

function build(
  fields: ReceiptFields,
  signs: Signs,
  type: MessageType | undefined,
  options: ReceiptOptions,
): Receipt {
  const { state, final } = stateFrom(fields, signs, options);
  const message_id = signs.id ?? (fields.id || undefined);
  const other = fields.id && fields.id !== message_id ? fields.id : undefined;
  const receipt: Receipt = { state, final: final && type !== 'intermediate' };
  if (message_id !== undefined) receipt.message_id = message_id;
  if (other !== undefined) receipt.text_message_id = other;
  assign(receipt, 'sub', count(fields.sub));
  assign(receipt, 'dlvrd', count(fields.dlvrd));
  assign(receipt, 'submit_date', date(fields.submit_date, options));
  assign(receipt, 'done_date', date(fields.done_date, options));
  assign(receipt, 'err', fields.err || undefined);
  assign(receipt, 'text', fields.text);
  assign(receipt, 'network_error', signs.network_error);
  return receipt;
}

function assign<K extends keyof Receipt>(receipt: Receipt, key: K, value: Receipt[K] | undefined): void {
  if (value !== undefined) receipt[key] = value;
}

function stateFrom(fields: ReceiptFields, signs: Signs, options: ReceiptOptions): State {
  const written = signs.state ?? (fields.stat || undefined);
  return written === undefined ? { state: 'UNKNOWN', final: false } : stateOf(written, options.states);
}

function count(written: string | undefined): number | undefined {
  return written !== undefined && /^\d{1,9}$/.test(written) ? Number(written) : undefined;
}

function date(written: string | undefined, options: ReceiptOptions): string | undefined {
  return written ? receiptDate(written, options.timeZone) : undefined;
}
