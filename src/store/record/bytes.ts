const SLAB = 8 * 1024;
/** Hexadecimal digits that intake's ids have. */
const HEX_ID = 24;

/** A piece of memory, also as a view for whole words. */
export interface Slab {
  readonly octets: Buffer;
  readonly view: DataView;
}

/** Octets in memory. */
export interface Extent {
  readonly slab: Slab;
  readonly start: number;
  readonly end: number;
}

/**
 * Writes records octet by octet, one behind the other into a common slab of
 * memory, and reads them back. Lengths are variable (7 bits per octet, least
 * first); numbers are doubles, big end first.
 */
export class RecordWriter {
  readonly #size: number;
  #slab: Slab;
  #start = 0;
  #at = 0;

  /** `size` is that of a slab, in octets. */
  constructor(size = SLAB) {
    this.#size = size;
    this.#slab = newSlab(size);
  }

  /** Begins a new record, with room for its head. */
  begin(head: number): void {
    this.#start = this.#at;
    this.#reserve(head);
    this.#at += head;
  }

  octet(value: number): void {
    this.#reserve(1);
    this.#slab.octets[this.#at++] = value;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#slab.view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  /** A whole number below 2^48. */
  time(value: number): void {
    this.#reserve(6);
    this.#slab.octets.writeUIntBE(value, this.#at, 6);
    this.#at += 6;
  }

  /** Below 2^32. */
  length(value: number): void {
    this.#reserve(5);
    const { octets } = this.#slab;
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) octets[this.#at++] = (rest & 0x7f) | 0x80;
    octets[this.#at++] = rest;
  }

  buffer(value: Uint8Array): void {
    this.length(value.length);
    this.#reserve(value.length);
    this.#slab.octets.set(value, this.#at);
    this.#at += value.length;
  }

  /** Ids and addresses are short and ASCII: then no call out of JavaScript is worth it. */
  text(value: string): void {
    if (value.length < 64 && this.#shortAscii(value, value.length)) return;
    this.#utf8(value, 1);
  }

  #utf8(value: string, scale: number): void {
    const size = Buffer.byteLength(value);
    this.length(scale * size);
    this.#reserve(size);
    this.#slab.octets.write(value, this.#at);
    this.#at += size;
  }

  /** Most are hexadecimal digits, as intake makes them: half as many octets. The lowest bit of the length says which. */
  id(value: string): void {
    if (value.length === HEX_ID && this.#hexId(value)) return;
    if (value.length < 64 && this.#shortAscii(value, 2 * value.length)) return;
    this.#utf8(value, 2);
  }

  #hexId(value: string): boolean {
    this.#reserve(1 + HEX_ID / 2);
    const { octets } = this.#slab;
    let at = this.#at;
    octets[at++] = HEX_ID + 1;
    for (let index = 0; index < HEX_ID; index += 2) {
      const octet = (digit(value.charCodeAt(index)) << 4) | digit(value.charCodeAt(index + 1));
      if (octet < 0) return false;
      octets[at++] = octet;
    }
    this.#at = at;
    return true;
  }

  #shortAscii(value: string, length: number): boolean {
    this.#reserve(value.length + 1);
    const { octets } = this.#slab;
    let at = this.#at;
    octets[at++] = length;
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return false;
      octets[at++] = code;
    }
    this.#at = at;
    return true;
  }

  /** Where the record so far lies. It stays as it is. The next one follows at once, as long as there is room. */
  get extent(): Extent {
    return { slab: this.#slab, start: this.#start, end: this.#at };
  }

  /** The record so far, where it lies: it stays as it is. */
  get octets(): Buffer {
    return this.#slab.octets.subarray(this.#start, this.#at);
  }

  #reserve(count: number): void {
    const { octets } = this.#slab;
    if (this.#at + count <= octets.length) return;
    const size = this.#at - this.#start;
    const next = newSlab(Math.max(this.#size, 2 * (size + count)));
    octets.copy(next.octets, 0, this.#start, this.#at);
    this.#slab = next;
    this.#start = 0;
    this.#at = size;
  }
}

/** The value of a lower case hexadecimal digit; -1: it is none. */
function digit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
}

export function newSlab(size: number): Slab {
  const octets = Buffer.allocUnsafeSlow(size);
  return { octets, view: viewOf(octets) };
}

export function viewOf(octets: Buffer): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.length);
}

/** Reads what {@link RecordWriter} wrote; a RangeError where the octets end too soon. */
export class RecordReader {
  readonly #octets: Buffer;
  #at: number;

  constructor(octets: Buffer, at: number) {
    this.#octets = octets;
    this.#at = at;
  }

  /** Another one, at the same place. */
  fork(): RecordReader {
    return new RecordReader(this.#octets, this.#at);
  }

  octet(): number {
    const value = this.#octets[this.#at++];
    if (value === undefined) throw new RangeError('the record ends too soon');
    return value;
  }

  double(): number {
    const value = this.#octets.readDoubleBE(this.#at);
    this.#at += 8;
    return value;
  }

  time(): number {
    const value = this.#octets.readUIntBE(this.#at, 6);
    this.#at += 6;
    return value;
  }

  length(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const octet = this.octet();
      value |= (octet & 0x7f) << shift;
      if (octet < 0x80) return value >>> 0;
      if (shift > 28) throw new RangeError('a length is too large');
    }
  }

  buffer(): Buffer {
    const size = this.length();
    const from = this.#at;
    return this.#octets.subarray(from, this.#skip(size));
  }

  /** The same on memory of its own. */
  copy(): Buffer {
    const size = this.length();
    const from = this.#at;
    const copy = Buffer.allocUnsafe(size);
    this.#octets.copy(copy, 0, from, this.#skip(size));
    return copy;
  }

  text(): string {
    const size = this.length();
    const from = this.#at;
    return this.#octets.toString('utf8', from, this.#skip(size));
  }

  id(): string {
    const size = this.length();
    const from = this.#at;
    return this.#octets.toString(size & 1 ? 'hex' : 'utf8', from, this.#skip(size >>> 1));
  }

  /** Where the next `size` octets end. */
  #skip(size: number): number {
    const end = this.#at + size;
    if (end > this.#octets.length) throw new RangeError('the record ends too soon');
    this.#at = end;
    return end;
  }
}
