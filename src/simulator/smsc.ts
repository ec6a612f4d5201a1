import type { Clock } from '../clock';
import { Emitter, collapseRepeats, type CollapsedLog } from '../observability';
import { SmppError, plainCopy, type Pdu } from '../protocol';
import {
  SmppServer,
  pdusOf,
  type ListenAddress,
  type MobileMessage,
  type OutbindOptions,
  type ServerSession,
  type SmppServerOptions,
} from '../server';
import { SequenceCounter, canReceive, isBound, type Session, type Transport } from '../session';
import { Alerts, alertPdu, type PhoneAlert } from './alerts';
import { PartJoiner } from './content';
import type { SmscContext } from './context';
import { deliverPdu, type DeliverOptions } from './deliver';
import { DeliveryQueue } from './delivery-queue';
import { SmscConfigError } from './errors';
import type { SmscEventName, SmscEvents, SmscSession } from './events';
import { Link } from './link';
import { MessageStore } from './message-store';
import { normalise, type SmscOptions, type SmscSettings } from './options';
import { Faults, findRuleProblems, type Rule } from './rules';
import { Scheduler } from './scheduler';
import { UssdPhones, type UssdOptions, type UssdScreen } from './ussd';

/** A simulated SMSC has no limits of this kind. */
const NO_LIMIT = 1_000_000;

/** The first id of the next one with a clock: ids of two that come up within one millisecond differ. */
const nextFirstIds = new WeakMap<Clock, number>();

/**
 * A simulated SMSC: it takes messages, sends receipts and messages of its own, and fails on demand.
 *
 * ```ts
 * const smsc = new Smsc({ rules: [{ type: 'status', status: 'ESME_RSYSERR', every: 3 }] });
 * smsc.on('submit', ({ text, message_id }) => …);
 * const { port } = await smsc.start();
 * ```
 */
export class Smsc {
  readonly #settings: SmscSettings;
  readonly #events: Emitter<SmscEvents>;
  readonly #links = new Set<Link>();
  readonly #context: SmscContext;
  readonly #server: SmppServer;
  #tracing = false;
  #messageCount = 0;
  #deliverCount = 0;
  readonly #firstId: number;

  /** Throws `INVALID_CONFIG` with all that is wrong. */
  constructor(options: SmscOptions = {}) {
    const settings = normalise(options);
    const log = collapseRepeats(settings.log, settings.clock);
    this.#settings = { ...settings, log };
    const { clock, random, rules, receiptState, defaultAlphabet } = settings;
    this.#events = new Emitter(log);
    // Digits, as most SMSCs give; a thousand per millisecond would have to go before a restart repeats one.
    this.#firstId = Math.max(clock.now() * 1000, nextFirstIds.get(clock) ?? 0);
    nextFirstIds.set(clock, this.#firstId + 1000);
    const scheduler = new Scheduler(clock, log);
    this.#context = {
      settings: this.#settings,
      clock,
      faults: new Faults(rules, random),
      events: this.#events,
      scheduler,
      messages: new MessageStore(receiptState),
      deliveries: new DeliveryQueue(scheduler, log, (systemId) => this.#receivers(systemId)),
      parts: new PartJoiner(clock, defaultAlphabet),
      phones: new UssdPhones({
        scheduler,
        deliver: (message, systemId) =>
          this.deliver(message, systemId === undefined ? {} : { system_id: systemId }),
      }),
      nextMessageId: () => this.#nextMessageId(),
      alerts: new Alerts(scheduler, (alert, system_id) => this.#alertLater(alert, system_id)),
    };
    this.#server = new SmppServer(this.#serverOptions(log));
    this.#follow();
  }

  /** The port that it listens on; before that, the one that was asked for. */
  get port(): number {
    return this.#server.port;
  }

  /** The links that are bound. */
  get sessions(): readonly SmscSession[] {
    return [...this.#links].filter(({ session }) => isBound(session.state));
  }

  /** Listens. Rejects with `PORT_IN_USE` or `LISTEN_FAILED`; then it may be tried again. */
  start(): Promise<ListenAddress> {
    return this.#server.start();
  }

  /** Unbinds all links and stops listening; resolves when nothing is left open. It may be started again. */
  async stop(): Promise<void> {
    const { scheduler, deliveries, parts, messages, alerts, phones } = this.#context;
    scheduler.clear();
    await this.#server.stop();
    for (const cleared of [deliveries, scheduler, parts, messages, alerts, phones]) cleared.clear();
  }

  /** As {@link stop}: for `await using smsc = new Smsc(…)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Sends a message to a client that is bound to receive, each in its turn; a long one in parts, all to the same
   * client. Resolves with the responses, one per part, whatever their status.
   *
   * Rejects with `NOT_BOUND`, `SESSION_CLOSED`, `RESPONSE_TIMEOUT`, or what is wrong with the message.
   */
  async deliver(message: MobileMessage, options: DeliverOptions = {}): Promise<Pdu[]> {
    const { defaultAlphabet } = this.#settings;
    const pdus = pdusOf(message, defaultAlphabet, this.#deliverCount++);
    const first = this.#receiver(options.system_id);
    const receiver = (): Session => (isBound(first.state) ? first : this.#receiver(options.system_id));
    return Promise.all(
      pdus.map(async (pdu) =>
        plainCopy(await deliverPdu(pdu, receiver, options.repeat ?? 0, this.#context.scheduler)),
      ),
    );
  }

  /**
   * Tells a client that is bound to receive how a phone can be reached (alert_notification, SMPP 3.4 section 4.12.1), each
   * in its turn. There is no answer to it. Throws `NOT_BOUND`, or what is wrong with the fields.
   */
  alert(alert: PhoneAlert, { system_id }: { readonly system_id?: string } = {}): void {
    const receiver = this.#receiver(system_id);
    this.#deliverCount++;
    receiver.tell(alertPdu(alert));
  }

  /**
   * Connects to a client that listens and asks it to bind, by an outbind (SMPP 3.4 section 2.2.1). Resolves when it is
   * bound: from then on it is a link like any other. Rejects as {@link SmppServer.outbind}.
   */
  async outbind(options: OutbindOptions): Promise<SmscSession> {
    return linkOf(await this.#server.outbind(options));
  }

  /**
   * Plays a phone that dials a USSD code, and resolves with the screen that a client answers with, which may be answered in
   * turn. Rejects as {@link deliver}, with `REFUSED` where the client does not take it, with `RESPONSE_TIMEOUT` where no screen
   * comes, and with `SESSION_OVER` where the phone hangs up or dials anew.
   */
  async ussd(number: string, code: string, options: UssdOptions = {}): Promise<UssdScreen> {
    return this.#context.phones.dial(number, code, options);
  }

  /** The same for a screen that a client sends to a number of its own accord. To be called before that. */
  async expectUssd(number: string, options: UssdOptions = {}): Promise<UssdScreen> {
    return this.#context.phones.expect(number, options);
  }

  /** Types an answer to the screen that a number shows, and resolves with the next. Rejects as {@link ussd}. */
  async answerUssd(number: string, text: string): Promise<UssdScreen> {
    return this.#context.phones.answer(number, text);
  }

  /** Hangs up: the dialogue of a number is over. Resolves when the client has taken that; rejects as {@link ussd}. */
  async hangUpUssd(number: string): Promise<void> {
    return this.#context.phones.hangUp(number);
  }

  /** Other faults from now on, on links that are up as well. Throws `INVALID_CONFIG` with all that is wrong. */
  setRules(rules: readonly Rule[]): void {
    const problems = findRuleProblems(rules);
    if (problems.length > 0) throw new SmscConfigError(problems);
    this.#context.faults.replace(rules);
  }

  /** Drops every link without a word, as a power cut would. */
  dropLinks(): void {
    for (const link of this.#links) link.drop();
  }

  /** Calls the handler at every event of this name. What it throws is logged and harms nobody. */
  on<E extends SmscEventName>(name: E, handler: (event: SmscEvents[E]) => unknown): this {
    this.#events.on(name, handler);
    if (name === 'pdu' && !this.#tracing) this.#trace();
    return this;
  }

  /** Takes a handler off. */
  off<E extends SmscEventName>(name: E, handler: (event: SmscEvents[E]) => unknown): this {
    this.#events.off(name, handler);
    return this;
  }

  /** Serves a connection that did not come by the port, such as one in memory. Works without {@link start}. */
  serve(transport: Transport): void {
    this.#server.serve(transport);
  }

  #serverOptions(log: CollapsedLog): SmppServerOptions {
    const { host, port, tls, systemId, windowSize, maxPduLength, clock, ...times } = this.#settings;
    const { faults } = this.#context;
    return {
      ...{ host, port, systemId: systemId || 'simulator', windowSize, maxPduLength, clock, log },
      ...(tls ? { tls } : {}),
      responseTimeout: times.responseTimeout / 1000,
      enquireLinkInterval: times.enquireLinkInterval / 1000,
      inactivityTimeout: times.inactivityTimeout / 1000,
      bindTimeout: times.bindTimeout / 1000,
      // A rule may leave a request unanswered for ever, and what is under way is of no worth.
      ...{ answerTimeout: 0, unbindGrace: 0, drainTimeout: 0 },
      ...{ maxConnections: NO_LIMIT, maxConnectionsPerAddress: NO_LIMIT, maxPdusBeforeBind: NO_LIMIT },
      maxPendingRequests: 10_000,
      authenticate: (bind, session) => linkOf(session).authenticate(bind),
      request: (pdu, session) => linkOf(session).handle(pdu),
      transport: (transport, session) => this.#link(session, transport),
      sequence: () => {
        const { sequence_number: onlyNumber } = faults.habits;
        return onlyNumber === undefined ? new SequenceCounter() : { next: () => onlyNumber };
      },
    };
  }

  /** From the first listener on: every PDU is copied for it. */
  #trace(): void {
    this.#tracing = true;
    this.#server.on('pdu', ({ session, ...facts }) =>
      this.#events.emit('pdu', { ...facts, session: linkOf(session) }),
    );
  }

  #link(session: ServerSession, transport: Transport): Transport {
    const link = new Link(session, transport, this.#context);
    session.context = link;
    this.#links.add(link);
    return link.transport;
  }

  /** What the server tells, told as the simulator's own. */
  #follow(): void {
    const { events, faults } = this.#context;
    this.#server
      .on('connect', ({ session }) => {
        // With one number for all, a second request would need another.
        if (faults.habits.sequence_number !== undefined) session.protocol.resizeWindow(1);
      })
      .on('bind', ({ session, ...facts }) => events.emit('bind', { ...facts, session: linkOf(session) }))
      .on('unbind', ({ session }) => events.emit('unbind', { session: linkOf(session) }))
      .on('close', ({ session, reason }) => {
        this.#links.delete(linkOf(session));
        events.emit('close', { session: linkOf(session), reason: reason.text });
      });
  }

  #receivers(systemId?: string): Session[] {
    return [...this.#links]
      .filter((link) => canReceive(link.state) && (systemId === undefined || link.system_id === systemId))
      .map(({ session }) => session);
  }

  #receiver(systemId: string | undefined): Session {
    const receivers = this.#receivers(systemId);
    const receiver = receivers[this.#deliverCount % receivers.length];
    if (receiver) return receiver;
    const whom = systemId === undefined ? 'no client is' : `no client of ${systemId} is`;
    throw new SmppError('NOT_BOUND', `${whom} bound to receive; bind one as receiver or transceiver first`, {
      retriable: true,
    });
  }

  /** Of an account that is bound no more it is lost, as it would be in the field. */
  #alertLater(alert: PhoneAlert, system_id: string): void {
    const isBound = this.#receivers(system_id).length > 0;
    if (isBound) this.alert(alert, { system_id });
  }

  #nextMessageId(): string {
    const n = ++this.#messageCount;
    const { messageId } = this.#settings;
    if (!messageId) return String(this.#firstId + n);
    const id: unknown = messageId(n);
    if (typeof id === 'string' && /^[\x01-\x7f]{1,64}$/.test(id)) return id;
    const text = `messageId gave ${JSON.stringify(id)} for message ${n}; it must give 1 to 64 ASCII characters`;
    throw new SmppError('INVALID_MESSAGE_ID', text);
  }
}

function linkOf({ context }: ServerSession): Link {
  return context as Link;
}
