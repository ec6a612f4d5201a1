import {
  PduError,
  PduFramer,
  commandName,
  decodePdu,
  isResponse,
  responseOf,
  statusCode,
  statusName,
  type CommandName,
  type Pdu,
  type PduHeader,
} from '../protocol';
import type { Answering } from './answering';
import type { SessionCore } from './core';
import type { Answer } from './options';
import type { Parting } from './parting';
import { saysNoSession } from './reasons';
import { isBindCommand, isBound, mayIssue, type Role } from './states';
import type { Window } from './window';

/** ESME_RUNKNOWNERR. */
const UNKNOWN_ERROR = 0xff;

/** What comes from the peer: responses to whom they belong, and an answer to every request. */
export class Inbound {
  readonly #core: SessionCore;
  readonly #answering: Answering;
  readonly #parting: Parting;
  readonly #framer: PduFramer;
  /** Kinds of odd responses that have been told of. */
  readonly #told = new Set<'late' | 'unknown' | 'misnumbered'>();

  constructor(core: SessionCore, answering: Answering, parting: Parting) {
    this.#core = core;
    this.#answering = answering;
    this.#parting = parting;
    this.#framer = new PduFramer({ maxPduLength: core.options.maxPduLength });
  }

  receive(chunk: Buffer): void {
    if (this.#core.closing) return;
    const now = this.#core.options.clock.monotonic();
    try {
      for (const octets of this.#framer.push(chunk)) {
        // Of octets alone nobody can say whether they will ever be a PDU.
        this.#core.lastReceivedAt = now;
        this.#core.unfinishedSince = undefined;
        this.#core.passes('in', octets);
        this.#handle(octets);
        if (this.#core.closing) return;
      }
      if (this.#framer.pending > 0) this.#core.began(now);
    } catch (error) {
      if (!(error instanceof PduError)) throw error;
      this.#answering.respond('generic_nack', error.command_status, error.header?.sequence_number ?? 0);
      this.#core.close('framing-lost', error.message);
    }
  }

  #handle(octets: Buffer): void {
    let pdu: Pdu;
    try {
      pdu = decodePdu(octets, this.#core.options);
    } catch (error) {
      if (!(error instanceof PduError) || !error.header) throw error;
      return this.#handleMalformed(error, error.header, octets);
    }
    if (isResponse(pdu.command_id)) return this.#handleResponse(pdu, octets);
    if (pdu.command !== 'enquire_link') this.#core.lastTrafficAt = this.#core.lastReceivedAt;
    this.#handleRequest(pdu, octets);
  }

  #handleMalformed(error: PduError, header: PduHeader, octets: Buffer): void {
    const { log, handlers } = this.#core.options;
    const { command_id: id, sequence_number } = header;
    log.warn({ event: 'pdu', stage: 'malformed', sequence_number, err: error.message }, 'malformed PDU');
    if (isResponse(id)) {
      // A refusal says all in its header. Else its request times out, which is what an unreadable answer amounts to.
      if (header.command_status !== 0) this.#handleResponse(headerOnly(header), octets);
      return;
    }
    const command = commandName(id);
    const response = command === undefined ? undefined : responseOf(command);
    const refusal: Answer = { command_status: error.command_status };
    if (command === undefined || !response || !handlers.malformed || !this.#mayCome(command)) {
      return this.#answering.respond(response ?? 'generic_nack', error.command_status, sequence_number);
    }
    const request = { command, sequence_number };
    if (this.#putsOff) return this.#answering.postpone(request);
    this.#answering.serve(request, () => {
      const answer = handlers.malformed?.(command, octets, error);
      return answer instanceof Promise ? answer.then((late) => late ?? refusal) : (answer ?? refusal);
    });
  }

  #handleResponse(pdu: Pdu, octets: Buffer): void {
    // A rejection that says "no error" is still a rejection.
    if (pdu.command === 'generic_nack' && pdu.command_status === 0) pdu.command_status = UNKNOWN_ERROR;
    // First, so that nothing goes this way again whose answer this is.
    const unknown = this.#isForgotten(pdu);
    if (unknown)
      this.#parting.begin('session-unknown', `${statusName(pdu.command_status)} to ${requestOf(pdu)}`);
    const fate = this.#settle(pdu, octets);
    if (unknown) this.#parting.look();
    else if (fate !== 'settled') this.#tellOfOdd(fate, pdu);
  }

  #settle(pdu: Pdu, octets: Buffer): 'settled' | 'late' | 'unknown' | 'misnumbered' {
    const { window, control, greeting } = this.#core;
    if (!isBound(this.#core.state) && mayAnswerBind(pdu)) {
      // Before the bind is answered nothing else is asked.
      const bind = greeting.settleOnly(pdu, octets);
      if (bind !== undefined) return bind === pdu.sequence_number ? 'settled' : 'misnumbered';
    }
    const asked = this.#core.asked(pdu.sequence_number);
    const sizeBefore = window.size;
    const fate = (asked ?? window).settle(pdu, octets);
    if (window.size !== sizeBefore) this.#tellOfLoad(pdu);
    if (fate !== 'unknown') this.#heard(asked ?? window, pdu);
    return fate === 'unknown' && !asked ? control.settle(pdu, octets) : fate;
  }

  /** A response to a request of ours. */
  #heard(asked: Window, { command_status }: Pdu): void {
    const { control, greeting } = this.#core;
    if (asked !== control) this.#core.lastTrafficAt = this.#core.lastReceivedAt;
    if (command_status === 0 && asked !== greeting) {
      this.#core.known(asked === control ? 'alive' : 'served');
    }
  }

  #tellOfOdd(fate: 'late' | 'unknown' | 'misnumbered', pdu: Pdu): void {
    const facts = {
      event: 'response',
      stage: fate,
      command: pdu.command,
      sequence_number: pdu.sequence_number,
      command_status: statusName(pdu.command_status),
    };
    // Once per session and kind at warn: a centre with the habit of it would fill the log.
    const { log } = this.#core.options;
    if (this.#told.has(fate)) return log.debug(facts, ODD[fate]);
    this.#told.add(fate);
    log.warn(facts, ODD[fate]);
  }

  /** Whatever it answers. Of a centre only, and of one that has let us in: before that it is a refused bind. */
  #isForgotten({ command_status }: Pdu): boolean {
    const { options, state } = this.#core;
    return saysNoSession(command_status) && options.role === 'esme' && isBound(state);
  }

  #tellOfLoad({ tlvs: { congestion_state } }: Pdu): void {
    const { window, options } = this.#core;
    const facts = { event: 'window', stage: 'resized', window_size: window.size, congestion_state };
    options.log.debug(facts, `the window is ${window.size} now, for the load of the peer`);
  }

  #handleRequest(pdu: Pdu, octets: Buffer): void {
    const { command, sequence_number: sequenceNumber } = pdu;
    if (command === 'enquire_link') return this.#answering.respond('enquire_link_resp', 0, sequenceNumber);
    if (command === 'unbind') return this.#handleUnbind(sequenceNumber);
    if (!this.#mayCome(command)) {
      const status = isBindCommand(command) && isBound(this.#core.state) ? 'ESME_RALYBND' : 'ESME_RINVBNDSTS';
      return this.#answering.refuse(command, statusCode(status) ?? 0, sequenceNumber);
    }
    if (command === 'outbind') this.#core.become('outbound');
    else this.#core.known('served');
    if (this.#putsOff && responseOf(command)) return this.#answering.postpone(pdu);
    this.#answering.serve(pdu, () => this.#core.options.handlers.request(pdu, octets));
  }

  /** What a centre asks of a session that is about to end, it is to ask another. */
  get #putsOff(): boolean {
    return this.#core.isParting && this.#core.options.role === 'esme';
  }

  #mayCome(command: string): boolean {
    const otherRole: Role = this.#core.options.role === 'esme' ? 'smsc' : 'esme';
    return mayIssue(otherRole, command as CommandName, this.#core.state);
  }

  #handleUnbind(sequenceNumber: number): void {
    if (isBound(this.#core.state)) return this.#parting.unbound(sequenceNumber);
    this.#answering.respond('unbind_resp', 0, sequenceNumber);
    // In place of an answer to the bind: none is to come.
    if (this.#core.greeting.outstanding > 0) this.#core.close('peer-unbound');
  }
}

const ODD = {
  late: 'response after its time-out',
  unknown: 'response that nobody asked for; ignored',
  misnumbered: 'the answer to the bind has another sequence number than the bind',
} as const;

/** What the header of a response says, whose body cannot be read. */
function headerOnly({ command_id, command_status, sequence_number }: PduHeader): Pdu {
  const command = commandName(command_id) ?? 'generic_nack';
  return { command, command_id, command_status, sequence_number, tlvs: {} } as unknown as Pdu;
}

function mayAnswerBind({ command }: Pdu): boolean {
  return command === 'generic_nack' || isBindCommand(command.replace(/_resp$/, ''));
}

function requestOf({ command }: Pdu): string {
  return command === 'generic_nack' ? 'a request (generic_nack)' : command.replace(/_resp$/, '');
}
