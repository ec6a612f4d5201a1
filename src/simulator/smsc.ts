import * as net from 'node:net';
import * as tls from 'node:tls';
import type { Clock } from '../clock';
import { collapseRepeats, type CollapsedLog } from '../observability';
import { SmppError, plainCopy, type Pdu } from '../protocol';
import { SocketTransport, canReceive, isBound, type Session, type Transport } from '../session';
import { PartJoiner } from './content';
import type { SmscContext } from './context';
import { deliverPdu, pdusOf, type DeliverOptions, type MobileMessage } from './deliver';
import { DeliveryQueue } from './delivery-queue';
import { SmscConfigError, listenError } from './errors';
import { Emitter, type SmscEventName, type SmscEvents, type SmscSession } from './events';
import { Link } from './link';
import { MessageStore } from './message-store';
import { normalise, type SmscOptions, type SmscSettings } from './options';
import { Faults, findRuleProblems, type Rule } from './rules';
import { Scheduler } from './scheduler';

interface Address {
  readonly host: string;
  readonly port: number;
}

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
  readonly #log: CollapsedLog;
  readonly #events: Emitter;
  readonly #links = new Set<Link>();
  readonly #context: SmscContext;
  #server: net.Server | undefined;
  #starting: Promise<Address> | undefined;
  #address: Address;
  #linkCount = 0;
  #messageCount = 0;
  #deliverCount = 0;
  readonly #firstId: number;

  /** Throws `INVALID_CONFIG` with all that is wrong. */
  constructor(options: SmscOptions = {}) {
    const settings = normalise(options);
    const log = collapseRepeats(settings.log, settings.clock);
    this.#log = log;
    this.#settings = { ...settings, log };
    const { clock, random, rules, receiptState, host, port, defaultAlphabet } = settings;
    this.#address = { host, port };
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
      nextMessageId: () => this.#nextMessageId(),
    };
  }

  /** The port that it listens on; before that, the one that was asked for. */
  get port(): number {
    return this.#address.port;
  }

  /** The links that are bound. */
  get sessions(): readonly SmscSession[] {
    return [...this.#links].filter(({ session }) => isBound(session.state));
  }

  /** Listens. Rejects with `PORT_IN_USE` or `LISTEN_FAILED`; then it may be tried again. */
  start(): Promise<Address> {
    this.#log.begin();
    this.#starting ??= this.#listen();
    return this.#starting;
  }

  /** Unbinds all links and stops listening; resolves when nothing is left open. It may be started again. */
  async stop(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    const server = this.#server;
    this.#starting = undefined;
    this.#server = undefined;
    const closed = server && new Promise((resolve) => server.close(resolve));
    const { scheduler, deliveries, parts, messages } = this.#context;
    scheduler.clear();
    await Promise.all([...this.#links].map((link) => link.unbind()));
    for (const cleared of [deliveries, scheduler, parts, messages]) cleared.clear();
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
        plainCopy(await deliverPdu(pdu, receiver, options.repeat ?? 0, this.#context.scheduler)),
      ),
    );
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

  on<E extends SmscEventName>(name: E, handler: (event: SmscEvents[E]) => unknown): this {
    this.#events.on(name, handler);
    return this;
  }

  off<E extends SmscEventName>(name: E, handler: (event: SmscEvents[E]) => unknown): this {
    this.#events.off(name, handler);
    return this;
  }

  #listen(): Promise<Address> {
    const { host, port, tls: tlsOptions, log } = this.#settings;
    const accept = (socket: net.Socket): void => this.#acceptSocket(socket);
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

  /** Serves a connection that did not come by the port, such as one in memory. Works without {@link start}. */
  serve(transport: Transport): void {
    this.#accept(transport, () => transport.destroy());
  }

  #acceptSocket(socket: net.Socket): void {
    // Until the session listens, an error of the socket would end the process.
    socket.on('error', () => undefined);
    const peer = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? '?'}`;
    // A TLS socket has no reset of its own.
    const reset = (): unknown => socket instanceof tls.TLSSocket || socket.resetAndDestroy();
    this.#accept(new SocketTransport(socket, peer, this.#settings.clock), reset);
  }

  #accept(transport: Transport, reset: () => void): void {
    const link = new Link(++this.#linkCount, transport, reset, this.#context);
    this.#links.add(link);
    void link.session.closed.then((reason) => {
      this.#links.delete(link);
      link.ended(reason);
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
