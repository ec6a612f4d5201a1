import { createHash } from 'node:crypto';
import type { MatchedReceipt } from './matching';
import { commonKeys } from './message-ids';

/** Messages to the number of a receipt that were sent before it came. */
export interface SentBefore {
  /** Those that have no response yet. */
  readonly awaited: Set<string>;
  /** And those whose response is overdue. */
  readonly overdue: Set<string>;
}

/** A receipt that waits for its message to become known. */
export interface Held<T> extends SentBefore {
  readonly receipt: MatchedReceipt;
  readonly keys: readonly string[];
  /** Monotonic milliseconds. */
  readonly dueAt: number;
  /** How much was known when it came. */
  readonly since: number | undefined;
  /** What is kept for it, keys and overhead included. */
  readonly octets: number;
  /** All of them that there were. */
  readonly sentBefore: readonly string[];
  /** Messages that have its id, or one like it, and were sent after it came. */
  readonly later: Set<string>;
  /** It has waited for a moment, see `MatchContext`. */
  waited: boolean;
  /** See {@link Retried}. */
  looked: boolean;
  /** Its match is known, or it was given up. */
  settled: boolean;
  /** It is to be looked up again as soon as it is its turn. */
  due: boolean;
  resolve(match: T | undefined): void;
  readonly match: Promise<T | undefined>;
  /** What is done with the match once it is known, or that there is none. */
  told: Promise<unknown>;
}

export interface HeldBounds {
  readonly count: number;
  readonly octets: number;
}

/** Promises, closures, entries of maps: an estimate. */
const OVERHEAD = 1500;
/** An id, or key, that is longer is none of an SMSC's that keeps to the specification; it is known by its digest. */
const LONGEST_KEY = 128;
/** Messages with ids like its own that came later; of an SMSC that gives one id to all there are many. */
const MOST_LATER = 100;

export const keysOf = (ids: readonly string[]): string[] => [
  ...new Set(ids.flatMap((id) => commonKeys(id)).map(bounded)),
];

function bounded(key: string): string {
  return key.length <= LONGEST_KEY ? key : `digest ${createHash('sha256').update(key).digest('base64')}`;
}

/** A string of its own: what was cut out of a longer one keeps all of that alive. */
const detached = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le');

/** A copy that keeps nothing else alive. */
function detachedReceipt({ ids, source, destination, final }: MatchedReceipt): MatchedReceipt {
  return {
    ids: ids.map(detached),
    source: detached(source),
    destination: detached(destination),
    final,
  };
}

/** Receipts that are held, by what may tell more of them; bounded in number and in octets. */
export class HeldReceipts<T> {
  readonly #bounds: HeldBounds;
  /** Insertion order is the order in which they become due. */
  readonly #all = new Set<Held<T>>();
  readonly #byKey = new Map<string, Set<Held<T>>>();
  readonly #byAwaited = new Map<string, Set<Held<T>>>();
  #octets = 0;

  constructor(bounds: HeldBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#all.size;
  }

  get octets(): number {
    return this.#octets;
  }

  [Symbol.iterator](): Iterator<Held<T>> {
    return this.#all.values();
  }

  /** `octets`: what is kept beside the receipt's own fields. */
  make(receipt: MatchedReceipt, given: Pick<Held<T>, 'octets' | 'dueAt' | 'since'> & SentBefore): Held<T> {
    const { octets, awaited, overdue } = given;
    const sentBefore = [...awaited, ...overdue];
    const own = detachedReceipt(receipt);
    const keys = keysOf(own.ids).map(detached);
    const texts = [...own.ids, own.source, own.destination, ...keys, ...sentBefore];
    let resolve: Held<T>['resolve'] = () => undefined;
    const match = new Promise<T | undefined>((fulfil) => (resolve = fulfil));
    return {
      ...given,
      receipt: own,
      keys,
      octets: OVERHEAD + octets + texts.reduce((sum, { length }) => sum + 2 * length, 0),
      sentBefore,
      later: new Set(),
      waited: false,
      looked: false,
      settled: false,
      due: false,
      resolve,
      match,
      told: match,
    };
  }

  /** Whether there are more than there should be. */
  isOver(): boolean {
    return this.#all.size > this.#bounds.count || this.#octets > this.#bounds.octets;
  }

  oldest(): Held<T> | undefined {
    return this.#all.values().next().value;
  }

  add(held: Held<T>): void {
    this.#all.add(held);
    this.#octets += held.octets;
    for (const key of held.keys) put(this.#byKey, key, held);
    for (const id of held.sentBefore) put(this.#byAwaited, id, held);
  }

  remove(held: Held<T>): void {
    if (!this.#all.delete(held)) return;
    this.#octets -= held.octets;
    for (const key of held.keys) take(this.#byKey, key, held);
    for (const id of held.sentBefore) take(this.#byAwaited, id, held);
  }

  /** Those that may be for a message with this id. */
  alike(messageId: string): Set<Held<T>> {
    return new Set(keysOf([messageId]).flatMap((key) => [...(this.#byKey.get(key) ?? [])]));
  }

  isAwaited(id: string): boolean {
    return this.#byAwaited.has(id);
  }

  /**
   * A message has all its responses, or gets none, unless late. Returns those that waited for nothing but that, and are
   * to be looked at again.
   */
  landed(id: string, isOverdue: boolean): Held<T>[] {
    const waiting = [...(this.#byAwaited.get(id) ?? [])];
    if (!isOverdue) this.#byAwaited.delete(id);
    return waiting.filter(({ awaited, overdue }) => {
      const wasAwaited = awaited.delete(id);
      const isNoLonger = !isOverdue && overdue.delete(id);
      if (isOverdue) overdue.add(id);
      return (wasAwaited || isNoLonger) && awaited.size === 0;
    });
  }

  /** That a message has an id like its own does not mean that it is the one: it may be younger. */
  noteLater(held: Held<T>, id: string): void {
    if (held.later.size < MOST_LATER && !held.sentBefore.includes(id)) held.later.add(id);
  }
}

function put<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const values = map.get(key);
  if (values) values.add(value);
  else map.set(key, new Set([value]));
}

function take<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const values = map.get(key);
  values?.delete(value);
  if (values?.size === 0) map.delete(key);
}
