import type { LongMessageMethod, Unit } from './types';

/** Octets of user data in one short message (TS 23.040 section 9.2.3.24), 160 septets. */
const USER_DATA_OCTETS = 140;

/** Octets of the concatenation element. An SMSC that takes sar_* TLVs puts the 8 bit one on the air. */
const CONCATENATION_OCTETS: Readonly<Record<LongMessageMethod, number>> = {
  udh8: 5,
  udh16: 6,
  sar: 5,
  payload: 0,
  'payload-always': 0,
  reject: 5,
};

/** Whether a long message goes whole in `message_payload`. */
export function isWhole(method: LongMessageMethod | undefined): boolean {
  return method === 'payload' || method === 'payload-always';
}

/** Units beside a user data header whose elements take so many octets; 0 elements: no header. */
export function capacity(unit: Unit, elementOctets: number): number {
  const octets = USER_DATA_OCTETS - (elementOctets === 0 ? 0 : elementOctets + 1);
  return Math.max(0, unit === 'septets' ? Math.floor((octets * 8) / 7) : octets);
}

/** Units of one part of a long message, beside other elements of so many octets. */
export function partCapacity(unit: Unit, elementOctets: number, method: LongMessageMethod): number {
  return capacity(unit, elementOctets + CONCATENATION_OCTETS[method]);
}
