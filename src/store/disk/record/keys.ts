import { MOST_IN_BLOCK, type BlockKey } from './blocks';
import type { DelayedKey } from './entries';

/** [the first message of a block, the first of those that are gone] */
export type TombstoneKey = readonly [seq: number, index: number];

export const same = (key: Buffer): Buffer => key;

/** Doubles that are not negative have the order of their octets. */
export function numberKey(): (key: number) => Buffer {
  const octets = Buffer.alloc(8);
  return (key) => (octets.writeDoubleBE(key), octets);
}

export const numberOf = (octets: Buffer): number => (octets.length === 8 ? octets.readDoubleBE() : NaN);

/** Blocks of one keep the key without a count: it comes before that of a block that begins with the same message. */
export function blockKey(): (key: BlockKey) => Buffer {
  const one = Buffer.alloc(8);
  const several = Buffer.alloc(10);
  return ({ seq, count }) => {
    const octets = count === 1 ? one : several;
    octets.writeDoubleBE(seq);
    if (count !== 1) octets.writeUInt16BE(count, 8);
    return octets;
  };
}

/** Without any messages where it is not one of ours. */
export function blockKeyOf(octets: Buffer): BlockKey {
  if (octets.length === 8) return { seq: octets.readDoubleBE(), count: 1 };
  if (octets.length === 10) return { seq: octets.readDoubleBE(), count: octets.readUInt16BE(8) };
  return { seq: NaN, count: 0 };
}

/** Behind all blocks that begin with this message or before. */
export const endOf = (seq: number): BlockKey => ({ seq, count: MOST_IN_BLOCK });

export function tombstoneKey(): (key: TombstoneKey) => Buffer {
  const octets = Buffer.alloc(10);
  return ([seq, index]) => {
    octets.writeDoubleBE(seq);
    octets.writeUInt16BE(index, 8);
    return octets;
  };
}

export function tombstoneKeyOf(octets: Buffer): TombstoneKey {
  return octets.length === 10 ? [octets.readDoubleBE(), octets.readUInt16BE(8)] : [NaN, 0];
}

export function delayedKey(): (key: DelayedKey) => Buffer {
  const octets = Buffer.alloc(17);
  return ([notBefore, priority, seq]) => {
    octets.writeDoubleBE(notBefore);
    octets.writeUInt8(priority, 8);
    octets.writeDoubleBE(seq, 9);
    return octets;
  };
}

export function delayedKeyOf(octets: Buffer): DelayedKey {
  if (octets.length !== 17) return [NaN, 0, NaN];
  return [octets.readDoubleBE(), octets.readUInt8(8), octets.readDoubleBE(9)];
}
