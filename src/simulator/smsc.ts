import * as net from 'node:net';
import * as tls from 'node:tls';
import { collapseRepeats, type CollapsedLog } from '../observability';
import { SmppError, plainCopy, type Pdu } from '../protocol';
import { isBound, type Session } from '../session';
import { Agenda } from './agenda';
import type { Centre, MessageIds } from './centre';
import { deliverPdu, pdusOf, type DeliverOptions, type MobileMessage } from './deliver';
import { SmscConfigError, listenError } from './errors';
import { Emitter, type SmscEventName, type SmscEvents, type SmscSession } from './events';
import { Joiner } from './joiner';
import { Link } from './link';
import { normalise, type SmscOptions, type SmscSettings } from './options';
import { Outbox } from './outbox';
import { Register } from './register';
import { Faults, findRuleProblems, type Rule } from './rules';

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
  readonly #log: CollapsedLog;
  readonly #events: Emitter;
  readonly #links = new Set<Link>();
  readonly #centre: Centre;
  #server: net.Server | undefined;
  #starting: Promise<{ host: string; port: number }> | undefined;
  #address: { host: string; port: number };
  #linkCount = 0;
  #messageCount = 0;
  #deliverCount = 0;
  static #nextFirstId = 0;
  readonly #firstId: number;

  /** Throws `INVALID_CONFIG` with all that is wrong. */
  constructor(options: SmscOptions = {}) {
    const settings = normalise(options);
    const log = collapseRepeats(settings.log, settings.clock);
    this.#log = log;
    this.#settings = { ...settings, log };
    const { clock, rules, receiptState, host, port, defaultAlphabet } = settings;
    this.#address = { host, port };
    this.#events = new Emitter(log);
    // Digits as centres give them; a thousand per millisecond would have to go before a restart repeats one.
    // Also of one that comes up within the same millisecond.
    this.#firstId = Math.max(clock.now() * 1000, Smsc.#nextFirstId);
    Smsc.#nextFirstId = this.#firstId + 1000;
    const agenda = new Agenda(clock, log);
    this.#centre = {
      settings: this.#settings,
      faults: new Faults(rules),
      events: this.#events,
      agenda,
      register: new Register(receiptState),
      outbox: new Outbox({ agenda, log, receivers: (systemId) => this.#receivers(systemId) }),
      joiner: new Joiner(clock, defaultAlphabet),
      nextMessageId: () => this.#nextMessageId(),
    };
  }

  /** Where it listens; before, the port that was asked for. */
  get port(): number {
    return this.#address.port;
  }

  /** The links that are bound. */
  get sessions(): readonly SmscSession[] {
    return [...this.#links].filter(({ session }) => isBound(session.state));
  }

  /** Listens. Rejects with `PORT_IN_USE` or `LISTEN_FAILED`; then it may be tried again. */
  start(): Promise<{ host: string; port: number }> {
    this.#log.begin();
    this.#starting ??= this.#listen();
    return this.#starting;
  }

  /** Unbinds all links and stops listening; resolves when nothing is left open. It may be started again. */
  async stop(): Promise<void> {
    if (!this.#starting) return;
    await this.#starting.catch(() => undefined);
    const server = this.#server;
    this.#starting = undefined;
    this.#server = undefined;
    const closed = server && new Promise((resolve) => server.close(resolve));
    this.#centre.agenda.clear();
    await Promise.all([...this.#links].map((link) => link.unbind()));
    this.#centre.outbox.clear();
    this.#centre.agenda.clear();
    this.#centre.joiner.clear();
    this.#centre.register.clear();
    await closed;
    this.#log.end();
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
        plainCopy(await deliverPdu(pdu, receiver, options.repeat ?? 0, this.#centre.agenda)),
      ),
    );
  }

  /** Other faults from now on, on links that are up as well. Throws `INVALID_CONFIG` with all that is wrong. */
  setRules(rules: readonly Rule[]): void {
    const problems = findRuleProblems(rules);
    if (problems.length > 0) throw new SmscConfigError(problems);
    this.#centre.faults.replace(rules);
  }

  /** Drops every link without a word, as a power cut would. */
  dropLinks(): void {
    for (const link of this.#links) link.drop();
  }

  on<E extends SmscEventName>(name: E, handler: (event: SmscEvents[E]) => unknown): this {
    this.#events.on(name, handler);
    return this;
  }

  off<E extends SmscEventName>(name: E, handler: (event: SmscEvents[E]) => unknown): this {
    this.#events.off(name, handler);
    return this;
  }

  #listen(): Promise<{ host: string; port: number }> {
    const { host, port, tls: tlsOptions, log } = this.#settings;
    const accept = (socket: net.Socket): void => this.#accept(socket);
    const server = tlsOptions ? tls.createServer(tlsOptions, accept) : net.createServer(accept);
    server.on('tlsClientError', (error: Error) =>
      log.warn({ event: 'session', stage: 'tls', err: error.message }),
    );
    return new Promise((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => {
        this.#starting = undefined;
        reject(listenError(cause, host, port));
      });
      server.listen(port, host, () => {
        this.#server = server;
        this.#address = { host, port: (server.address() as net.AddressInfo).port };
        log.info({ event: 'listen', ...this.#address }, `listening on ${host}:${this.#address.port}`);
        resolve(this.#address);
      });
    });
  }

  #accept(socket: net.Socket): void {
    // Until the session listens, an error of the socket would end the process.
    socket.on('error', () => undefined);
    const link = new Link(++this.#linkCount, socket, this.#centre);
    this.#links.add(link);
    void link.session.closed.then((reason) => {
      this.#links.delete(link);
      link.ended(reason);
    });
  }

  #receivers(systemId?: string): Session[] {
    return [...this.#links]
      .filter((link) => link.receives && (systemId === undefined || link.system_id === systemId))
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

  #nextMessageId(): MessageIds {
    const digits = this.#nextDigits();
    const { responseId, receiptId } = this.#centre.faults.habits;
    const message_id = responseId?.(digits) ?? digits;
    return { message_id, receipt_id: receiptId?.(digits) ?? message_id };
  }

  #nextDigits(): string {
    const n = ++this.#messageCount;
    const { messageId } = this.#settings;
    if (!messageId) return String(this.#firstId + n);
    const id: unknown = messageId(n);
    if (typeof id === 'string' && /^[\x01-\x7f]{1,64}$/.test(id)) return id;
    const text = `messageId gave ${JSON.stringify(id)} for message ${n}; it must give 1 to 64 ASCII characters`;
    throw new SmppError('INVALID_MESSAGE_ID', text);
  }
}
