import type { Entry } from './entry';

/*
 * A record: length, place of the record before it, time, session, direction, octets.
 *
 *        0        first              last   head          wrap      size
 *        ├─newest──┼─ free ─┤ ...     or     ├── free ─────┤ nothing ┤
 */
const HEAD = 24;
const AT = { length: 0, previous: 4, time: 8, session: 16, direction: 20 } as const;

/** The last PDUs in one buffer of a fixed size: the oldest make room. Heads of records count. */
export class PduRing {
  readonly #octets: Buffer;
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
    this.#octets = Buffer.allocUnsafeSlow(size);
    this.#wrap = size;
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

  /** Returns the octets as they are kept; undefined: they are longer than the ring. */
  add(time: number, direction: Entry['direction'], session: number, octets: Uint8Array): Buffer | undefined {
    const ring = this.#octets;
    const need = HEAD + octets.length;
    if (need > ring.length) return undefined;
    if (this.#head + need > ring.length) this.#turn();
    const at = this.#head;
    const end = at + need;
    while (this.#count > 0 && this.#first >= at && this.#first < end) this.#evict();
    if (this.#count === 0) {
      this.#first = at;
      this.#wrap = ring.length;
    }
    ring.writeUInt32LE(octets.length, at + AT.length);
    ring.writeUInt32LE(this.#last, at + AT.previous);
    ring.writeDoubleLE(time, at + AT.time);
    ring.writeUInt32LE(session, at + AT.session);
    ring[at + AT.direction] = direction === 'in' ? 1 : 0;
    ring.set(octets, at + HEAD);
    this.#last = at;
    this.#head = end;
    this.#count++;
    this.#used += need;
    return ring.subarray(at + HEAD, end);
  }

  /** What lies from here to the end of the buffer is older than all at its beginning. */
  #turn(): void {
    while (this.#count > 0 && this.#first >= this.#head) this.#evict();
    this.#wrap = this.#head;
    this.#head = 0;
  }

  #evict(): void {
    const at = this.#first;
    const session = this.#octets.readUInt32LE(at + AT.session);
    const length = HEAD + this.#octets.readUInt32LE(at + AT.length);
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
      at += HEAD + entry.octets.length;
      if (at >= this.#wrap) at = 0;
    }
  }

  /** The newest that fits; its octets are a view. */
  findLast(fits: (entry: Entry) => boolean): Entry | undefined {
    let at = this.#last;
    for (let left = this.#count; left > 0; left--) {
      const entry = this.#entryAt(at);
      if (fits(entry)) return entry;
      at = this.#octets.readUInt32LE(at + AT.previous);
    }
    return undefined;
  }

  #entryAt(at: number): Entry {
    const ring = this.#octets;
    const from = at + HEAD;
    return {
      time: ring.readDoubleLE(at + AT.time),
      direction: ring[at + AT.direction] === 1 ? 'in' : 'out',
      session: ring.readUInt32LE(at + AT.session),
      octets: ring.subarray(from, from + ring.readUInt32LE(at + AT.length)),
    };
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
