import { messageType, type MessageType } from '../esm-class';
import type { CodingOptions } from '../types';
import { firstOf } from '../user-data';
import { boundFields, boundId } from './bounds';
import { receiptDate } from './dates';
import { receiptFields, standardFields, type ReceiptFields } from './fields';
import { matchPattern, type ReceiptPattern } from './pattern';
import { isAmbiguous, reread } from './reread';
import {
  isKnownState,
  MESSAGE_STATES,
  NOTHING,
  WEIGHT,
  weighed,
  type StateMappings,
  type Weighed,
} from './states';
import { receiptText } from './text';

/** What a delivery receipt says. */
export interface Receipt {
  /** The SMSC's id of the message; absent where neither TLV nor text has one. */
  message_id?: string;
  /** The id in the text, where the TLV has another one (often the same number, hexadecimal here and decimal there). */
  text_message_id?: string;
  /** `DELIVRD` and its like; what the SMSC wrote, where nobody knows it; `UNKNOWN` where it wrote nothing. */
  state: string;
  /** Whether no further receipt is to be expected. */
  final: boolean;
  /** Messages submitted and delivered, of a distribution list; absent where what is written is no number of 1 to 9 digits. */
  sub?: number;
  /** Messages delivered, as the text has it. */
  dlvrd?: number;
  /** ISO 8601, UTC; absent where what is written is no date. */
  submit_date?: string;
  /** ISO 8601; absent where there is none that can be read. */
  done_date?: string;
  /** As it is written, mostly three digits; what they mean is the network's own. */
  err?: string;
  /** The beginning of the message, as the SMSC repeats it. */
  text?: string;
  /** Why it failed, by the network (TLV network_error_code). */
  network_error?: NetworkError;
  /** What contradicts itself in it, or was too long and is cut, for people. */
  flaws?: string[];
}

/** TLV network_error_code, SMPP 5.0 section 4.8.4.42. */
export interface NetworkError {
  /** 1 ANSI-136 access denied, 2 IS-95 access denied, 3 GSM, 4 ANSI-136 cause, 5 IS-95 cause, 6 ANSI-41, 7 SMPP, 8 the SMSC's own. */
  type: number;
  /** Of the network's own list. */
  code: number;
}

/** The TLVs that matter here, as the protocol decodes them; others are ignored. */
export type ReceiptTlvs = Readonly<Record<string, unknown>>;

export interface ReceiptOptions extends CodingOptions {
  /** That of the message, which many SMSCs set: id and text are read by it where they are not ASCII or Latin-1. */
  readonly data_coding?: number | undefined;
  /** As it came; default 0. */
  readonly esm_class?: number | undefined;
  /** The SMSC's own form of text, tried before the standard one; compile it once with {@link compileReceiptPattern}. */
  readonly pattern?: string | RegExp | ReceiptPattern | undefined;
  /** What states mean at this SMSC, over the standard's. */
  readonly states?: StateMappings | undefined;
  /** Of the SMSC's clock: an IANA name or an offset such as `+02:00`; default UTC, and so is one that nobody knows. */
  readonly timeZone?: string | undefined;
  /** Default true: esm_class says what is a receipt, and what is an acknowledgement of a device or a person. */
  readonly useEsmClass?: boolean | undefined;
  /** Default true: what looks like a receipt is one, whatever esm_class says. */
  readonly useShape?: boolean | undefined;
}

/**
 * A delivery receipt or intermediate notification, or undefined for what is none. The id is that of the TLV
 * receipted_message_id, else that of the text (in short_message or the TLV message_payload). Of the state of the TLV
 * message_state and that of the text, the one that is an end state counts.
 * Never throws but for a `pattern` that cannot be compiled (TextError `INVALID_PATTERN`).
 */
export function parseReceipt(
  shortMessage: string | Buffer,
  tlvs: ReceiptTlvs = {},
  options: ReceiptOptions = {},
): Receipt | undefined {
  const type = typeOf(options);
  if (type !== undefined && !MAY_BE_RECEIPT.has(type)) return undefined;
  const { text, octets } = receiptText(shortMessage, tlvs, options);
  const matched = options.pattern === undefined ? undefined : matchPattern(options.pattern, text);
  const standard = matched || !octets ? undefined : standardFields(octets, text);
  const fields = matched ?? standard ?? receiptFields(text);
  // Before the text a standard receipt has nothing that could be read in two ways.
  if (octets && isAmbiguous(octets, standard ? octets.length - standard.text.length : 0))
    reread(fields, options);
  const cut = boundFields(fields, text.length);
  const signs = fromTlvs(tlvs);
  if (!isReceipt(fields, signs, type, matched?.id !== undefined, options)) return undefined;
  return build(fields, signs, type, options, cut);
}

/** By esm_class, by both TLVs, or by shape; and it must say something. */
function isReceipt(
  fields: ReceiptFields,
  signs: Signs,
  type: MessageType | undefined,
  matchesPattern: boolean,
  options: ReceiptOptions,
): boolean {
  const hasState = signs.states.length > 0;
  if (signs.id === undefined && !hasState && !fields.id && !fields.stat) return false;
  if (type === 'receipt' || type === 'intermediate' || (signs.id !== undefined && hasState)) return true;
  return (options.useShape ?? true) && (matchesPattern || isShaped(fields, signs));
}

const MAY_BE_RECEIPT: ReadonlySet<MessageType> = new Set(['message', 'receipt', 'intermediate', 'reserved']);

function typeOf(options: ReceiptOptions): MessageType | undefined {
  if (options.esm_class === undefined || options.useEsmClass === false) return undefined;
  return messageType(options.esm_class);
}

interface Signs {
  readonly id: string | undefined;
  readonly states: readonly string[];
  readonly network_error: NetworkError | undefined;
}

const NO_STATES: readonly string[] = [];

function fromTlvs(tlvs: ReceiptTlvs): Signs {
  const id = firstOf(tlvs['receipted_message_id']);
  const error = firstOf(tlvs['network_error_code']);
  const state = tlvs['message_state'];
  const written = typeof id === 'string' ? id : Buffer.isBuffer(id) ? id.toString('latin1') : '';
  const end = written.indexOf('\0') === -1 ? written : written.replace(/\0+$/, '');
  const isError = Buffer.isBuffer(error) && error.length === 3;
  return {
    id: end === '' ? undefined : boundId(end),
    states: state === undefined ? NO_STATES : statesOf(state),
    network_error: isError ? { type: error.readUInt8(0), code: error.readUInt16BE(1) } : undefined,
  };
}

/** By name or, where it is reserved, by number; of a TLV that is repeated all. */
function statesOf(value: unknown): string[] {
  const states: string[] = [];
  for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
    const number = Buffer.isBuffer(one) && one.length === 1 ? one[0] : one;
    if (typeof number === 'number') states.push(MESSAGE_STATES[number] ?? String(number));
  }
  return states;
}

/** What no person would write: an id and a state, or one of them among other fields. */
function isShaped(
  { id, stat, sub, dlvrd, submit_date, done_date, err }: ReceiptFields,
  signs: Signs,
): boolean {
  const count = there(sub) + there(dlvrd) + there(submit_date) + there(done_date) + there(err);
  const hasId = Boolean(id) || signs.id !== undefined;
  const state = stat || signs.states[0];
  if (!state) return hasId && count >= MANY;
  return hasId ? count > 0 || isKnownState(state) : count >= MANY && isKnownState(state);
}

function there(value: string | undefined): 0 | 1 {
  return value === undefined ? 0 : 1;
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
  const tlv = mostTelling(signs.states, options.states);
  const stat = fields.stat ? weighed(fields.stat, options.states) : NOTHING;
  const { state, final: isEnd } = stat.weight > tlv.weight ? stat : tlv;
  const final = isEnd && type !== 'intermediate';
  const id = fields.id || undefined;
  const message_id = signs.id ?? id;
  const sub = count(fields.sub);
  const dlvrd = count(fields.dlvrd);
  const submit_date = date(fields.submit_date, options);
  const done_date = date(fields.done_date, options);
  const err = fields.err || undefined;
  const { text } = fields;
  const { network_error } = signs;
  const receipt = defined({ state, final, message_id, sub, dlvrd, submit_date, done_date, err, text });
  if (id !== undefined && id !== message_id) receipt.text_message_id = id;
  if (network_error !== undefined) receipt.network_error = network_error;
  const flaws = contradiction(tlv, stat, cut);
  if (flaws.length > 0) receipt.flaws = [...flaws];
  return receipt;
}

/** Without what is undefined. Most receipts have all: then the object is the one that came, made in one step. */
function defined(given: { [N in keyof Receipt]: Receipt[N] | undefined }): Receipt {
  for (const name in given) {
    if (given[name as keyof Receipt] !== undefined) continue;
    return Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    ) as unknown as Receipt;
  }
  return given as Receipt;
}

/**
 * Of the states of repeated TLVs. That of a TLV, which is written for programs, counts before one of the text that says
 * as much; one that says more ({@link WEIGHT}) before both.
 */
function mostTelling(states: readonly string[], mappings: StateMappings | undefined): Weighed {
  let best = NOTHING;
  for (const written of states) {
    const one = weighed(written, mappings);
    if (one.weight > best.weight) best = one;
  }
  return best;
}

/** Two different end states are a flaw. */
function contradiction(tlv: Weighed, text: Weighed, cut: readonly string[]): readonly string[] {
  if (tlv.weight < WEIGHT.END || text.weight < WEIGHT.END || tlv.state === text.state) return cut;
  return [...cut, `message_state says ${tlv.state}, the text ${text.state}: message_state counts`];
}

/** A number of up to nine digits; undefined for anything else. */
function count(written: string | undefined): number | undefined {
  if (!written || written.length > 9) return undefined;
  let number = 0;
  for (let at = 0; at < written.length; at++) {
    const digit = written.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return number;
}

function date(written: string | undefined, options: ReceiptOptions): string | undefined {
  return written ? receiptDate(written, options.timeZone) : undefined;
}
