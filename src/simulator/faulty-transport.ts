import { HEADER_LENGTH, commandName } from '../protocol';
import type { Transport, TransportHandlers } from '../session';
import type { Faults, LinkEffect, Subject, WriteEffect } from './rules';
import type { Scheduler } from './scheduler';

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

/** A transport that does to what is written what the rules say: writes it twice, in pieces, half, or not at all. */
export class FaultyTransport implements Transport {
  readonly #transport: Transport;
  readonly #faults: Faults;
  readonly #scheduler: Scheduler;
  readonly #perform: (act: LinkEffect) => void;
  readonly #counts = new Map<Subject | undefined, number>();
  #pieces: Piece[] = [];
  #waiting = false;
  #muted = false;

  /** `perform` does to the link what a rule says. */
  constructor(
    transport: Transport,
    faults: Faults,
    scheduler: Scheduler,
    perform: (act: LinkEffect) => void,
  ) {
    this.#transport = transport;
    this.#faults = faults;
    this.#scheduler = scheduler;
    this.#perform = perform;
  }

  get peer(): string {
    return this.#transport.peer;
  }

  get backlog(): number {
    return this.#transport.backlog + this.#pieces.reduce((sum, { octets }) => sum + octets.length, 0);
  }

  start(handlers: TransportHandlers): void {
    this.#transport.start(handlers);
  }

  pause(): void {
    this.#transport.pause();
  }

  resume(): void {
    this.#transport.resume();
  }

  /** From now on nothing is written any more. */
  mute(): void {
    this.#muted = true;
    this.#pieces = [];
  }

  /** Always one or more whole PDUs. */
  write(octets: Buffer): boolean {
    if (this.#muted) return true;
    if (!this.#faults.seesWrites) return this.#transport.write(octets);
    let more = true;
    for (let at = 0; at < octets.length && !this.#muted; at += octets.readUInt32BE(at)) {
      more = this.#writeOne(octets.subarray(at, at + octets.readUInt32BE(at)));
    }
    return more;
  }

  end(graceMs: number): void {
    for (const { octets } of this.#pieces.splice(0)) this.#transport.write(octets);
    this.#transport.end(graceMs);
  }

  destroy(): void {
    this.#pieces = [];
    this.#transport.destroy();
  }

  #writeOne(pdu: Buffer): boolean {
    const subject = SUBJECT_OF[commandName(pdu.readUInt32BE(4)) ?? ''];
    const ofLink = (this.#counts.get(subject) ?? 0) + 1;
    this.#counts.set(subject, ofLink);
    const effect = this.#faults.onWrite({ subject, command_status: pdu.readUInt32BE(8), ofLink });
    if (!effect) return this.#put(pdu);
    if (effect.delay === undefined || effect.delay === 0) return this.#apply(pdu, effect);
    this.#scheduler.in(effect.delay, () => this.#muted || this.#apply(pdu, effect));
    return true;
  }

  #apply(pdu: Buffer, effect: WriteEffect): boolean {
    const { before, sequence_number, bare, half, copies = 0, silent, pieces, act } = effect;
    const own = pdu.readUInt32BE(12);
    let octets = bare ? patched(pdu.subarray(0, HEADER_LENGTH), 0, HEADER_LENGTH) : pdu;
    if (before) this.#put(patched(octets, 12, before(own)), pieces);
    if (sequence_number) octets = patched(octets, 12, sequence_number(own));
    if (half) octets = octets.subarray(0, Math.ceil(octets.length / 2));
    let more = true;
    for (let n = 0; n <= copies && !silent; n++) more = this.#put(octets, pieces);
    if (!act) return more;
    // At once, but not from within the write of a session: what that has still to say must not come behind a half.
    this.#muted = true;
    this.#scheduler.in(0, () => this.#perform(act));
    return more;
  }

  #put(octets: Buffer, pieces?: WriteEffect['pieces']): boolean {
    if (!pieces && this.#pieces.length === 0) return this.#transport.write(octets);
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
    this.#transport.write(piece.octets);
    if (this.#pieces.length === 0) return;
    this.#waiting = true;
    this.#scheduler.in(piece.ms, () => this.#next());
  }
}

/** A copy with another number at an offset. */
function patched(pdu: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(pdu);
  copy.writeUInt32BE(value, at);
  return copy;
}
