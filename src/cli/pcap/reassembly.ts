import type { Segment } from './types';

/** Where octets were captured. */
export interface Mark {
  readonly number: number;
  readonly time: number | undefined;
}

/** Octets in the order in which they were sent, or how many of them were not captured. */
export type Piece = { readonly octets: Buffer; readonly mark: Mark } | { readonly gap: number };

/** Segments behind a gap that are kept; a retransmission comes within fewer. */
const MOST_SEGMENTS = 256;
const MOST_OCTETS = 1024 * 1024;
/** Segments that may come after the acknowledgement of octets until these are taken for lost to the capture. */
const PATIENCE = 20;

interface Kept {
  readonly at: number;
  readonly octets: Buffer;
  /** Octets behind these that were sent, but not captured. */
  readonly lost: number;
  readonly mark: Mark;
}

/** One direction of a TCP connection: its octets in order, each once. Keeps at most {@link MOST_OCTETS}. */
export class Reassembly {
  /** The sequence number of the octet that comes next. */
  #next: number | undefined;
  #pending: Kept[] = [];
  #octets = 0;
  #acknowledged: number | undefined;
  #waited = 0;
  /** Whether the beginning was captured. */
  fromStart = false;

  /** What can be read with this segment. */
  add(segment: Segment): Piece[] {
    const { sequence, syn, payload, length, number, time } = segment;
    if (syn && !this.fromStart) {
      this.#next = (sequence + 1) >>> 0;
      this.fromStart = true;
    }
    if (length === 0) return this.#impatient();
    this.#next ??= sequence;
    const at = syn ? (sequence + 1) >>> 0 : sequence;
    this.#keep({
      at,
      octets: payload.subarray(0, length),
      lost: length - Math.min(payload.length, length),
      mark: { number, time },
    });
    return [...this.#ready(), ...this.#impatient()];
  }

  /** The other end has acknowledged all octets before this one. */
  acknowledge(acknowledged: number): Piece[] {
    this.#acknowledged = acknowledged;
    return this.#impatient();
  }

  /** All that is left, with what is missing between. */
  end(): Piece[] {
    const pieces: Piece[] = [];
    while (this.#pending.length > 0) pieces.push(...this.#jump());
    return pieces;
  }

  #keep(entry: Kept): void {
    const index = this.#pending.findIndex(({ at }) => after(at, entry.at) > 0);
    this.#pending.splice(index < 0 ? this.#pending.length : index, 0, entry);
    this.#octets += entry.octets.length;
  }

  /** What follows without a gap; what came before already is left out. */
  #ready(): Piece[] {
    const pieces: Piece[] = [];
    for (let first = this.#pending[0]; first; first = this.#pending[0]) {
      const early = after(this.#next ?? first.at, first.at);
      if (early < 0) break;
      this.#pending.shift();
      this.#octets -= first.octets.length;
      const whole = first.octets.length + first.lost;
      if (early >= whole) continue;
      const octets = first.octets.subarray(early);
      if (octets.length > 0) pieces.push({ octets, mark: first.mark });
      if (first.lost > 0) pieces.push({ gap: Math.min(first.lost, whole - early) });
      this.#next = (first.at + whole) >>> 0;
    }
    if (this.#pending.length === 0) this.#waited = 0;
    return pieces;
  }

  /** Gives a gap up that nothing will fill any more. */
  #impatient(): Piece[] {
    const [first] = this.#pending;
    if (!first) return [];
    const isLost = this.#acknowledged !== undefined && after(this.#acknowledged, first.at) >= 0;
    if (isLost) this.#waited++;
    const tooMuch = this.#pending.length > MOST_SEGMENTS || this.#octets > MOST_OCTETS;
    return tooMuch || this.#waited > PATIENCE ? this.#jump() : [];
  }

  #jump(): Piece[] {
    const [first] = this.#pending;
    if (!first) return [];
    const gap = after(first.at, this.#next ?? first.at);
    this.#next = first.at;
    this.#waited = 0;
    return [...(gap > 0 ? [{ gap }] : []), ...this.#ready()];
  }
}

/** How far a sequence number is behind another, modulo 2³²: negative where it is before. */
function after(one: number, other: number): number {
  return (one - other) | 0;
}
