import type { KeyValueState } from '../../../store';
import { exportParts, importParts, partFingerprint, type MessagePart, type PlainPart } from '../../../text';
import { isCount, storedFields } from '../../config/stored';

/**
 * One of the messages with the same key, which follow one another: a part that differs from the one that is there
 * belongs to the next.
 */
export interface Place {
  readonly key: string;
  readonly generation: number;
  readonly total: number;
}

/** A part as it is kept. */
export interface KeptPart {
  readonly part: MessagePart;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** The last generation of a key that takes no more parts. */
export interface Closed {
  readonly generation: number;
  /** `closing`: its parts are about to be read for the last time; `closed`: they were; `told`. */
  readonly stage: 'closing' | 'closed' | 'told';
  /** Epoch milliseconds. */
  readonly at: number;
  /** By the number of the part from 0; null: it was not there. Empty: it is not known, or none is a duplicate. */
  readonly fingerprints: readonly (number | null)[];
}

/** Messages that wait for parts, without these: listed now and then. */
export const WAITING = 'joining:';

const COUNT = 2 ** 31;

export const nameOf = ({ key, generation }: Place): string => `${key}/${generation}`;
const partName = (place: Place, part: number): string => `joining-part:${nameOf(place)}/${part}`;
const takenName = (place: Place, part: number): string => `joining-taken:${nameOf(place)}/${part}`;
const claimName = (place: Place, round: number): string => `joining-claim:${nameOf(place)}/${round}`;
const closedName = (key: string): string => `joining-closed:${key}`;
const waitingName = (place: Place): string => WAITING + nameOf(place);

/**
 * The facts by which instances that share a store join messages together: one fact for each part, so that none
 * overwrites what another writes; counters decide where only one may do something.
 */
export class SharedParts {
  readonly #state: KeyValueState;
  /** Milliseconds for which they are kept after their last use. */
  readonly #ttl: number;

  constructor(state: KeyValueState, ttl: number) {
    this.#state = state;
    this.#ttl = ttl;
  }

  async read(place: Place, part: number): Promise<KeptPart | undefined> {
    const stored = await this.#state.get(partName(place, part));
    return stored && keptOf(stored);
  }

  async readAll(place: Place): Promise<KeptPart[]> {
    const found = await Promise.all(numbers(place.total).map((part) => this.read(place, part)));
    return found.filter((kept) => kept !== undefined);
  }

  /** Whether it waits, and nobody has told it. */
  async isWaiting(place: Place): Promise<boolean> {
    return (await this.#state.get(waitingName(place))) !== undefined;
  }

  /** Whether nobody else was about to put this part; of those who ask, one at most hears so. */
  async take(place: Place, part: number): Promise<boolean> {
    return (await this.#state.increment(takenName(place, part), COUNT, 0, this.#ttl)) === 0;
  }

  /** Safe when it resolves. */
  async put(place: Place, { part, at }: KeptPart): Promise<void> {
    const [plain] = exportParts([part]);
    const waiting = { ...place, at };
    await Promise.all([
      this.#state.set(waitingName(place), json(waiting), this.#ttl),
      this.#state.set(partName(place, part.part), json({ at, plain }), this.#ttl),
    ]);
  }

  /** Takes a part back that came too late for its generation. */
  withdraw(place: Place, part: number): Promise<void> {
    return this.#state.delete([partName(place, part), takenName(place, part)]);
  }

  /** Whether this instance alone is to tell of it; a round is what follows where the one before died. */
  async claim(place: Place, round: number): Promise<boolean> {
    return (await this.#state.increment(claimName(place, round), COUNT, 0, this.#ttl)) === 0;
  }

  async closed(key: string): Promise<Closed | undefined> {
    const stored = await this.#state.get(closedName(key));
    return stored && closedOf(stored);
  }

  /** Unless a later one is closed by now. */
  async close(key: string, closed: Closed): Promise<void> {
    const last = await this.closed(key);
    if (last && last.generation > closed.generation) return;
    await this.#state.set(closedName(key), json(closed), 2 * this.#ttl);
  }

  async forget(place: Place, rounds: number): Promise<void> {
    const all = numbers(place.total);
    await this.#state.delete([
      ...all.flatMap((part) => [partName(place, part), takenName(place, part)]),
      ...Array.from({ length: rounds }, (_, round) => claimName(place, round)),
    ]);
    // The last: while there is something to forget, it is found.
    await this.#state.delete([waitingName(place)]);
  }

  /** All that wait, and when their last part came. */
  async waiting(): Promise<{ place: Place; at: number }[]> {
    const found = await this.#state.list(WAITING);
    return found.map(([, value]) => waitingOf(value)).filter((one) => one !== undefined);
  }

  /** Whether this instance is to look for what others have left, in this round of all; one of them is. */
  async isToLook(round: number, ttl: number): Promise<boolean> {
    return (await this.#state.increment(`joining-look:${round}`, COUNT, 0, ttl)) === 0;
  }
}

const numbers = (total: number): number[] => Array.from({ length: total }, (_, at) => at + 1);

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

function keptOf(stored: Buffer): KeptPart | undefined {
  const { at, plain } = storedFields(stored) as { at?: unknown; plain?: PlainPart };
  try {
    const [part] = importParts([plain]);
    return part && { part, at: Number(at) || 0 };
  } catch {
    return undefined;
  }
}

function closedOf(stored: Buffer): Closed | undefined {
  const { generation, stage, at, fingerprints } = storedFields(stored) as Partial<Closed>;
  if (!isCount(generation)) return undefined;
  const all = Array.isArray(fingerprints) ? (fingerprints as (number | null)[]) : [];
  return { generation, stage: stage ?? 'told', at: Number(at) || 0, fingerprints: all };
}

function waitingOf(stored: Buffer): { place: Place; at: number } | undefined {
  const { key, generation, total, at } = storedFields(stored) as Partial<Place> & { at?: unknown };
  if (typeof key !== 'string' || !isCount(generation) || !isCount(total) || total > 255) return undefined;
  return { place: { key, generation, total }, at: Number(at) || 0 };
}

/** Beside the octets of a part, what its facts take. */
const OVERHEAD = 500;

/** What a part takes in the store, roughly. */
export const octetsOf = ({ octets, header, context }: MessagePart): number =>
  OVERHEAD + octets.length + (header?.length ?? 0) + (typeof context === 'string' ? context.length : 0);

/** By the number of the part from 0, see {@link Closed}. */
export function fingerprintsOf(parts: readonly MessagePart[], total: number): (number | null)[] {
  const all: (number | null)[] = Array.from({ length: total }, () => null);
  for (const part of parts) all[part.part - 1] = partFingerprint(part);
  return all;
}

/** Parts that are read together, to see whether one is missing. */
const READ_AT_ONCE = 32;

/** The numbers of all parts, those that are read together: the last first, for mostly it comes last. */
export function readingOrder({ total }: Place, own: number): number[][] {
  const [last, ...others] = numbers(total)
    .filter((number) => number !== own)
    .reverse();
  const order = [last === undefined ? [own] : [last, own]];
  for (let at = 0; at < others.length; at += READ_AT_ONCE) order.push(others.slice(at, at + READ_AT_ONCE));
  return order;
}
