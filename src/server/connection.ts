import { TLSSocket } from 'node:tls';
import { isThenable, withFacts, type LogLine } from '../observability';
import { SmppError, isQueued, responseOf, statusName, type Pdu, type PduInput } from '../protocol';
import {
  Session,
  canReceive,
  isBindCommand,
  isBound,
  type Answer,
  type CloseReason,
  type Later,
  type SessionState,
  type Transport,
} from '../session';
import { UNDECIDED, bindTypeOf, decide, tellFailed, type BindPdu, type Decision } from './binding';
import type { Origin, ServerContext } from './context';
import { pdusOf, type MobileMessage } from './deliver';
import { withoutPassword } from './masked';
import type { ServerSettings, Submit } from './options';
import { PendingAnswers } from './pending';
import { receiptPdu, type DeliveryReceipt } from './receipt';
import type { PartAnswered } from './submitted';
import type {
  BindType,
  DeliverRequestOptions,
  RequestVerdict,
  ServerSession,
  SubmitPdu,
  SubmitVerdict,
} from './types';
import { FAILED, LATER, checkFields, requestAnswer, submitAnswer } from './verdicts';

/** Seconds. */
const UNBIND_TIMEOUT = 1;

type BindResponse = Answer & { command_status: number };
type Answered = Answer | undefined | Later<Answer | undefined>;

/** One connection of a client, from the server's end. */
export class Connection implements ServerSession {
  readonly id: number;
  readonly address: string;
  readonly port: number;
  readonly protocol: Session;
  context: unknown;
  system_id = '';
  interface_version = 0;
  bind_type: BindType | undefined;
  readonly #origin: Origin;
  readonly #server: ServerContext;
  readonly #pending: PendingAnswers;
  #controller: AbortController | undefined;
  #binding = false;
  /** Requests towards the client that are not settled. */
  #requests = 0;
  #references = 0;

  constructor(id: number, transport: Transport, origin: Origin, server: ServerContext) {
    const { settings, clock, log } = server;
    this.id = id;
    this.address = origin.address;
    this.port = origin.port;
    this.#origin = origin;
    this.#server = server;
    this.#pending = new PendingAnswers(clock, settings.answerTimeout);
    const { sequence } = settings;
    const trace = (direction: 'in' | 'out', octets: Buffer): void =>
      server.events.emit('pdu', { direction, octets: withoutPassword(octets), session: this });
    this.protocol = new Session({
      role: 'smsc',
      transport: settings.transport?.(transport, this) ?? transport,
      handlers: {
        request: (pdu) => this.#handle(pdu),
        get trace() {
          return server.events.has('pdu') ? trace : undefined;
        },
      },
      clock,
      log: withFacts(log, { session: this.id, host: transport.peer }),
      windowSize: settings.windowSize,
      ...(sequence ? { sequence: sequence(this) } : {}),
      responseTimeout: settings.responseTimeout,
      enquireLinkInterval: settings.enquireLinkInterval,
      inactivityTimeout: settings.inactivityTimeout,
      sessionInitTimeout: settings.bindTimeout,
      mostUnbound: settings.maxPdusBeforeBind,
      answersGrace: settings.unbindGrace,
      maxPduLength: settings.maxPduLength,
      addressEncoding: settings.addressEncoding,
      vendorTlvs: settings.vendorTlvs,
      allowLong: true,
    });
  }

  get peer(): string {
    return this.protocol.peer;
  }

  get state(): SessionState {
    return this.protocol.state;
  }

  get closed(): Promise<CloseReason> {
    return this.protocol.closed;
  }

  get pending(): number {
    return this.#pending.size;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.state === 'closed') this.#abort('closed');
    }
    return this.#controller.signal;
  }

  async deliver(message: MobileMessage, options?: DeliverRequestOptions): Promise<Pdu[]> {
    const pdus = pdusOf(message, this.#server.settings.defaultAlphabet, this.#references++);
    return Promise.all(pdus.map((pdu) => this.request(pdu, options)));
  }

  async deliverReceipt(receipt: DeliveryReceipt, options?: DeliverRequestOptions): Promise<Pdu> {
    const { clock, settings } = this.#server;
    return this.request(receiptPdu(receipt, clock.now(), settings.defaultAlphabet), options);
  }

  async request(pdu: PduInput, { signal }: DeliverRequestOptions = {}): Promise<Pdu> {
    const { maxWaitingRequests } = this.#server.settings;
    if (responseOf(pdu.command) === undefined)
      throw new SmppError('NO_RESPONSE', `${pdu.command} has no response; use notify`);
    if (!canReceive(this.state) && pdu.command !== 'enquire_link') throw this.#notBound();
    if (this.#requests >= maxWaitingRequests) {
      const text = `${maxWaitingRequests} requests wait for ${this.peer} already; wait for some, or raise maxWaitingRequests`;
      throw new SmppError('TOO_MANY_REQUESTS', text, { retriable: true });
    }
    this.#requests++;
    try {
      return await this.protocol.request(pdu, signal);
    } finally {
      this.#requests--;
    }
  }

  notify(pdu: PduInput): void {
    this.protocol.tell(pdu);
  }

  pause(): void {
    this.protocol.pauseReading();
  }

  resume(): void {
    this.protocol.resumeReading();
  }

  unbind(timeout = UNBIND_TIMEOUT): Promise<void> {
    return this.protocol.unbind(timeout * 1000);
  }

  close(why?: string): void {
    this.protocol.destroy('closed', why);
  }

  destroy(why?: string, { reset = false }: { readonly reset?: boolean } = {}): void {
    const { socket } = this.#origin;
    // A TLS socket has no reset of its own.
    if (reset && socket && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
    this.protocol.destroy('destroyed', why);
  }

  /** Resolves when nothing is under way, either way. */
  async idle(): Promise<void> {
    await Promise.all([this.#pending.idle(), this.protocol.idle()]);
  }

  /** To be called when it has closed: tells whoever listens. */
  ended(reason: CloseReason): void {
    const { events, log, directory } = this.#server;
    directory.leave(this.system_id, this);
    this.#pending.close();
    this.#abort(reason.text);
    if (reason.code === 'peer-unbound') events.emit('unbind', { session: this });
    const { id, system_id, peer } = this;
    log.info({ event: 'session', stage: 'closed', session: id, system_id, host: peer }, reason.text);
    events.emit('close', { session: this, reason });
  }

  #abort(why: string): void {
    const text = `the session with ${this.peer} is over: ${why}`;
    this.#controller?.abort(new SmppError('SESSION_CLOSED', text, { retriable: true }));
  }

  #notBound(): SmppError {
    const text = `${this.peer} is ${this.state}: nothing can be delivered; it has to bind as receiver or transceiver`;
    return new SmppError('NOT_BOUND', text, { retriable: true });
  }

  // --- what the client asks ---

  #handle(pdu: Pdu): Answered {
    if (!isBound(this.state) && isBindCommand(pdu.command)) return this.#bind(pdu as BindPdu);
    const { settings, isDraining } = this.#server;
    if (isDraining || this.#pending.size >= settings.maxPendingRequests) return LATER;
    const { request, submit } = settings;
    if (submit && isQueued(pdu.command)) return this.#submit(pdu as SubmitPdu, submit);
    if (!request) return undefined;
    return this.#answer('request', pdu.command, () => request(pdu, this), requestAnswer);
  }

  #submit(pdu: SubmitPdu, submit: Submit): Answered {
    const { message, answered } = this.#server.messages.read(pdu, this.system_id);
    return this.#answer('submit', pdu.command, () => submit(message, this), submitAnswer, answered);
  }

  /** What a handler throws, what cannot be an answer, and what takes too long is told and answered ESME_RSYSERR. */
  #answer<V extends SubmitVerdict | RequestVerdict>(
    source: 'submit' | 'request',
    command: string,
    ask: () => V | Promise<V>,
    read: (verdict: V) => Answer | undefined,
    answered?: PartAnswered,
  ): Answered {
    const failed = (error: unknown): Answer => {
      // The client has gone, and its answer with it.
      if (this.state !== 'closed') this.#tellFailed(source, command, error);
      answered?.(undefined);
      return FAILED;
    };
    const known = (verdict: V): Answer | undefined => {
      try {
        const answer = read(verdict);
        if (answer) checkFields(source, command, answer, this.#server.settings);
        answered?.(answer?.command_status === 0 ? String(answer.fields?.['message_id']) : undefined);
        return answer;
      } catch (error) {
        return failed(error);
      }
    };
    try {
      const verdict = ask();
      if (!isThenable(verdict)) return known(verdict);
      const later = this.#pending.add(verdict, () => this.#tellLate(source, command));
      const then: Later<Answer | undefined>['then'] = (done) =>
        later.then(
          (late) => done(known(late)),
          (error) => done(failed(error)),
        );
      return { then };
    } catch (error) {
      return failed(error);
    }
  }

  #tellFailed(source: string, command: string, error: unknown): void {
    const { log, events } = this.#server;
    const facts = {
      event: 'request',
      stage: 'failed',
      command,
      session: this.id,
      err: error,
    } satisfies LogLine;
    log.error(facts, `handling ${command} failed`);
    events.emit('error', { source, error, session: this });
  }

  #tellLate(source: string, command: string): void {
    const { log } = this.#server;
    const facts = { event: 'request', stage: 'late', command, session: this.id } satisfies LogLine;
    if (this.state === 'closed') log.debug(facts, `${source} has answered a client that had gone`);
    else log.warn(facts, `${source} has answered after answerTimeout; its answer is dropped`);
  }

  // --- bind ---

  #bind(pdu: BindPdu): Answer | Promise<Answer> {
    if (this.#binding) return { command_status: 'ESME_RALYBND' };
    if (this.#server.isDraining) return FAILED;
    this.#binding = true;
    this.system_id = pdu.system_id;
    this.interface_version = pdu.interface_version;
    const decision = decide(pdu, this, this.#origin, this.#server);
    const { command } = pdu;
    const tell = ({ command_status }: BindResponse): void => this.#tellBind(command, command_status);
    if (!(decision instanceof Promise)) {
      const answer = this.#bindAnswer(command, decision);
      // Told when the session is in its new state: a handler may want to use it.
      queueMicrotask(() => tell(answer));
      return answer;
    }
    const answer = decision.then((late) => this.#bindAnswer(command, late));
    // Behind what the session does with it.
    queueMicrotask(() => void answer.then(tell));
    return answer;
  }

  #bindAnswer(command: BindPdu['command'], decision: Decision): BindResponse {
    const { settings, directory, isDraining } = this.#server;
    const { maxSessions = settings.maxSessionsPerSystemId } = decision;
    const { command_status } = decision;
    if (command_status !== 0) return { command_status };
    if (isDraining || this.state === 'closed') return UNDECIDED;
    if (maxSessions > 0 && directory.countOf(this.system_id) >= maxSessions) return { command_status: 0x05 };
    const answer = bindResponse(decision, settings);
    try {
      checkFields('authenticate', command, answer, settings);
    } catch (error) {
      tellFailed(error, this, this.#server);
      return UNDECIDED;
    }
    this.bind_type = bindTypeOf(command);
    if (decision.context !== undefined) this.context = decision.context;
    if (decision.windowSize !== undefined) this.protocol.resizeWindow(decision.windowSize);
    directory.enter(this.system_id, this);
    return answer;
  }

  #tellBind(command: BindPdu['command'], status: number): void {
    const { events, log } = this.#server;
    const { id, system_id, peer } = this;
    const command_status = statusName(status);
    const facts = {
      event: 'bind',
      stage: 'end',
      session: id,
      command,
      command_status,
      system_id,
      host: peer,
    } satisfies LogLine;
    log.info(facts, `${command} of ${system_id || 'nobody'}: ${command_status}`);
    events.emit('bind', { session: this, command, system_id, command_status });
  }
}

function bindResponse(decision: Decision, settings: ServerSettings): BindResponse {
  const tlvs = { sc_interface_version: settings.interfaceVersion, ...decision.tlvs };
  const given = Object.entries(tlvs).filter(([, value]) => value !== undefined);
  return {
    command_status: 0,
    fields: { system_id: decision.system_id ?? settings.systemId },
    ...(given.length > 0 ? { tlvs: Object.fromEntries(given) } : {}),
  };
}
