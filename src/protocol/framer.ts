import { PduError } from './errors';
import { HEADER_LENGTH } from './header';
import { refusal } from './refusal';
import { hex32 } from './statuses';

/** Room for a message_payload of 64 KiB, twice. */
export const DEFAULT_MAX_PDU_LENGTH = 131072;

/** Octets of command_length, which is all that framing needs to see. */
const PREFIX_LENGTH = 4;

/** What a {@link PduFramer} takes. */
export interface PduFramerOptions {
  /** The longest PDU that is taken, in octets; default 131072. */
  maxPduLength?: number | undefined;
}

/** Takes each PDU where it lies in `octets`, from `start` to `end`; false: the rest of the chunk is not wanted. */
export type PduSink = (octets: Buffer, start: number, end: number) => boolean;

/**
 * Cuts a stream of octets into PDUs.
 *
 * A PDU that lies wholly within one chunk is a view of it, not a copy: copy
 * what you keep. One that is spread over chunks is collected in a buffer of its
 * own length, so that every octet is copied once, however slowly it comes.
 *
 * ```
 * chunk  ▕▏▏▏▏ ▕▏▏▏▏▏▏▏▏▏▏ ▕▏▏▏▏▏▏ ▕▏▏
 *         end of  whole PDU  whole   begin of the next:
 *         #partial  (view)   (view)  #prefix or #partial
 * ```
 */
export class PduFramer {
  readonly #maxPduLength: number;
  readonly #prefix = Buffer.alloc(PREFIX_LENGTH);
  #prefixLength = 0;
  #partial: Buffer | undefined;
  #filled = 0;
  #failure: PduError | undefined;

  constructor({ maxPduLength = DEFAULT_MAX_PDU_LENGTH }: PduFramerOptions = {}) {
    this.#maxPduLength = maxPduLength;
  }

  /** Octets of a PDU that has begun and not ended. */
  get pending(): number {
    return this.#partial ? this.#filled : this.#prefixLength;
  }

  /**
   * The PDUs that are complete with this chunk. All of it is taken at once,
   * whether or not the result is read.
   *
   * @throws {PduError} `PDU_LENGTH` without `header` for an impossible
   *   command_length; while reading the result, if PDUs came before it. From
   *   then on every call throws: the framing is lost, the connection must close.
   */
  push(chunk: Buffer): Iterable<Buffer> {
    const pdus: Buffer[] = [];
    try {
      this.cut(chunk, (octets, start, end) => pdus.push(octets.subarray(start, end)) > 0);
    } catch (error) {
      if (!(error instanceof PduError) || pdus.length === 0) throw error;
      return thenThrow(pdus, error);
    }
    return pdus;
  }

  /**
   * Gives each PDU that is complete with this chunk to `sink`, in order. Must not be called from within it. When that
   * wants no more the rest of the chunk is lost: nothing may be cut any more.
   *
   * @throws {PduError} as {@link push} does, after the PDUs that came before; and what `sink` throws.
   */
  cut(chunk: Buffer, sink: PduSink): void {
    if (this.#failure) throw this.#failure;
    let offset = 0;
    while (offset < chunk.length) {
      const available = chunk.length - offset;
      if (this.#partial) {
        const copied = chunk.copy(this.#partial, this.#filled, offset);
        this.#filled += copied;
        offset += copied;
        if (this.#filled < this.#partial.length) continue;
        const whole = this.#partial;
        this.#partial = undefined;
        if (!sink(whole, 0, whole.length)) return;
      } else if (this.#prefixLength > 0 || available < PREFIX_LENGTH) {
        offset = this.#begin(chunk, offset);
      } else {
        const length = this.#checked(chunk.readUInt32BE(offset));
        if (available < length) this.#open(length);
        else if (!sink(chunk, offset, (offset += length))) return;
      }
    }
  }

  /** Collects the four octets of a command_length that chunks have torn apart. */
  #begin(chunk: Buffer, offset: number): number {
    const end = Math.min(offset + PREFIX_LENGTH - this.#prefixLength, chunk.length);
    this.#prefixLength += chunk.copy(this.#prefix, this.#prefixLength, offset, end);
    if (this.#prefixLength === PREFIX_LENGTH) {
      const partial = this.#open(this.#checked(this.#prefix.readUInt32BE(0)));
      this.#filled = this.#prefix.copy(partial);
      this.#prefixLength = 0;
    }
    return end;
  }

  #open(length: number): Buffer {
    this.#filled = 0;
    return (this.#partial = Buffer.allocUnsafe(length));
  }

  #checked(length: number): number {
    if (length >= HEADER_LENGTH && length <= this.#maxPduLength) return length;
    const what = `the command_length ${hex32(length)} (${length}${asText(length)}) is not from ${HEADER_LENGTH} to ${this.#maxPduLength}`;
    const why = isTls(length)
      ? 'the peer speaks TLS here'
      : 'the peer does not speak SMPP here, or its octets are out of step';
    throw (this.#failure = refusal('PDU_LENGTH', `${what}: ${why}`, 'ESME_RINVCMDLEN'));
  }
}

/** `, "HTTP"`: what speaks on the wrong port shows itself in the four octets. */
function asText(length: number): string {
  const text = Buffer.alloc(PREFIX_LENGTH);
  text.writeUInt32BE(length);
  return text.every((octet) => octet >= 0x20 && octet < 0x7f) ? `, "${text.toString('latin1')}"` : '';
}

/** An alert or a handshake (RFC 8446 section 5.1): what a port for TLS answers to a bind in plain text. */
function isTls(length: number): boolean {
  return [0x1503, 0x1603].includes(length >>> 16);
}

function* thenThrow(pdus: readonly Buffer[], error: PduError): Generator<Buffer> {
  yield* pdus;
  throw error;
}
