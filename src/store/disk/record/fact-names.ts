import { SmppError } from '../../../protocol';
import type { Sealing } from '../../sealing';
import { decodeFact } from './records';

const LONGEST_KEY = 1000;
/** Octets of the length of a name within a value. */
const LENGTH = 2;

export interface Fact {
  readonly value: Buffer;
  /** By the store's time. */
  readonly expiresAt: number;
}

/**
 * How facts are found: by their names (LMDB has no empty key, hence the octet before) or, where a store has a key, by
 * hidden ones, for there are numbers of people in them; then the name stands before the value.
 */
export class FactNames {
  readonly #sealing: Sealing | undefined;

  constructor(sealing: Sealing | undefined) {
    this.#sealing = sealing;
  }

  get areHidden(): boolean {
    return this.#sealing !== undefined;
  }

  keyOf(name: string): Buffer {
    const octets = Buffer.from(`=${name}`);
    if (octets.length > LONGEST_KEY) {
      throw new SmppError(
        'INVALID_OPTION',
        `The key of a stored fact has ${octets.length} octets, at most ${LONGEST_KEY}.`,
      );
    }
    return this.#sealing
      ? Buffer.concat([Buffer.from('~'), this.#sealing.hide('fact', octets).subarray(0, 16)])
      : octets;
  }

  /** Where those that begin with `prefix` begin. Hidden ones have no order. */
  startOf(prefix: string): Buffer {
    return this.#sealing ? Buffer.from('~') : this.keyOf(prefix);
  }

  /** The name of what lies under a key; undefined where it cannot be read. */
  nameOf(key: Buffer, octets: Buffer): string | undefined {
    if (!this.#sealing) return key.toString('utf8', 1);
    const fact = decodeFact(octets).value;
    return fact && split(fact.value)?.name;
  }

  withName(name: string, value: Buffer): Buffer {
    if (!this.#sealing) return value;
    const octets = Buffer.from(name);
    const length = Buffer.alloc(LENGTH);
    length.writeUInt16BE(octets.length);
    return Buffer.concat([length, octets, value]);
  }

  withoutName(fact: Fact): Fact | undefined {
    if (!this.#sealing) return fact;
    const parts = split(fact.value);
    return parts && { value: parts.value, expiresAt: fact.expiresAt };
  }
}

function split(octets: Buffer): { name: string; value: Buffer } | undefined {
  if (octets.length < LENGTH) return undefined;
  const end = LENGTH + octets.readUInt16BE();
  return end > octets.length
    ? undefined
    : { name: octets.toString('utf8', LENGTH, end), value: octets.subarray(end) };
}
