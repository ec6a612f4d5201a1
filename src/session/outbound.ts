import {
  HEADER_LENGTH,
  SmppError,
  commandId,
  commandName,
  encodeBody,
  encodePdu,
  isCommandName,
  stripTlvs,
  writeHeader,
  type Pdu,
  type PduInput,
} from '../protocol';
import type { SessionCore } from './core';
import type { OutboundRequest } from './options';
import type { RequestHandler } from './response-view';
import { SequenceCounter, type SequenceGenerator } from './sequence';
import { isBound } from './states';
import type { Window } from './window';

/** Octets not yet taken by the operating system from which on no requests are sent, so that responses never wait long. */
const BACKLOG_LIMIT = 64 * 1024;
/**
 * Octets from which on nothing is read from a peer that does not take its answers: they would pile up. Far more than
 * requests leave there, and than a peer that cannot read while it writes would ever cause.
 */
const ANSWERS_LIMIT = 1024 * 1024;

/** Octets: a few hundred answers. */
const SLAB = 4000;

/** What goes to the peer: requests with their numbers, and the octets of everything. */
export class Outbound {
  readonly #core: SessionCore;
  readonly #sequence: SequenceGenerator;
  #last = 0;
  /** Of the requests that were submitted last. */
  readonly #numbers: number[] = [];
  /** When they become due; monotonic milliseconds. */
  #dueAt = 0;
  #stalledSince: number | undefined;
  /** Where answers are put together: those from `start` to `end` are not written yet, what lies before them is. */
  #slab = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  #collecting = false;

  constructor(core: SessionCore) {
    this.#core = core;
    this.#sequence = core.options.sequence ?? new SequenceCounter();
    core.onLast(() => this.#writeAnswers());
  }

  /** The sequence number that was given last. */
  get lastNumber(): number {
    return this.#last;
  }

  /** Since when the peer has not taken what was written; monotonic milliseconds. */
  get stalledSince(): number | undefined {
    return this.#stalledSince;
  }

  /** Whether the peer takes what is written. */
  get isWritable(): boolean {
    return this.#core.options.transport.backlog <= BACKLOG_LIMIT;
  }

  /**
   * Sends requests in one write; there are as many slots free. Returns the sequence numbers, in an array that the next
   * call uses again. Throws where the sequence generator does; then nothing was sent.
   */
  submit(requests: readonly OutboundRequest[]): readonly number[] {
    const now = this.#core.options.clock.monotonic();
    const length = this.#reserve(requests, now);
    const octets = Buffer.allocUnsafe(length);
    const traced = this.#core.isTraced;
    const { meter } = this.#core.options;
    let offset = 0;
    for (let at = 0; at < requests.length; at++) {
      const { commandId, body } = requests[at] as OutboundRequest;
      const sent = this.#core.tlvsAllowed ? body : stripTlvs(commandId, body);
      const start = offset;
      offset += HEADER_LENGTH + sent.length;
      writeHeader(octets, start, offset - start, commandId, 0, this.#numbers[at] as number);
      octets.set(sent, start + HEADER_LENGTH);
      meter?.goes(commandId, 0);
      if (traced) this.#core.passes('out', octets.subarray(start, offset));
    }
    this.#write(offset === length ? octets : octets.subarray(0, offset), now);
    this.#core.activity.busyAt = now;
    this.#core.nearer(this.#dueAt);
    return this.#numbers;
  }

  /** Opens a slot for each request, or for none. Returns the octets that all take at most. */
  #reserve(requests: readonly OutboundRequest[], now: number): number {
    const { window } = this.#core;
    const numbers = this.#numbers;
    let length = 0;
    numbers.length = 0;
    try {
      for (const { commandId, body, handler } of requests) {
        const sequenceNumber = this.#nextSequenceNumber();
        this.#dueAt = window.open(sequenceNumber, commandId, handler, now);
        numbers.push(sequenceNumber);
        length += HEADER_LENGTH + body.length;
      }
    } catch (error) {
      for (const number of numbers) window.withdraw(number);
      throw error;
    }
    return length;
  }

  /** Sends what has no response. */
  tell(pdu: PduInput): void {
    const { options } = this.#core;
    this.#emit(encodePdu({ ...pdu, sequence_number: this.#nextSequenceNumber() }, options));
  }

  /** Sends a request and resolves with its response, whatever its status. */
  ask(window: Window, pdu: PduInput, onResponse?: (response: Pdu) => void): Promise<Pdu> {
    return this.send(window, idOf(pdu.command), encodeBody(pdu, this.#core.options), onResponse);
  }

  /** `onResponse` hears of the response before anything that came behind it is read. */
  send(
    window: Window,
    id: number,
    encoded: Buffer,
    onResponse?: (response: Pdu) => void,
    onLate?: RequestHandler['onLate'],
  ): Promise<Pdu> {
    const body = this.#core.tlvsAllowed ? encoded : stripTlvs(id, encoded);
    return new Promise((resolve, reject) => {
      if (this.#core.closing) return reject(lostError('closed', id));
      const isOwn = window !== this.#core.window && isBound(this.#core.state);
      const sequenceNumber = isOwn ? this.#ownSequenceNumber() : this.#nextSequenceNumber();
      const octets = Buffer.allocUnsafe(HEADER_LENGTH + body.length);
      writeHeader(octets, 0, octets.length, id, 0, sequenceNumber);
      body.copy(octets, HEADER_LENGTH);
      const handler: RequestHandler = {
        onResponse: (response) => {
          const pdu = response.pdu();
          onResponse?.(pdu);
          resolve(pdu);
        },
        onLost: (why) => reject(lostError(why, id)),
        ...(onLate ? { onLate } : {}),
      };
      const now = this.#core.options.clock.monotonic();
      const dueAt = window.open(sequenceNumber, id, handler, now);
      if (window === this.#core.window) this.#core.activity.busyAt = now;
      this.#emit(octets, now);
      this.#core.nearer(dueAt);
    });
  }

  #nextSequenceNumber(): number {
    return (this.#last = this.#free(this.#sequence.next()));
  }

  /** Of enquire_link and unbind, which keep the link up and end it also where the generator fails. */
  #ownSequenceNumber(): number {
    try {
      return this.#nextSequenceNumber();
    } catch {
      // Whose generator it is, hears of it there.
      return (this.#last = this.#free(new SequenceCounter(this.#last).next()));
    }
  }

  /** After a wrap a number may still be waiting for its response. The generator may be a user's: it is asked once. */
  #free(wanted: number): number {
    let sequenceNumber = wanted;
    while (this.#core.asked(sequenceNumber)) sequenceNumber = new SequenceCounter(sequenceNumber).next();
    return sequenceNumber;
  }

  /** Answers are kept together until {@link flush}, or until anything else is written. */
  collect(): void {
    this.#collecting = true;
  }

  /** Writes the answers that were collected; the next request is read only where the peer takes what it is told. */
  flush(): void {
    this.#collecting = false;
    this.#writeAnswers();
    if (this.#core.options.transport.backlog > ANSWERS_LIMIT) this.#core.pauseReading('answers');
  }

  /** Sends a response. */
  answer(id: number, status: number, sequenceNumber: number, body: Buffer): void {
    const length = HEADER_LENGTH + body.length;
    if (this.#slab.length - this.#end < length) this.#newSlab(length);
    const at = this.#end;
    this.#end += length;
    writeHeader(this.#slab, at, length, id, status, sequenceNumber);
    if (body.length > 0) this.#slab.set(body, at + HEADER_LENGTH);
    this.#core.options.meter?.goes(id, status);
    if (this.#core.isTraced) this.#core.passes('out', this.#slab.subarray(at, this.#end));
    if (!this.#collecting) this.flush();
  }

  /** With room for `length` octets beside the answers that wait. */
  #newSlab(length: number): void {
    const waiting = this.#slab.subarray(this.#start, this.#end);
    this.#slab = Buffer.allocUnsafe(Math.max(SLAB, 2 * (waiting.length + length)));
    this.#slab.set(waiting);
    this.#start = 0;
    this.#end = waiting.length;
  }

  #writeAnswers(): void {
    if (this.#start === this.#end) return;
    const octets = this.#slab.subarray(this.#start, this.#end);
    this.#start = this.#end;
    this.#transmit(octets, this.#core.options.clock.monotonic());
  }

  /** One whole PDU. */
  #emit(octets: Buffer, now = this.#core.options.clock.monotonic()): void {
    this.#core.options.meter?.goes(octets.readUInt32BE(4), octets.readUInt32BE(8));
    if (this.#core.isTraced) this.#core.passes('out', octets);
    this.#write(octets, now);
  }

  #write(octets: Buffer, now: number): void {
    this.#writeAnswers();
    this.#transmit(octets, now);
  }

  #transmit(octets: Buffer, now: number): void {
    const { transport, responseTimeout } = this.#core.options;
    if (transport.write(octets) || this.#stalledSince !== undefined) return;
    this.#stalledSince = now;
    this.#core.nearer(now + responseTimeout);
  }

  /** The peer has taken everything, or never will. */
  drained(): void {
    this.#stalledSince = undefined;
    this.#core.resumeReading('answers');
  }
}

/** A command that no specification defines is written as its id. */
export function idOf(command: string): number {
  return isCommandName(command) ? commandId(command) : Number(command);
}

/** Whether the request went out, or would have, but for the link: its answer did not come. */
export function isLoss(error: unknown): boolean {
  return error instanceof SmppError && ['RESPONSE_TIMEOUT', 'SESSION_CLOSED'].includes(error.code);
}

function lostError(reason: 'timeout' | 'closed', id: number): SmppError {
  const command = commandName(id);
  const [code, text] =
    reason === 'timeout'
      ? (['RESPONSE_TIMEOUT', `no response to ${command} in time`] as const)
      : (['SESSION_CLOSED', `the link closed before ${command} was answered`] as const);
  return new SmppError(code, text, { retriable: true });
}
