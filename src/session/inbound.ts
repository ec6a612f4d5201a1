import {
  PduError,
  PduFramer,
  commandName,
  decodePdu,
  encodePdu,
  isResponse,
  responseOf,
  statusCode,
  statusName,
  type CommandName,
  type Pdu,
  type PduInput,
} from '../protocol';
import type { SessionCore } from './core';
import type { Answer } from './options';
import type { Outbound } from './outbound';
import { isBindCommand, isBound, mayIssue, stateAfterBind, type Role } from './states';

/** ESME_RUNKNOWNERR. */
const UNKNOWN_ERROR = 0xff;
/** ESME_RSYSERR. */
const SYSTEM_ERROR = 0x08;

/** What comes from the peer: responses to whom they belong, and an answer to every request. */
export class Inbound {
  readonly #core: SessionCore;
  readonly #outbound: Outbound;
  readonly #framer: PduFramer;

  constructor(core: SessionCore, outbound: Outbound) {
    this.#core = core;
    this.#outbound = outbound;
    this.#framer = new PduFramer({ maxPduLength: core.options.maxPduLength });
  }

  receive(chunk: Buffer): void {
    if (this.#core.closing) return;
    this.#core.lastReceivedAt = this.#core.options.clock.monotonic();
    try {
      for (const octets of this.#framer.push(chunk)) {
        this.#core.options.handlers.trace?.('in', octets);
        this.#handle(octets);
        if (this.#core.closing) return;
      }
    } catch (error) {
      if (!(error instanceof PduError)) throw error;
      this.#respond('generic_nack', error.command_status, error.header?.sequence_number ?? 0);
      this.#core.close('framing-lost', error.message);
    }
  }

  #handle(octets: Buffer): void {
    let pdu: Pdu;
    try {
      pdu = decodePdu(octets, { vendorTlvs: this.#core.options.vendorTlvs });
    } catch (error) {
      if (!(error instanceof PduError) || !error.header) throw error;
      return this.#handleMalformed(error, error.header.command_id, error.header.sequence_number);
    }
    if (isResponse(pdu.command_id)) return this.#handleResponse(pdu, octets);
    if (pdu.command !== 'enquire_link') this.#core.lastTrafficAt = this.#core.lastReceivedAt;
    this.#handleRequest(pdu, octets);
  }

  #handleMalformed(error: PduError, id: number, sequenceNumber: number): void {
    const { log } = this.#core.options;
    log.warn(
      { event: 'pdu', stage: 'malformed', sequence_number: sequenceNumber, err: error.message },
      'malformed PDU',
    );
    if (isResponse(id)) return; // Its request times out, which is what an unreadable answer amounts to.
    const name = commandName(id);
    const response = name === undefined ? undefined : responseOf(name);
    this.#respond(response ?? 'generic_nack', error.command_status, sequenceNumber);
  }

  #handleResponse(pdu: Pdu, octets: Buffer): void {
    // A rejection that says "no error" is still a rejection.
    if (pdu.command === 'generic_nack' && pdu.command_status === 0) pdu.command_status = UNKNOWN_ERROR;
    const first = this.#core.control.isOutstanding(pdu.sequence_number)
      ? this.#core.control
      : this.#core.window;
    const other = first === this.#core.window ? this.#core.control : this.#core.window;
    let fate = first.settle(pdu, octets);
    if (fate === 'unknown') fate = other.settle(pdu, octets);
    if (fate !== 'unknown' && first === this.#core.window)
      this.#core.lastTrafficAt = this.#core.lastReceivedAt;
    if (fate === 'settled') return;
    const facts = {
      event: 'response',
      stage: fate,
      command: pdu.command,
      sequence_number: pdu.sequence_number,
      command_status: statusName(pdu.command_status),
    };
    const text = fate === 'late' ? 'response after its time-out' : 'response that nobody asked for; ignored';
    this.#core.options.log.warn(facts, text);
  }

  #handleRequest(pdu: Pdu, octets: Buffer): void {
    const { command, sequence_number: sequenceNumber } = pdu;
    if (command === 'enquire_link') return this.#respond('enquire_link_resp', 0, sequenceNumber);
    if (command === 'unbind') return this.#handleUnbind(sequenceNumber);
    const otherRole: Role = this.#core.options.role === 'esme' ? 'smsc' : 'esme';
    if (!mayIssue(otherRole, command as CommandName, this.#core.state)) {
      const status = isBindCommand(command) && isBound(this.#core.state) ? 'ESME_RALYBND' : 'ESME_RINVBNDSTS';
      return this.#respond(responseOf(command) ?? 'generic_nack', statusCode(status) ?? 0, sequenceNumber);
    }
    try {
      const answer = this.#core.options.handlers.request(pdu, octets);
      // Known at once, answered at once: an unbind in the same chunk must not overtake it.
      if (!(answer instanceof Promise)) return this.#answer(pdu, answer);
      answer
        .then((late) => this.#answer(pdu, late))
        .catch((error: unknown) => this.#requestFailed(pdu, error));
    } catch (error) {
      this.#requestFailed(pdu, error);
    }
  }

  #requestFailed(pdu: Pdu, error: unknown): void {
    const { command } = pdu;
    this.#core.options.log.error(
      { event: 'request', stage: 'failed', command, err: error },
      `handling ${command} failed`,
    );
    this.#answer(pdu, { command_status: 'ESME_RSYSERR' });
  }

  #answer(request: Pdu, answer: Answer | undefined): void {
    const response = responseOf(request.command);
    if (!response && answer) return; // alert_notification and outbind have no response.
    const { command_status: given } = answer ?? { command_status: 'ESME_RINVCMDID' };
    const status = (typeof given === 'number' ? given : statusCode(given)) ?? SYSTEM_ERROR;
    if (!isBindCommand(request.command)) {
      return this.#respond(response ?? 'generic_nack', status, request.sequence_number, answer);
    }
    // SMPP 3.4 section 5.2.4: an ESME of an older version is not sent TLVs.
    const version = (request as { interface_version?: number }).interface_version ?? 0;
    this.#core.tlvsAllowed &&= version >= 0x34;
    this.#respond(response ?? 'generic_nack', status, request.sequence_number, answer);
    if (status === 0) this.#core.become(stateAfterBind(request.command));
    else this.#core.close('bind-refused', statusName(status));
  }

  #handleUnbind(sequenceNumber: number): void {
    this.#respond('unbind_resp', 0, sequenceNumber);
    if (isBound(this.#core.state)) this.#core.close('peer-unbound');
  }

  /** Responses go out at once, before anything that the road has yet to write. */
  #respond(command: CommandName, status: number, sequenceNumber: number, answer?: Answer): void {
    if (this.#core.closing) return;
    const pdu = {
      command,
      command_status: status,
      sequence_number: sequenceNumber,
      ...answer?.fields,
      ...(answer?.tlvs && this.#core.tlvsAllowed ? { tlvs: answer.tlvs } : {}),
    } as PduInput;
    const octets = encodePdu(pdu, { vendorTlvs: this.#core.options.vendorTlvs });
    this.#core.options.handlers.trace?.('out', octets);
    this.#outbound.write(octets, this.#core.options.clock.monotonic());
  }
}
