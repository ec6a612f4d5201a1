import { fingerprint, numberOf, type PackedPart } from './packed-part';

/** What a durable store keeps of a joined message, to know its parts when they come again. Plain data. */
export interface JoinedEntry {
  /** Where the message was kept. */
  readonly key: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Of each part, from 1: what it is known by when it comes again. */
  readonly fingerprints: readonly (readonly [part: number, fingerprint: number])[];
}

/** A message that was joined: the octets of its parts by fingerprint, in the order of the parts. */
interface Joined {
  readonly at: number;
  readonly fingerprints: readonly number[];
}

/** What one takes in memory beside its key, and each of its fingerprints. Measured. */
const OVERHEAD = 120;
const FINGERPRINT = 8;

/** By what parts of joined messages are known for duplicates. The oldest are forgotten where there are too many. */
export class JoinedSigns {
  readonly #window: number;
  readonly #maxMessages: number;
  readonly #maxOctets: number;
  readonly #joined = new Map<string, Joined>();
  /** One for many: a new one walks over all that was deleted in front. None while nothing is to go: it keeps that alive. */
  #oldest: Iterator<string> | undefined;
  #octets = 0;

  /** `window`: milliseconds for which they are known; 0: not at all. */
  constructor(window: number, maxMessages: number, maxOctets: number) {
    this.#window = window;
    this.#maxMessages = maxMessages;
    this.#maxOctets = maxOctets;
  }

  has(key: string, part: PackedPart, now: number): boolean {
    const joined = this.#joined.get(key);
    if (!joined || joined.at + this.#window <= now) return false;
    return joined.fingerprints[numberOf(part) - 1] === fingerprint(part);
  }

  learn(key: string, at: number, parts: readonly PackedPart[]): void {
    this.forget(key);
    if (this.#window > 0) this.#add(key, at, parts.map(fingerprint));
  }

  forget(key: string): void {
    const joined = this.#joined.get(key);
    if (!joined) return;
    this.#joined.delete(key);
    this.#octets -= octetsOf(key, joined);
  }

  expire(now: number): void {
    for (const [key, { at }] of this.#joined) {
      if (at + this.#window > now) break;
      this.forget(key);
    }
  }

  export(key: string): JoinedEntry | undefined {
    const joined = this.#joined.get(key);
    return (
      joined && { key, at: joined.at, fingerprints: joined.fingerprints.map((one, at) => [at + 1, one]) }
    );
  }

  import({ key, at, fingerprints }: JoinedEntry): void {
    if (this.#joined.has(key)) return;
    const inOrder = fingerprints.toSorted(([one], [other]) => one - other).map(([, one]) => one);
    this.#add(key, at, inOrder);
  }

  #add(key: string, at: number, fingerprints: readonly number[]): void {
    const joined = { at, fingerprints };
    this.#joined.set(key, joined);
    this.#octets += octetsOf(key, joined);
    if (!this.#isOver) this.#oldest = undefined;
    while (this.#isOver) {
      const next = (this.#oldest ??= this.#joined.keys()).next();
      if (next.done) this.#oldest = undefined;
      else this.forget(next.value);
    }
  }

  get #isOver(): boolean {
    return this.#joined.size > this.#maxMessages || this.#octets > this.#maxOctets;
  }
}

function octetsOf(key: string, { fingerprints }: Joined): number {
  return key.length + OVERHEAD + FINGERPRINT * fingerprints.length;
}
