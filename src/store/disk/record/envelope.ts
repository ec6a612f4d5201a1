import { SEAL_OVERHEAD, type Sealing } from '../../sealing';
import { viewOf } from '../../record/bytes';
import { xxh32 } from './xxh32';

/**
 * A value of LMDB's as it lies in a store with a key:
 *
 *   checksum (4)  kind (1)  length of the key (1)  key  sealed
 *
 * The checksum tells damage from a wrong key to who has none; the key (of messages only) puts them back in their
 * place after damage. All of it, the table and the key go into the seal.
 */
const FORMAT_AT = 4;
const PLACE_AT = 5;
const HEAD = 6;
/** Where records have their format, so that earlier versions find a newer one. */
const SEALED = 0x80;
const LONGEST_PLACE = 10;

/** Octets by which a value is longer, at most. */
export const ENVELOPE_OVERHEAD = HEAD + LONGEST_PLACE + SEAL_OVERHEAD;

const UNREADABLE = Buffer.alloc(0);

/** Seals the values of one table. */
export class Envelope {
  readonly #sealing: Sealing;
  readonly #table: Buffer;
  readonly #keepsKey: boolean;

  constructor(sealing: Sealing, table: string, keepsKey: boolean) {
    this.#sealing = sealing;
    this.#table = Buffer.from(`${table}\0`);
    this.#keepsKey = keepsKey;
  }

  close(key: Buffer, value: Buffer): Buffer {
    // An index has no values.
    if (value.length === 0) return value;
    const place = this.#keepsKey ? key : UNREADABLE;
    const octets = this.#sealing.seal(this.#placeOf(key), value, HEAD + place.length);
    octets[FORMAT_AT] = SEALED;
    octets[PLACE_AT] = place.length;
    place.copy(octets, HEAD);
    octets.writeUInt32BE(xxh32(viewOf(octets), FORMAT_AT, octets.length));
    return octets;
  }

  /** Without content where it is damaged, sealed elsewhere or not at all: that reads as a damaged record. */
  open(key: Buffer, octets: Buffer): Buffer {
    if (octets.length === 0) return octets;
    if (!isSealed(octets)) return UNREADABLE;
    const at = HEAD + (octets[PLACE_AT] as number);
    return this.#sealing.open(this.#placeOf(key), octets.subarray(at)) ?? UNREADABLE;
  }

  #placeOf(key: Buffer): Buffer {
    return Buffer.concat([this.#table, key]);
  }
}

export function isSealed(octets: Buffer): boolean {
  return (
    octets.length > HEAD &&
    octets[FORMAT_AT] === SEALED &&
    octets.readUInt32BE() === xxh32(viewOf(octets), FORMAT_AT, octets.length)
  );
}

/** The key that a sealed message had; undefined: it is not whole, or keeps none. */
export function keyInside(octets: Buffer): Buffer | undefined {
  if (!isSealed(octets)) return undefined;
  const length = octets[PLACE_AT] as number;
  return length === 0 ? undefined : octets.subarray(HEAD, HEAD + length);
}
