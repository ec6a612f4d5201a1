import { COMMANDS, DEFAULT_MAX_PDU_LENGTH, HEADER_LENGTH, decodeHeader, isResponse } from '../../protocol';
import type { Mark, Piece } from './reassembly';

const IDS: ReadonlySet<number> = new Set(Object.values(COMMANDS).map(({ id }) => id));

/** Octets without a header of SMPP after which a direction is taken for something else. */
const LONGEST_SEARCH = 65_536;

/** Whether a PDU may begin at `at`: a possible length, a known command, and no status in a request. */
export function isPlausible(octets: Buffer, at = 0): boolean {
  if (at + HEADER_LENGTH > octets.length) return false;
  const { command_length, command_id, command_status } = decodeHeader(
    octets.subarray(at, at + HEADER_LENGTH),
  );
  if (command_length < HEADER_LENGTH || command_length > DEFAULT_MAX_PDU_LENGTH || !IDS.has(command_id))
    return false;
  return isResponse(command_id) || command_status === 0;
}

/** A record of TLS (RFC 8446 section 5.1). */
export function isTls(octets: Buffer): boolean {
  const [type = 0, major, minor = 0xff] = octets;
  return type >= 0x14 && type <= 0x17 && major === 3 && minor <= 4;
}

/** What comes of one direction. `lost`: octets that are no whole PDU, because some were not captured or are wrong. */
export type Found =
  | { readonly octets: Buffer; readonly mark: Mark }
  | { readonly lost: number; readonly why: string; readonly mark: Mark | undefined };

/**
 * `unsure`: nothing is known yet; `smpp`: in step; `searching`: for the next header; `tls` and `other`: nothing is read
 * any more.
 */
export type StreamKind = 'unsure' | 'smpp' | 'searching' | 'tls' | 'other';

/** Cuts one direction of a connection into PDUs, and finds the way back where octets are missing or wrong. */
export class PduStream {
  kind: StreamKind = 'unsure';
  /** Of what is not SMPP, how it begins; as text where it is text. */
  preview = '';
  #held: Buffer = EMPTY;
  #searched = 0;
  #wasSmpp = false;
  #mark: Mark | undefined;
  readonly #isSmpp: boolean;

  /** `isSmpp`: it is known to be SMPP; else the octets must look like it. */
  constructor(isSmpp: boolean) {
    this.#isSmpp = isSmpp;
  }

  /** `fromStart`: whether the first octets of the connection were captured. */
  take(piece: Piece, fromStart: boolean): Found[] {
    if (this.kind === 'tls' || this.kind === 'other') return [];
    if ('gap' in piece) return this.#gap(piece.gap);
    this.#mark = piece.mark;
    this.#held = this.#held.length === 0 ? piece.octets : Buffer.concat([this.#held, piece.octets]);
    if (this.kind === 'unsure') this.#recognise(fromStart);
    return [
      ...(this.kind === 'searching' ? this.#search() : []),
      ...(this.kind === 'smpp' ? this.#cut() : []),
    ];
  }

  /** A PDU that has begun and does not end; octets in which none begins. */
  end(): Found[] {
    const length = this.#held.length + this.#searched;
    const { kind } = this;
    this.kind = 'other';
    this.#held = EMPTY;
    if (length === 0) return [];
    if (kind === 'smpp') return [this.#lost(length, 'the capture ends within a PDU')];
    const isSmpp = this.#isSmpp || this.#wasSmpp;
    return kind === 'searching' && isSmpp ? [this.#lost(length, 'no PDU begins in them')] : [];
  }

  #recognise(fromStart: boolean): void {
    if (isTls(this.#held)) this.kind = 'tls';
    else if (this.#held.length < HEADER_LENGTH) return;
    else if (isPlausible(this.#held)) this.kind = 'smpp';
    else this.kind = fromStart && !this.#isSmpp ? 'other' : 'searching';
    this.#wasSmpp = this.kind === 'smpp';
    if (this.kind !== 'tls' && this.kind !== 'other') return;
    this.preview = JSON.stringify(this.#held.toString('latin1', 0, 40).replace(/[^ -~].*$/s, ''));
    this.#held = EMPTY;
  }

  #gap(size: number): Found[] {
    const found =
      this.kind === 'smpp' ? [this.#lost(this.#held.length, `${size} octets were not captured`)] : [];
    if (this.kind !== 'unsure' || this.#held.length > 0) this.kind = 'searching';
    this.#held = EMPTY;
    return found;
  }

  #search(): Found[] {
    const held = this.#held;
    const last = held.length - HEADER_LENGTH;
    for (let at = 0; at <= last; at++) {
      if (!isPlausible(held, at)) continue;
      const passed = this.#searched + at;
      this.kind = 'smpp';
      this.#wasSmpp = true;
      this.#held = held.subarray(at);
      this.#searched = 0;
      return passed > 0 ? [this.#lost(passed, 'the beginning of a PDU is missing')] : [];
    }
    const passed = Math.max(0, last + 1);
    this.#held = held.subarray(passed);
    this.#searched += passed;
    if (this.#searched > LONGEST_SEARCH && !this.#isSmpp && !this.#wasSmpp) {
      this.kind = 'other';
      this.#held = EMPTY;
    }
    return [];
  }

  #cut(): Found[] {
    const found: Found[] = [];
    let at = 0;
    const held = this.#held;
    while (held.length - at >= 4) {
      const length = held.readUInt32BE(at);
      if (length < HEADER_LENGTH || length > DEFAULT_MAX_PDU_LENGTH) {
        this.kind = 'searching';
        found.push(this.#lost(0, `a command_length of ${length} cannot be: the octets are out of step`));
        this.#held = held.subarray(at + 1);
        this.#searched = 1;
        return [...found, ...this.#search(), ...this.#cutAgain()];
      }
      if (held.length - at < length) break;
      found.push({ octets: held.subarray(at, at + length), mark: this.#mark ?? NOWHERE });
      at += length;
    }
    // A copy, so that a packet is not kept for a few octets of it.
    this.#held = Buffer.from(held.subarray(at));
    return found;
  }

  #cutAgain(): Found[] {
    return this.kind === 'smpp' ? this.#cut() : [];
  }

  #lost(octets: number, why: string): Found {
    return { lost: octets, why, mark: this.#mark };
  }
}

const EMPTY = Buffer.alloc(0);
const NOWHERE: Mark = { number: 0, time: undefined };
