import { TextError, attempt } from './errors';
import { UDHI, parseUserDataHeader, type UserDataHeader } from './udh';

/** The fields of a deliver_sm, data_sm or submit_sm that matter here. */
export interface IncomingMessage {
  /** As it came; default 0. */
  readonly esm_class?: number;
  /** As it came, header included. */
  readonly short_message?: Buffer;
  /** As they came; message_payload is taken where short_message is empty. */
  readonly tlvs?: Readonly<Record<string, unknown>>;
}

/** That a message is one part of a longer one, and how it says so. `part` counts from 1. */
export interface PartInfo {
  /** How parts are marked. */
  readonly method: 'udh8' | 'udh16' | 'sar';
  /** The reference number that all parts share. */
  readonly reference: number;
  /** Parts of the message. */
  readonly total: number;
  /** Which part, from 1. */
  readonly part: number;
}

/** One part of a long message, as {@link readUserData} gives it. */
export interface MessagePart extends PartInfo {
  /** The sender. */
  readonly source: string;
  /** The recipient. */
  readonly destination: string;
  /** As it came. */
  readonly data_coding: number;
  /** Without the header. */
  readonly octets: Buffer;
  /** The user data header as it came: it may name shift tables. */
  readonly header?: Buffer | undefined;
  /** Anything of the caller's; plain data, where entries are exported. */
  readonly context?: unknown;
}

/** The text's octets, and what stands before them. */
export interface UserData {
  /** The message without its user data header. */
  readonly octets: Buffer;
  /** The header, parsed; absent where there is none. */
  readonly udh?: UserDataHeader;
  /** The same header as it came. */
  readonly header?: Buffer;
  /** Which part of a long message; absent where it is whole. */
  readonly part?: PartInfo;
  /** A header that cannot be read: then `octets` is everything, as it came. */
  readonly problem?: TextError;
}

/**
 * Takes a message apart: short_message, else the TLV message_payload; the user data header, where
 * esm_class announces one; the place in a long message, by that header or by the sar_* TLVs. Never throws.
 */
export function readUserData(message: IncomingMessage): UserData {
  const { esm_class = 0, tlvs = {} } = message;
  const whole = bodyOf(message);
  if (!(esm_class & UDHI)) return { octets: whole, ...sarPart(tlvs) };
  const udh = attempt(
    () => parseUserDataHeader(whole),
    (problem) => problem,
  );
  if (udh instanceof TextError) return { octets: whole, problem: udh };
  return {
    octets: whole.subarray(udh.length),
    udh,
    header: whole.subarray(0, udh.length),
    ...(udhPart(udh) ?? sarPart(tlvs)),
  };
}

function bodyOf({ short_message, tlvs }: IncomingMessage): Buffer {
  if (short_message && short_message.length > 0) return short_message;
  const payload = firstOf(tlvs?.['message_payload']);
  return Buffer.isBuffer(payload) ? payload : (short_message ?? Buffer.alloc(0));
}

function udhPart({ concatenation }: UserDataHeader): { part: PartInfo } | undefined {
  if (!concatenation) return undefined;
  const { bits, reference, total, part } = concatenation;
  return { part: { method: bits === 8 ? 'udh8' : 'udh16', reference, total, part } };
}

function sarPart(tlvs: Readonly<Record<string, unknown>>): { part: PartInfo } | undefined {
  const reference = firstOf(tlvs['sar_msg_ref_num']);
  const total = firstOf(tlvs['sar_total_segments']);
  const part = firstOf(tlvs['sar_segment_seqnum']);
  const are = typeof reference === 'number' && typeof total === 'number' && typeof part === 'number';
  return are && part >= 1 && part <= total ? { part: { method: 'sar', reference, total, part } } : undefined;
}

/** Of a repeated TLV, which is an array, the first. */
export function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? (value as unknown[])[0] : value;
}
