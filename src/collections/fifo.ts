const CHUNK = 1024;

interface Chunk<T> {
  readonly values: (T | undefined)[];
  next: Chunk<T> | undefined;
}

/**
 * First in, first out, in constant time.
 *
 *   #head ─▶ [··· first … last of chunk] ─▶ [full chunk] ─▶ [first … last, free ···] ◀─ #tail
 *
 * Chunks rather than one ring: memory follows the length down again after a backlog of a million.
 */
export class Fifo<T> implements Iterable<T> {
  #head: Chunk<T> = newChunk();
  #tail: Chunk<T> = this.#head;
  #read = 0;
  #write = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: T): void {
    if (this.#write === CHUNK) {
      this.#tail = this.#tail.next = newChunk();
      this.#write = 0;
    }
    this.#tail.values[this.#write++] = value;
    this.#length++;
  }

  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#head.values[this.#read];
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const value = this.#head.values[this.#read];
    this.#head.values[this.#read++] = undefined;
    this.#length--;
    if (this.#length === 0) this.#read = this.#write = 0;
    else if (this.#read === CHUNK) this.#nextChunk();
    return value;
  }

  /** Takes out the first of which this is true, wherever it is. */
  remove(isIt: (value: T) => boolean): T | undefined {
    let found: T | undefined;
    for (let left = this.#length; left > 0; left--) {
      const value = this.shift() as T;
      if (found === undefined && isIt(value)) found = value;
      else this.push(value);
    }
    return found;
  }

  #nextChunk(): void {
    if (!this.#head.next) return;
    this.#head = this.#head.next;
    this.#read = 0;
  }

  *[Symbol.iterator](): Iterator<T> {
    let chunk: Chunk<T> | undefined = this.#head;
    let at = this.#read;
    for (let left = this.#length; left > 0 && chunk; left--) {
      yield chunk.values[at++] as T;
      if (at === CHUNK) {
        chunk = chunk.next;
        at = 0;
      }
    }
  }
}

function newChunk<T>(): Chunk<T> {
  return { values: new Array<T | undefined>(CHUNK), next: undefined };
}
