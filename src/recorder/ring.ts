import { hasSecret, maskInPlace } from '../protocol';
import type { Entry } from './entry';

/*
 * A record: time, length, place of the record before it, session, direction, octets; each begins at a multiple of 8.
 *
 *        0        first              last   head          wrap      size
 *        ├─newest──┼─ free ─┤ ...     or     ├── free ─────┤ nothing ┤
 */
const HEAD = 24;
const NO_SECRETS = { numbers: true, texts: true } as const;
/** In numbers of four octets. */
const AT = { length: 2, previous: 3, session: 4, direction: 5 } as const;

/** Octets of a record with so many octets. */
const sizeOf = (length: number): number => (HEAD + length + 7) & ~7;

/** The last PDUs in one buffer of a fixed size: the oldest make room. Heads of records count. Passwords are not kept. */
export class PduRing {
  readonly #octets: Buffer;
  /** The same, as numbers. */
  readonly #numbers: Uint32Array;
  readonly #times: Float64Array;
  /** Where the next record goes. */
  #head = 0;
  /** The oldest record, and the newest. */
  #first = 0;
  #last = 0;
  /** Where the records end that lie behind `head`. */
  #wrap: number;
  #count = 0;
  #used = 0;
  #overwritten = 0;
  readonly #gone: (session: number) => void;

  /** `gone`: a record of this session was overwritten. */
  constructor(size: number, gone: (session: number) => void = () => undefined) {
    this.#octets = Buffer.allocUnsafeSlow(size & ~7);
    const { buffer, length } = this.#octets;
    this.#numbers = new Uint32Array(buffer, 0, length / 4);
    this.#times = new Float64Array(buffer, 0, length / 8);
    this.#wrap = length;
    this.#gone = gone;
  }

  get size(): number {
    return this.#octets.length;
  }

  get count(): number {
    return this.#count;
  }

  /** Octets of all records. */
  get used(): number {
    return this.#used;
  }

  /** Records that made room. */
  get overwritten(): number {
    return this.#overwritten;
  }

  /** False: they are longer than the ring. */
  add(time: number, direction: Entry['direction'], session: number, octets: Uint8Array): boolean {
    const ring = this.#octets;
    const need = sizeOf(octets.length);
    if (need > ring.length) return false;
    if (this.#head + need > ring.length) this.#turn();
    const at = this.#head;
    const end = at + need;
    while (this.#count > 0 && this.#first >= at && this.#first < end) this.#evict();
    if (this.#count === 0) {
      this.#first = at;
      this.#wrap = ring.length;
    }
    const numbers = this.#numbers;
    this.#times[at >>> 3] = time;
    numbers[(at >>> 2) + AT.length] = octets.length;
    numbers[(at >>> 2) + AT.previous] = this.#last;
    numbers[(at >>> 2) + AT.session] = session;
    numbers[(at >>> 2) + AT.direction] = direction === 'in' ? 1 : 0;
    ring.set(octets, at + HEAD);
    this.#last = at;
    this.#head = end;
    this.#count++;
    this.#used += need;
    if (octets.length >= 8 && hasSecret(ring.readUInt32BE(at + HEAD + 4)))
      maskInPlace(ring.subarray(at + HEAD, at + HEAD + octets.length), NO_SECRETS);
    return true;
  }

  /** What lies from here to the end of the buffer is older than all at its beginning. */
  #turn(): void {
    while (this.#count > 0 && this.#first >= this.#head) this.#evict();
    this.#wrap = this.#head;
    this.#head = 0;
  }

  #evict(): void {
    const at = this.#first;
    const session = this.#number(at, AT.session);
    const length = sizeOf(this.#number(at, AT.length));
    this.#first = at + length;
    if (this.#first >= this.#wrap) {
      this.#first = 0;
      this.#wrap = this.#octets.length;
    }
    this.#count--;
    this.#used -= length;
    this.#overwritten++;
    this.#gone(session);
  }

  /** The oldest first. Octets are views, good until the next {@link add}. */
  *entries(): Generator<Entry> {
    let at = this.#first;
    for (let left = this.#count; left > 0; left--) {
      const entry = this.#entryAt(at);
      yield entry;
      at += sizeOf(entry.octets.length);
      if (at >= this.#wrap) at = 0;
    }
  }

  /** The newest that fits; its octets are a view. */
  findLast(fits: (entry: Entry) => boolean): Entry | undefined {
    let at = this.#last;
    for (let left = this.#count; left > 0; left--) {
      const entry = this.#entryAt(at);
      if (fits(entry)) return entry;
      at = this.#number(at, AT.previous);
    }
    return undefined;
  }

  #entryAt(at: number): Entry {
    const from = at + HEAD;
    return {
      time: this.#times[at >>> 3] ?? 0,
      direction: this.#number(at, AT.direction) === 1 ? 'in' : 'out',
      session: this.#number(at, AT.session),
      octets: this.#octets.subarray(from, from + this.#number(at, AT.length)),
    };
  }

  #number(at: number, which: number): number {
    return this.#numbers[(at >>> 2) + which] ?? 0;
  }

  /** As it is now. */
  copy(): PduRing {
    const copy = new PduRing(this.size);
    this.#octets.copy(copy.#octets);
    copy.#head = this.#head;
    copy.#first = this.#first;
    copy.#last = this.#last;
    copy.#wrap = this.#wrap;
    copy.#count = this.#count;
    copy.#used = this.#used;
    copy.#overwritten = this.#overwritten;
    return copy;
  }
}
