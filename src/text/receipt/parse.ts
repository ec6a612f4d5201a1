import { classifyEsmClass, type MessageType } from '../esm-class';
import type { DataCodings } from '../plan/data-codings';
import type { TextCodec } from '../types';
import { boundFields, boundId } from './bounds';
import { receiptDate } from './dates';
import { receiptFields, type ReceiptFields } from './fields';
import { matchPattern, type ReceiptPattern } from './pattern';
import { reread } from './reread';
import { isKnownState, isMapped, MESSAGE_STATES, stateOf, type State, type StateMappings } from './states';
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
  /** What contradicts itself in it, or was too long and is cut, for people. */
  flaws?: string[];
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
 * A delivery receipt or intermediate notification, or undefined for what is none. The id is that of the TLV
 * receipted_message_id, else that of the text (in short_message or the TLV message_payload). Of the state of the TLV
 * message_state and that of the text, the one that is an end state counts ({@link stateFrom}).
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
  const cut = boundFields(fields, text.length);
  const signs = fromTlvs(tlvs);
  const said = type === 'receipt' || type === 'intermediate';
  const looks = (options.useShape ?? true) && (matched?.id !== undefined || isShaped(fields, signs));
  if (!said && !looks && !(signs.id !== undefined && signs.states.length > 0)) return undefined;
  if (signs.id === undefined && signs.states.length === 0 && !fields.id && !fields.stat) return undefined;
  return build(fields, signs, type, options, cut);
}

const MAY_BE_RECEIPT: ReadonlySet<MessageType> = new Set(['message', 'receipt', 'intermediate', 'reserved']);

function typeOf(options: ReceiptOptions): MessageType | undefined {
  if (options.esm_class === undefined || options.useEsmClass === false) return undefined;
  return classifyEsmClass(options.esm_class).type;
}

interface Signs {
  readonly id?: string;
  readonly states: readonly string[];
  readonly network_error?: NetworkError;
}

function fromTlvs(tlvs: ReceiptTlvs): Signs {
  const id = one(tlvs['receipted_message_id']);
  const error = one(tlvs['network_error_code']);
  const written = typeof id === 'string' ? id : Buffer.isBuffer(id) ? id.toString('latin1') : undefined;
  const trimmed = written && boundId(written.replace(/\0+$/, ''));
  return {
    ...(trimmed && { id: trimmed }),
    states: statesOf(tlvs['message_state']),
    ...(Buffer.isBuffer(error) &&
      error.length === 3 && { network_error: { type: error.readUInt8(0), code: error.readUInt16BE(1) } }),
  };
}

/** By name or, where it is reserved, by number; of a TLV that is repeated all. */
function statesOf(value: unknown): string[] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all
    .map((one) => (Buffer.isBuffer(one) && one.length === 1 ? one[0] : one))
    .filter((one) => typeof one === 'number')
    .map((number) => MESSAGE_STATES[number] ?? String(number));
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
  const state = fields.stat || signs.states[0];
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
  cut: readonly string[],
): Receipt {
  const { state, final, flaw } = stateFrom(fields, signs, options);
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
  const flaws = flaw === undefined ? cut : [...cut, flaw];
  if (flaws.length > 0) receipt.flaws = [...flaws];
  return receipt;
}

function assign<K extends keyof Receipt>(receipt: Receipt, key: K, value: Receipt[K] | undefined): void {
  if (value !== undefined) receipt[key] = value;
}

/**
 * The state, from what says more: an end state before one on the way, that before one that says nothing (reserved
 * numbers, SCHEDULED where 3.4 has none, UNKNOWN, words that nobody knows). Of two that say as much, that of the TLV, which is
 * written for programs; two different end states are a flaw.
 */
function stateFrom(fields: ReceiptFields, signs: Signs, options: ReceiptOptions): State & { flaw?: string } {
  const tlvs = signs.states.map((written) => weighed(written, options));
  const tlv = tlvs.reduce((best, one) => (one.weight > best.weight ? one : best), NOTHING);
  const text = fields.stat ? weighed(fields.stat, options) : NOTHING;
  if (tlv.weight < END || text.weight < END || tlv.state === text.state) {
    const { state, final } = text.weight > tlv.weight ? text : tlv;
    return { state, final };
  }
  const flaw = `message_state says ${tlv.state}, the text ${text.state}: message_state counts`;
  return { state: tlv.state, final: tlv.final, flaw };
}

interface Weighed extends State {
  readonly weight: number;
}

const ABSENT = 0;
const SAYS_LITTLE = 1;
const ON_THE_WAY = 3;
const END = 4;
const NOTHING: Weighed = { state: 'UNKNOWN', final: false, weight: ABSENT };

function weighed(written: string, { states }: ReceiptOptions): Weighed {
  const state = stateOf(written, states);
  return { ...state, weight: weightOf(state, written, isMapped(written, states)) };
}

/** What the user has given a meaning has one. */
function weightOf({ state, final }: State, written: string, mapped: boolean): number {
  if (!mapped && SAYS_NOTHING.has(state)) return SAYS_LITTLE;
  if (!mapped && !isKnownState(written)) return /^\d+$/.test(written) ? SAYS_LITTLE : SAYS_LITTLE + 1;
  return final ? END : ON_THE_WAY;
}

/** The first is what an SMSC of SMPP 3.4, where it is reserved, fills in; the other what it says that does not know. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['SCHEDULED', 'UNKNOWN']);

function count(written: string | undefined): number | undefined {
  return written !== undefined && /^\d{1,9}$/.test(written) ? Number(written) : undefined;
}

function date(written: string | undefined, options: ReceiptOptions): string | undefined {
  return written ? receiptDate(written, options.timeZone) : undefined;
}
