/** Reads a stream of chunks in pieces of a wanted size. Keeps no more than one piece and one chunk. */
export class OctetSource {
  readonly #chunks: AsyncIterator<Buffer, undefined>;
  #held: Buffer[] = [];
  #length = 0;
  /** Octets that were taken so far. */
  offset = 0;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  }

  /** The next `size` octets, not taken; fewer where the stream ends. */
  async peek(size: number): Promise<Buffer> {
    while (this.#length < size) {
      const { done, value } = await this.#chunks.next();
      if (done) break;
      this.#held.push(value);
      this.#length += value.length;
    }
    const all = this.#held.length === 1 ? (this.#held[0] ?? EMPTY) : Buffer.concat(this.#held);
    this.#held = [all];
    return all.subarray(0, size);
  }

  /** The next `size` octets; fewer where the stream ends. */
  async take(size: number): Promise<Buffer> {
    const taken = await this.peek(size);
    const rest = (this.#held[0] ?? EMPTY).subarray(taken.length);
    this.#held = [rest];
    this.#length = rest.length;
    this.offset += taken.length;
    return taken;
  }

  /** Passes over octets, however many, without keeping them; false where the stream ends before. */
  async skip(size: number): Promise<boolean> {
    for (let left = size; left > 0;) {
      const taken = await this.take(Math.min(left, 65_536));
      if (taken.length === 0) return false;
      left -= taken.length;
    }
    return true;
  }

  /** What is left, as it comes. */
  async *rest(): AsyncGenerator<Buffer> {
    const [held] = this.#held.splice(0);
    this.#length = 0;
    if (held && held.length > 0) yield held;
    for (;;) {
      const { done, value } = await this.#chunks.next();
      if (done) return;
      yield value;
    }
  }

  /** Lets go of the stream before its end. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

const EMPTY = Buffer.alloc(0);
