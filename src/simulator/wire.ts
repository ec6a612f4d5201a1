import { HEADER_LENGTH, commandName } from '../protocol';
import type { Transport, TransportHandlers } from '../session';
import type { Agenda } from './agenda';
import type { Act, Faults, Subject, Treatment } from './rules';

interface WireParts {
  readonly transport: Transport;
  readonly faults: Faults;
  readonly agenda: Agenda;
  /** Does to the link what a rule says. */
  perform(act: Act): void;
}

const SUBJECT_OF: Readonly<Record<string, Subject>> = {
  submit_sm_resp: 'submit',
  data_sm_resp: 'submit',
  submit_multi_resp: 'submit',
  broadcast_sm_resp: 'submit',
  bind_transmitter_resp: 'bind',
  bind_receiver_resp: 'bind',
  bind_transceiver_resp: 'bind',
  unbind_resp: 'unbind',
  enquire_link_resp: 'enquire_link',
  deliver_sm: 'deliver',
  data_sm: 'deliver',
};

/** A piece of a PDU, and how long after the one before it goes. */
interface Piece {
  readonly octets: Buffer;
  readonly ms: number;
}

/** A transport that does to what is written what the rules say: says it twice, in pieces, half, or not at all. */
export class Wire implements Transport {
  readonly #parts: WireParts;
  readonly #counts = new Map<Subject | undefined, number>();
  #pieces: Piece[] = [];
  #waiting = false;
  #muted = false;

  constructor(parts: WireParts) {
    this.#parts = parts;
  }

  get peer(): string {
    return this.#parts.transport.peer;
  }

  get backlog(): number {
    return this.#parts.transport.backlog + this.#pieces.reduce((sum, { octets }) => sum + octets.length, 0);
  }

  start(handlers: TransportHandlers): void {
    this.#parts.transport.start(handlers);
  }

  pause(): void {
    this.#parts.transport.pause();
  }

  resume(): void {
    this.#parts.transport.resume();
  }

  /** From now on nothing leaves any more. */
  mute(): void {
    this.#muted = true;
    this.#pieces = [];
  }

  /** Always one or more whole PDUs. */
  write(octets: Buffer): boolean {
    if (this.#muted) return true;
    if (!this.#parts.faults.treatsWriting) return this.#parts.transport.write(octets);
    let more = true;
    for (let at = 0; at < octets.length; at += octets.readUInt32BE(at)) {
      more = this.#say(octets.subarray(at, at + octets.readUInt32BE(at)));
    }
    return more;
  }

  end(graceMs: number): void {
    for (const { octets } of this.#pieces.splice(0)) this.#parts.transport.write(octets);
    this.#parts.transport.end(graceMs);
  }

  destroy(): void {
    this.#pieces = [];
    this.#parts.transport.destroy();
  }

  #say(pdu: Buffer): boolean {
    const subject = SUBJECT_OF[commandName(pdu.readUInt32BE(4)) ?? ''];
    const ofLink = (this.#counts.get(subject) ?? 0) + 1;
    this.#counts.set(subject, ofLink);
    const treatment = this.#parts.faults.onWrite({ subject, command_status: pdu.readUInt32BE(8), ofLink });
    if (!treatment) return this.#put(pdu);
    if (treatment.delay === undefined || treatment.delay === 0) return this.#treat(pdu, treatment);
    this.#parts.agenda.in(treatment.delay, () => this.#muted || this.#treat(pdu, treatment));
    return true;
  }

  #treat(pdu: Buffer, treatment: Treatment): boolean {
    const { before, sequence_number, bare, half, copies = 0, silent, pieces, act } = treatment;
    const own = pdu.readUInt32BE(12);
    let said = bare ? bareOf(pdu) : pdu;
    if (before) this.#put(numbered(said, before(own)), pieces);
    if (sequence_number) said = numbered(said, sequence_number(own));
    if (half) said = said.subarray(0, Math.ceil(said.length / 2));
    let more = true;
    for (let n = 0; n <= copies && !silent; n++) more = this.#put(said, pieces);
    if (!act) return more;
    // At once, but not from within the write of a session: what that has still to say must not come behind a half.
    this.#muted = true;
    this.#parts.agenda.in(0, () => this.#parts.perform(act));
    return more;
  }

  #put(octets: Buffer, pieces?: Treatment['pieces']): boolean {
    if (!pieces && this.#pieces.length === 0) return this.#parts.transport.write(octets);
    const { octets: size, ms } = pieces ?? { octets: octets.length, ms: 0 };
    for (let at = 0; at < octets.length; at += size) {
      this.#pieces.push({ octets: octets.subarray(at, at + size), ms });
    }
    if (!this.#waiting) this.#next();
    return true;
  }

  /** In order: what is whole waits for the pieces before it. */
  #next(): void {
    this.#waiting = false;
    const piece = this.#pieces.shift();
    if (!piece) return;
    this.#parts.transport.write(piece.octets);
    if (this.#pieces.length === 0) return;
    this.#waiting = true;
    this.#parts.agenda.in(piece.ms, () => this.#next());
  }
}

function bareOf(pdu: Buffer): Buffer {
  const header = Buffer.from(pdu.subarray(0, HEADER_LENGTH));
  header.writeUInt32BE(HEADER_LENGTH, 0);
  return header;
}

function numbered(pdu: Buffer, sequenceNumber: number): Buffer {
  const copy = Buffer.from(pdu);
  copy.writeUInt32BE(sequenceNumber, 12);
  return copy;
}
