import type { LogLine } from '../observability';
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
  type PduSink,
} from '../protocol';
import type { Answering } from './answering';
import type { SessionCore } from './core';
import type { Answer } from './options';
import type { Parting } from './parting';
import { saysNoSession } from './reasons';
import { ResponseReader, type ResponseView } from './response-view';
import { isBindCommand, isBound, mayIssue, type Role } from './states';
import type { Window } from './window';

/** What comes from the peer: gives responses to the handlers of their requests, and has every request answered. */
export class Inbound {
  readonly #core: SessionCore;
  readonly #answering: Answering;
  readonly #parting: Parting;
  readonly #framer: PduFramer;
  readonly #response: ResponseReader;
  readonly #sink: PduSink = (source, start, end) => this.#handle(source, start, end);
  /** When the chunk came that is being read; monotonic milliseconds. */
  #now = 0;
  #reading = false;
  #hasRoom = false;
  #onRoom: () => void = () => undefined;
  /** PDUs that may still come before the peer has bound; undefined: any number. */
  #unboundLeft: number | undefined;
  /** Chunks that came while one was being read, as a transport may give them that answers at once. */
  readonly #unread: Buffer[] = [];
  /** Kinds of odd responses that have been told of. */
  readonly #told = new Set<Odd>();

  constructor(core: SessionCore, answering: Answering, parting: Parting) {
    this.#core = core;
    this.#answering = answering;
    this.#parting = parting;
    this.#response = new ResponseReader(core.options);
    this.#framer = new PduFramer({ maxPduLength: core.options.maxPduLength });
    this.#unboundLeft = core.options.mostUnbound;
  }

  /** `chunk` is read, or copied, before it returns. */
  receive(chunk: Buffer): void {
    if (this.#reading) return void this.#unread.push(Buffer.from(chunk));
    this.#reading = true;
    this.#answering.collect();
    try {
      for (let next: Buffer | undefined = chunk; next; next = this.#unread.shift()) this.#read(next);
    } finally {
      this.#reading = false;
      this.#answering.flush();
    }
    if (this.#hasRoom) this.room();
  }

  /** Requests may be sent that could not before. Told at once, or when what came has been read. */
  room(): void {
    this.#hasRoom = this.#reading;
    if (this.#hasRoom || this.#core.closing) return;
    try {
      this.#onRoom();
    } catch (err) {
      const facts = { event: 'window', stage: 'failed', err } satisfies LogLine;
      this.#core.options.log.error(facts, 'sending what waits for room failed');
    }
  }

  onRoom(callback: () => void): void {
    this.#onRoom = callback;
  }

  #read(chunk: Buffer): void {
    if (this.#core.closing) return;
    this.#now = this.#core.options.clock.monotonic();
    try {
      this.#framer.cut(chunk, this.#sink);
    } catch (error) {
      if (!(error instanceof PduError)) throw error;
      this.#answering.respond('generic_nack', error.command_status, error.header?.sequence_number ?? 0);
      return this.#core.close('framing-lost', error.message);
    }
    if (this.#framer.pending > 0) this.#core.began(this.#now);
  }

  /** Returns whether more is to come. */
  #handle(source: Buffer, start: number, end: number): boolean {
    if (this.#unboundLeft !== undefined && this.#isOneTooMany()) return false;
    // Only a whole PDU counts as heard.
    this.#core.activity.heard(this.#now);
    const id = source.readUInt32BE(start + 4);
    this.#core.options.meter?.came(id, source.readUInt32BE(start + 8));
    if (this.#core.isTraced) this.#core.passes('in', Buffer.from(source.subarray(start, end)));
    if (isResponse(id)) {
      this.#response.read(source, start, end);
      this.#handleResponse(this.#response);
      this.#response.release();
    } else {
      // It may be answered later, and must outlive the read buffer.
      const octets = Buffer.allocUnsafe(end - start);
      source.copy(octets, 0, start, end);
      this.#handleRequest(octets);
    }
    return !this.#core.closing;
  }

  #isOneTooMany(): boolean {
    if (isBound(this.#core.state)) this.#unboundLeft = undefined;
    else if (this.#unboundLeft !== undefined && --this.#unboundLeft < 0)
      this.#core.close('destroyed', 'too many PDUs before a bind');
    return this.#core.closing;
  }

  #handleMalformed(error: PduError, { command_id: id, sequence_number }: PduHeader, octets: Buffer): void {
    const { log, handlers } = this.#core.options;
    const command = commandName(id);
    log.warn(
      { event: 'pdu', stage: 'malformed', command, sequence_number, err: error.message },
      'malformed PDU',
    );
    const response = responseOf(command);
    const refusal: Answer = { command_status: error.command_status };
    if (!response || !handlers.malformed || !this.#mayCome(command)) {
      return this.#answering.respond(response ?? 'generic_nack', error.command_status, sequence_number);
    }
    const request = { command, sequence_number };
    if (this.#putsOff) return this.#answering.postpone(request);
    this.#answering.serve(request, () => {
      const answer = handlers.malformed?.(command, octets, error);
      return answer instanceof Promise ? answer.then((late) => late ?? refusal) : (answer ?? refusal);
    });
  }

  #handleResponse(response: ResponseView): void {
    // Before the request is settled, so that it is not sent again over this session.
    const unknown = this.#isForgotten(response);
    if (unknown) {
      const text = `${statusName(response.command_status)} to ${requestOf(response)}`;
      this.#parting.begin('session-unknown', text);
    }
    const fate = this.#settle(response);
    if (unknown) this.#parting.look();
    else if (fate !== 'settled') this.#tellOfOdd(fate, response);
  }

  #settle(response: ResponseView): 'settled' | Odd {
    const { window, control, greeting } = this.#core;
    if (!isBound(this.#core.state) && mayAnswerBind(response)) {
      // Before the bind is answered nothing else is asked.
      const bind = greeting.settleOnly(response);
      if (bind !== undefined) return bind === response.sequence_number ? 'settled' : 'misnumbered';
    }
    const asked = this.#core.asked(response.sequence_number);
    const sizeBefore = window.size;
    const fate = (asked ?? window).settle(response);
    if (window.size !== sizeBefore) this.#tellOfLoad(response);
    if (fate !== 'unknown') this.#heard(asked ?? window, response);
    return fate === 'unknown' && !asked ? control.settle(response) : fate;
  }

  /** A response to a request of ours. */
  #heard(asked: Window, { command_status }: ResponseView): void {
    const { control, greeting } = this.#core;
    if (asked !== control) this.#core.activity.busyAt = this.#now;
    if (command_status === 0 && asked !== greeting) {
      this.#core.known(asked === control ? 'alive' : 'served');
    }
  }

  #tellOfOdd(fate: Odd, response: ResponseView): void {
    const facts = {
      event: 'response',
      stage: fate,
      command: commandName(response.command_id),
      sequence_number: response.sequence_number,
      command_status: statusName(response.command_status),
    } satisfies LogLine;
    // Once per session and kind at warn: an SMSC with the habit of it would fill the log.
    const { log } = this.#core.options;
    if (this.#told.has(fate)) return log.debug(facts, ODD[fate]);
    this.#told.add(fate);
    log.warn(facts, ODD[fate]);
  }

  /** Whether the SMSC says that it knows no such session; before the session is bound that is a refused bind. */
  #isForgotten({ command_status }: ResponseView): boolean {
    const { options, state } = this.#core;
    return saysNoSession(command_status) && options.role === 'esme' && isBound(state);
  }

  #tellOfLoad({ congestion_state }: ResponseView): void {
    const { window, options } = this.#core;
    const facts = {
      event: 'window',
      stage: 'resized',
      window_size: window.size,
      congestion_state,
    } satisfies LogLine;
    options.log.debug(facts, `the window is ${window.size} now, for the load of the peer`);
    options.handlers.resized?.(window.size, congestion_state, window.isReduced);
  }

  #handleRequest(octets: Buffer): void {
    let pdu: Pdu;
    try {
      pdu = decodePdu(octets, this.#core.options);
    } catch (error) {
      if (!(error instanceof PduError) || !error.header) throw error;
      return this.#handleMalformed(error, error.header, octets);
    }
    const { command, sequence_number: sequenceNumber } = pdu;
    if (command === 'enquire_link') return this.#handleEnquiry(sequenceNumber);
    this.#core.activity.busyAt = this.#now;
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

  /** Whether requests of the SMSC are answered ESME_RX_T_APPN, for the session is about to end. */
  get #putsOff(): boolean {
    return this.#core.isParting && this.#core.options.role === 'esme';
  }

  #mayCome(command: string): boolean {
    const otherRole: Role = this.#core.options.role === 'esme' ? 'smsc' : 'esme';
    return mayIssue(otherRole, command as CommandName, this.#core.state);
  }

  #handleEnquiry(sequence_number: number): void {
    const { log } = this.#core.options;
    this.#answering.respond('enquire_link_resp', 0, sequence_number);
    if (!log.isLevelEnabled('debug')) return;
    const command_status = 'ESME_ROK';
    const line = {
      event: 'enquire_link',
      stage: 'end',
      direction: 'in',
      sequence_number,
      command_status,
    } as const;
    log.debug(line, 'the peer asks whether we are there');
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
type Odd = keyof typeof ODD;

function mayAnswerBind({ command_id }: ResponseView): boolean {
  const name = commandName(command_id);
  return name === 'generic_nack' || isBindCommand(name.replace(/_resp$/, ''));
}

function requestOf({ command_id }: ResponseView): string {
  const name = commandName(command_id);
  return name === 'generic_nack' ? 'a request (generic_nack)' : name.replace(/_resp$/, '');
}
