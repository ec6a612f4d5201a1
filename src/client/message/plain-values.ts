import type { TlvSpec } from '../../protocol';

/**
 * What JSON says in other words than a PDU has it: octets as `{hex}` (or as Node writes a Buffer), in TLVs as
 * text too; numbers as text; a TLV that has no value as true. False and null say "not set", which is undefined here.
 */
export function tlvValue(spec: Pick<TlvSpec, 'type' | 'lengths'>, given: unknown): unknown {
  const { type, lengths } = spec;
  if (given === null || given === false) return undefined;
  if (Array.isArray(given)) return given.map((one) => tlvValue(spec, one));
  if (type === 'octets') {
    const isText = typeof given === 'string' && ISO_8859_1.test(given);
    return isText ? Buffer.from(given, 'latin1') : octetsOf(given);
  }
  if (!type.startsWith('int')) return given;
  if (given === true && lengths?.includes(0)) return 0;
  return typeof given === 'string' && DIGITS.test(given) ? Number(given) : given;
}

/** Octets where JSON has a form of them, else the value as it is. */
export function octetsOf(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || given instanceof Uint8Array) return given;
  const { hex, type, data } = given as { hex?: unknown; type?: unknown; data?: unknown };
  if (typeof hex === 'string' && HEX.test(hex)) return Buffer.from(hex, 'hex');
  return type === 'Buffer' && Array.isArray(data) ? Buffer.from(data as number[]) : given;
}

const DIGITS = /^\d+$/;
const HEX = /^([0-9a-f]{2})*$/i;
const ISO_8859_1 = /^[\0-\xff]*$/;
