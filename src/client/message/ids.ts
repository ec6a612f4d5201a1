const PREFIX_OCTETS = 8;
const PREFIX_DIGITS = 2 * PREFIX_OCTETS;
const DIGITS = 24;
const [ZERO, NINE, A, F] = [0x30, 0x39, 0x61, 0x66];

/**
 * Makes the ids of messages: 24 hexadecimal digits, of which 16 are random, new for each client and after 2^32 ids, and 8
 * count. Stores pack them (`RecordWriter.id`). Each is one flat string of V8, which takes half of what a joined one does.
 */
export class MessageIds {
  readonly #random: (octets: number) => Uint8Array;
  readonly #text = Buffer.alloc(DIGITS, ZERO);

  /** `random` gives so many octets, which must differ over restarts and processes; `count`: how many ids there were. */
  constructor(random: (octets: number) => Uint8Array, count = 0) {
    this.#random = random;
    this.#newPrefix();
    this.#text.write(count.toString(16).padStart(DIGITS - PREFIX_DIGITS, '0'), PREFIX_DIGITS, 'latin1');
  }

  next(): string {
    const text = this.#text;
    let at = DIGITS - 1;
    for (; text[at] === F; at--) text[at] = ZERO;
    if (at < PREFIX_DIGITS) this.#newPrefix();
    else text[at] = text[at] === NINE ? A : (text[at] as number) + 1;
    return text.toString('latin1');
  }

  #newPrefix(): void {
    this.#text.write(Buffer.from(this.#random(PREFIX_OCTETS)).toString('hex'), 'latin1');
  }
}
