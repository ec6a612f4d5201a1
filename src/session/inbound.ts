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
  type PduHeader,
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

/** Milliseconds that a centre which unbinds gets to answer what it has taken. */
const PARTING_GRACE = 1000;

/** What answering a request needs of it. */
interface Request {
  readonly command: string;
  readonly sequence_number: number;
  readonly interface_version?: number;
}

/** What comes from the peer: responses to whom they belong, and an answer to every request. */
export class Inbound {
  readonly #core: SessionCore;
  readonly #outbound: Outbound;
  readonly #framer: PduFramer;
  /** Kinds of odd responses that have been told of. */
  readonly #told = new Set<'late' | 'unknown'>();
  #owed = 0;
  #parting: { readonly sequenceNumber: number; readonly dueAt: number } | undefined;

  constructor(core: SessionCore, outbound: Outbound) {
    this.#core = core;
    this.#outbound = outbound;
    this.#framer = new PduFramer({ maxPduLength: core.options.maxPduLength });
  }

  /** Requests of the peer whose answers are still being worked on. */
  get owed(): number {
    return this.#owed;
  }

  /** Until when the peer's unbind waits for its answers to our requests; monotonic milliseconds. */
  get partingAt(): number | undefined {
    return this.#parting?.dueAt;
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
    if (isResponse(id)) return; // Its request times out, which is what an unreadable answer amounts to.
    const command = commandName(id);
    const response = command === undefined ? undefined : responseOf(command);
    const refusal: Answer = { command_status: error.command_status };
    if (command === undefined || !response || !handlers.malformed || !this.#mayCome(command)) {
      return this.#respond(response ?? 'generic_nack', error.command_status, sequence_number);
    }
    this.#serve({ command, sequence_number }, () => {
      const answer = handlers.malformed?.(command, octets, error);
      return answer instanceof Promise ? answer.then((late) => late ?? refusal) : (answer ?? refusal);
    });
  }

  #handleResponse(pdu: Pdu, octets: Buffer): void {
    // A rejection that says "no error" is still a rejection.
    if (pdu.command === 'generic_nack' && pdu.command_status === 0) pdu.command_status = UNKNOWN_ERROR;
    const { window, control } = this.#core;
    const asked = this.#core.asked(pdu.sequence_number);
    const sizeBefore = window.size;
    let fate = (asked ?? window).settle(pdu, octets);
    if (window.size !== sizeBefore) this.#tellOfLoad(pdu);
    if (fate !== 'unknown' && asked !== control) this.#core.lastTrafficAt = this.#core.lastReceivedAt;
    if (fate === 'unknown' && !asked) fate = control.settle(pdu, octets);
    if (fate === 'settled') return;
    const facts = {
      event: 'response',
      stage: fate,
      command: pdu.command,
      sequence_number: pdu.sequence_number,
      command_status: statusName(pdu.command_status),
    };
    const text = fate === 'late' ? 'response after its time-out' : 'response that nobody asked for; ignored';
    // Once per session and kind at warn: a centre with the habit of it would fill the log.
    const { log } = this.#core.options;
    if (this.#told.has(fate)) return log.debug(facts, text);
    this.#told.add(fate);
    log.warn(facts, text);
  }

  #tellOfLoad({ tlvs: { congestion_state } }: Pdu): void {
    const { window, options } = this.#core;
    const facts = { event: 'window', stage: 'resized', window_size: window.size, congestion_state };
    options.log.debug(facts, `the window is ${window.size} now, for the load of the peer`);
  }

  #handleRequest(pdu: Pdu, octets: Buffer): void {
    const { command, sequence_number: sequenceNumber } = pdu;
    if (command === 'enquire_link') return this.#respond('enquire_link_resp', 0, sequenceNumber);
    if (command === 'unbind') return this.#handleUnbind(sequenceNumber);
    if (!this.#mayCome(command)) {
      const status = isBindCommand(command) && isBound(this.#core.state) ? 'ESME_RALYBND' : 'ESME_RINVBNDSTS';
      return this.#respond(responseOf(command) ?? 'generic_nack', statusCode(status) ?? 0, sequenceNumber);
    }
    if (command === 'outbind') this.#core.become('outbound');
    this.#serve(pdu, () => this.#core.options.handlers.request(pdu, octets));
  }

  #mayCome(command: string): boolean {
    const otherRole: Role = this.#core.options.role === 'esme' ? 'smsc' : 'esme';
    return mayIssue(otherRole, command as CommandName, this.#core.state);
  }

  #serve(request: Request, ask: () => Promise<Answer | undefined> | Answer | undefined): void {
    try {
      const answer = ask();
      // Known at once, answered at once: an unbind in the same chunk must not overtake it.
      if (!(answer instanceof Promise)) return this.#answer(request, answer);
      this.#owed++;
      answer
        .then((late) => this.#answer(request, late))
        .catch((error: unknown) => this.#requestFailed(request, error))
        .finally(() => this.#owed--);
    } catch (error) {
      this.#requestFailed(request, error);
    }
  }

  #requestFailed(request: Request, error: unknown): void {
    const { command } = request;
    this.#core.options.log.error(
      { event: 'request', stage: 'failed', command, err: error },
      `handling ${command} failed`,
    );
    this.#answer(request, { command_status: 'ESME_RSYSERR' });
  }

  #answer(request: Request, answer: Answer | undefined): void {
    const response = responseOf(request.command);
    if (!response && answer) return; // alert_notification and outbind have no response.
    const { command_status: given } = answer ?? { command_status: 'ESME_RINVCMDID' };
    const status = (typeof given === 'number' ? given : statusCode(given)) ?? SYSTEM_ERROR;
    if (!isBindCommand(request.command)) {
      return this.#respond(response ?? 'generic_nack', status, request.sequence_number, answer);
    }
    // SMPP 3.4 section 5.2.4: an ESME of an older version is not sent TLVs.
    const version = request.interface_version ?? 0;
    this.#core.tlvsAllowed &&= version >= 0x34;
    this.#respond(response ?? 'generic_nack', status, request.sequence_number, answer);
    if (status === 0) this.#core.become(stateAfterBind(request.command));
    else this.#core.close('bind-refused', statusName(status));
  }

  /** A request without answer would go again: those of a centre are waited for, for a moment. */
  #handleUnbind(sequenceNumber: number): void {
    const { window, options, state } = this.#core;
    const waits = options.role === 'esme' && isBound(state) && window.outstanding > 0;
    if (!waits || this.#parting) {
      this.#respond('unbind_resp', 0, sequenceNumber);
      if (!this.#parting && isBound(state)) this.#core.close('peer-unbound');
      return;
    }
    const dueAt = options.clock.monotonic() + PARTING_GRACE;
    this.#parting = { sequenceNumber, dueAt };
    window.resize(0);
    this.#core.nearer(dueAt);
    void window.idle().then(() => this.part());
  }

  /** Answers the unbind that has waited. */
  part(): void {
    if (!this.#parting) return;
    this.#respond('unbind_resp', 0, this.#parting.sequenceNumber);
    this.#core.close('peer-unbound');
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
    this.#core.passes('out', octets);
    this.#outbound.answer(octets, this.#core.options.clock.monotonic());
  }
}
