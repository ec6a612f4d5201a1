import { TextError } from './errors';
import { parseUserDataHeader, type UserDataHeader } from './udh';

/** The fields of a deliver_sm, data_sm or submit_sm that matter here. */
export interface IncomingMessage {
  readonly esm_class?: number;
  readonly short_message?: Buffer;
  readonly tlvs?: Readonly<Record<string, unknown>>;
}

/** That a message is one part of a longer one, and how it says so. `part` counts from 1. */
export interface PartInfo {
  readonly method: 'udh8' | 'udh16' | 'sar';
  readonly reference: number;
  readonly total: number;
  readonly part: number;
}

export interface UserData {
  /** The message without its user data header. */
  readonly octets: Buffer;
  readonly udh?: UserDataHeader;
  /** The same header as it came. */
  readonly header?: Buffer;
  readonly part?: PartInfo;
  /** A header that cannot be read: then `octets` is everything, as it came. */
  readonly problem?: TextError;
}

const UDHI = 0x40;

/**
 * Takes a message apart: short_message, else the TLV message_payload; the user data header, where
 * esm_class announces one; the place in a long message, by that header or by the sar_* TLVs. Never throws.
 */
export function readUserData(message: IncomingMessage): UserData {
  const { esm_class = 0, tlvs = {} } = message;
  const whole = bodyOf(message);
  if (!(esm_class & UDHI)) return { octets: whole, ...partOf(sarPart(tlvs)) };
  let udh: UserDataHeader;
  try {
    udh = parseUserDataHeader(whole);
  } catch (error) {
    if (error instanceof TextError) return { octets: whole, problem: error };
    throw error;
  }
  return {
    octets: whole.subarray(udh.length),
    udh,
    header: whole.subarray(0, udh.length),
    ...partOf(udhPart(udh) ?? sarPart(tlvs)),
  };
}

function bodyOf({ short_message, tlvs }: IncomingMessage): Buffer {
  if (short_message && short_message.length > 0) return short_message;
  const payload = first(tlvs?.['message_payload']);
  return Buffer.isBuffer(payload) ? payload : (short_message ?? Buffer.alloc(0));
}

function partOf(part: PartInfo | undefined): { part?: PartInfo } {
  return part ? { part } : {};
}

function udhPart({ concatenation }: UserDataHeader): PartInfo | undefined {
  if (!concatenation) return undefined;
  const { bits, reference, total, part } = concatenation;
  return { method: bits === 8 ? 'udh8' : 'udh16', reference, total, part };
}

function sarPart(tlvs: Readonly<Record<string, unknown>>): PartInfo | undefined {
  const reference = first(tlvs['sar_msg_ref_num']);
  const total = first(tlvs['sar_total_segments']);
  const part = first(tlvs['sar_segment_seqnum']);
  if (typeof reference !== 'number' || typeof total !== 'number' || typeof part !== 'number')
    return undefined;
  return part >= 1 && part <= total ? { method: 'sar', reference, total, part } : undefined;
}

/** A repeated TLV is an array: the first counts. */
function first(value: unknown): unknown {
  return Array.isArray(value) ? (value as unknown[])[0] : value;
}
