import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Emitter, collapseRepeats, type CollapsedLog, type OpenLog, type Log } from '../observability';
import { SmppError, type Pdu } from '../protocol';
import { SocketTransport, canReceive, connect, isBound, type Transport } from '../session';
import { onAbort, within } from '../waiting';
import { Connection } from './connection';
import type { Origin, ServerContext } from './context';
import type { MobileMessage } from './deliver';
import { Directory } from './directory';
import type { ServerEventName, ServerEvents } from './events';
import { Listener, type ListenAddress } from './listener';
import { normalise, type ServerSettings, type SmppServerOptions } from './options';
import { MessageReader } from './submitted';
import type { DeliveryReceipt } from './receipt';
import type { DeliverRequestOptions, ServerSession } from './types';

/** Milliseconds. */
const CONNECT_TIMEOUT = 10_000;

/** Where a client listens for an outbind, and who it is that asks. */
export interface OutbindOptions {
  /** Name or address. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
  /** Options of Node's `tls.connect`; absent: plain TCP. */
  readonly tls?: ConnectionOptions;
  /** Who asks. */
  readonly system_id?: string;
  /** By which the client knows that. */
  readonly password?: string;
  /** Gives up. */
  readonly signal?: AbortSignal;
}

/** How a server stops. */
export interface StopOptions {
  /** Seconds that what is under way may take; default the option `drainTimeout`. */
  readonly drainTimeout?: number;
}

/**
 * Listens for SMPP clients, lets them in, takes what they submit and delivers to them.
 *
 * ```ts
 * const server = new SmppServer({
 *   authenticate: ({ system_id, password }) => accounts.get(system_id) === password || 'ESME_RINVPASWD',
 *   submit: async ({ text, destination_addr }) => ({ message_id: await keep(destination_addr, text) }),
 * });
 * await server.start();
 * ```
 */
export class SmppServer {
  readonly #settings: ServerSettings;
  readonly #log: Log & Pick<CollapsedLog, 'begin' | 'end'>;
  readonly #events: Emitter<ServerEvents>;
  readonly #context: ServerContext;
  readonly #directory = new Directory<ServerSession>();
  readonly #connections = new Set<Connection>();
  readonly #messages: MessageReader;
  readonly #listener: Listener;
  #starting: Promise<ListenAddress> | undefined;
  #stopping: Promise<void> | undefined;
  #draining = false;
  readonly #onStop: (() => void)[] = [];
  #address: ListenAddress;
  #count = 0;
  #turn = 0;

  /** Throws `INVALID_CONFIG` with all that is wrong. Listens to nothing yet. */
  constructor(options: SmppServerOptions) {
    const settings = normalise(options);
    const { clock, defaultAlphabet, dataCodings, joinParts, host, port } = settings;
    this.#settings = settings;
    this.#log = collapsed(settings);
    this.#events = new Emitter(this.#log);
    this.#messages = new MessageReader(clock, { defaultAlphabet, dataCodings }, joinParts);
    this.#address = { host, port };
    const isDraining = (): boolean => this.#draining;
    this.#context = {
      settings,
      log: this.#log,
      clock,
      events: this.#events,
      messages: this.#messages,
      directory: this.#directory,
      get isDraining() {
        return isDraining();
      },
    };
    this.#listener = new Listener(this.#context, (socket) => this.#acceptSocket(socket));
  }

  /** The port that it listens on; before that, the one that was asked for. */
  get port(): number {
    return this.#address.port;
  }

  /** The sessions that are bound, in the order of their binds within a system_id. */
  get sessions(): readonly ServerSession[] {
    return this.#directory.bound().filter(({ state }) => isBound(state));
  }

  /** All connections, bound or not. */
  get connections(): readonly ServerSession[] {
    return [...this.#connections];
  }

  /** The sessions that may be delivered to: bound as receiver or transceiver; of one account, or of all. */
  receivers(systemId?: string): readonly ServerSession[] {
    return this.#directory.bound(systemId).filter(({ state }) => canReceive(state));
  }

  /**
   * Listens. Rejects with `PORT_IN_USE` or `LISTEN_FAILED`; then it may be tried again. `signal`: stops it when it aborts,
   * and rejects where that is before it listens.
   */
  async start({ signal }: { readonly signal?: AbortSignal } = {}): Promise<ListenAddress> {
    signal?.throwIfAborted();
    const starting = (this.#starting ??= this.#listen(this.#stopping));
    const address = await starting;
    if (!signal) return address;
    const off = onAbort(signal, () => void this.stop());
    this.#onStop.push(off);
    signal.throwIfAborted();
    return address;
  }

  /**
   * Takes nothing new (what is asked is answered ESME_RTHROTTLED), waits for what is under way, unbinds all sessions and
   * stops listening. Resolves when nothing is left open. It may be started again. Never rejects.
   */
  stop({ drainTimeout }: StopOptions = {}): Promise<void> {
    const ms = drainTimeout === undefined ? this.#settings.drainTimeout : drainTimeout * 1000;
    const starting = this.#starting;
    const before = this.#stopping;
    if (!starting && before) return before;
    this.#starting = undefined;
    const stopping = this.#stop(ms, starting, before).finally(() => {
      if (this.#stopping === stopping) this.#stopping = undefined;
    });
    return (this.#stopping = stopping);
  }

  /** As {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Sends a message to a session of an account that is bound to receive, each message to the next of them; a long one in
   * parts, all to the same. Resolves with the responses, one per part, whatever their status; rejects as
   * {@link ServerSession.deliver}, with `NOT_BOUND` also where there is none.
   */
  async deliver(
    systemId: string,
    message: MobileMessage,
    options?: DeliverRequestOptions,
  ): Promise<readonly Pdu[]> {
    return this.#receiver(systemId).deliver(message, options);
  }

  /** As {@link deliver}, for a receipt with its text and TLVs. Resolves with the response. */
  async deliverReceipt(
    systemId: string,
    receipt: DeliveryReceipt,
    options?: DeliverRequestOptions,
  ): Promise<Pdu> {
    return this.#receiver(systemId).deliverReceipt(receipt, options);
  }

  /**
   * Connects to a client that listens, and asks it to bind (SMPP 3.4 section 2.2.1). Resolves with the session when
   * it is bound. Rejects with `CONNECT_FAILED`, `CONNECT_TIMEOUT`, `TLS_FAILED`, with `SESSION_CLOSED` where it does not bind,
   * or with the reason of `signal`.
   */
  async outbind(options: OutbindOptions): Promise<ServerSession> {
    const { host, port, tls, signal, system_id = this.#settings.systemId, password = '' } = options;
    const { clock } = this.#settings;
    const transport = await connect({ host, port, tls, signal, clock, timeout: CONNECT_TIMEOUT });
    const connection = this.#accept(transport, { address: host, port, socket: undefined });
    connection.protocol.outbind({ system_id, password });
    return new Promise((resolve, reject) => {
      const bound = ({ session, command_status }: ServerEvents['bind']): void => {
        if (session !== connection || command_status !== 'ESME_ROK') return;
        done();
        resolve(connection);
      };
      const gaveUp = signal && onAbort(signal, () => connection.close('outbind was given up'));
      const done = (): void => {
        this.off('bind', bound);
        gaveUp?.();
      };
      this.on('bind', bound);
      void connection.closed.then(({ text }) => {
        done();
        const why = `${host}:${port} did not bind after outbind: ${text}`;
        reject(
          signal?.aborted
            ? (signal.reason as Error)
            : new SmppError('SESSION_CLOSED', why, { retriable: true }),
        );
      });
    });
  }

  /** Serves a connection that did not come by the port, such as one in memory. Works without {@link start}. */
  serve(transport: Transport): ServerSession {
    return this.#accept(transport, { address: transport.peer, port: 0, socket: undefined });
  }

  /** Calls the handler at every event of this name. What it throws is logged and harms nobody. */
  on<E extends ServerEventName>(name: E, handler: (event: ServerEvents[E]) => unknown): this {
    this.#events.on(name, handler);
    return this;
  }

  /** Takes a handler off. */
  off<E extends ServerEventName>(name: E, handler: (event: ServerEvents[E]) => unknown): this {
    this.#events.off(name, handler);
    return this;
  }

  async #listen(stopping: Promise<void> | undefined): Promise<ListenAddress> {
    await stopping;
    this.#log.begin();
    try {
      this.#address = await this.#listener.listen();
    } catch (error) {
      this.#starting = undefined;
      throw error;
    }
    const { host, port } = this.#address;
    this.#log.info({ event: 'listen', stage: 'start', host, port }, `listening on ${host}:${port}`);
    return this.#address;
  }

  async #stop(ms: number, starting?: Promise<ListenAddress>, before?: Promise<void>): Promise<void> {
    await before;
    const listened = await starting?.catch(() => undefined);
    for (const off of this.#onStop.splice(0)) off();
    this.#draining = true;
    const closed = this.#listener.close();
    const all = [...this.#connections];
    for (const connection of all) if (!isBound(connection.state)) connection.close('the server stops');
    const idle = Promise.all(all.map((connection) => connection.idle()));
    if (ms > 0) await within(this.#settings.clock, ms, idle);
    await Promise.all([...this.#connections].map((connection) => connection.unbind()));
    await closed;
    this.#messages.clear();
    this.#draining = false;
    if (listened)
      this.#log.info({ event: 'listen', stage: 'end', host: listened.host, port: listened.port }, 'stopped');
    this.#log.end();
  }

  #acceptSocket(socket: Socket): void {
    const { remoteAddress: address = '?', remotePort: port = 0 } = socket;
    const transport = new SocketTransport(socket, `${address}:${port}`, this.#settings.clock);
    this.#accept(transport, { address, port, socket });
  }

  #accept(transport: Transport, origin: Origin): Connection {
    const connection = new Connection(++this.#count, transport, origin, this.#context);
    this.#connections.add(connection);
    void connection.closed.then((reason) => {
      this.#connections.delete(connection);
      connection.ended(reason);
    });
    this.#events.emit('connect', { session: connection });
    return connection;
  }

  #receiver(systemId: string): ServerSession {
    // Undefined is nobody's account, and not any: who looks one up may find none.
    const receivers = typeof (systemId as unknown) === 'string' ? this.receivers(systemId) : [];
    const receiver = receivers[this.#turn++ % receivers.length];
    if (receiver) return receiver;
    const text = `no client of ${systemId} is bound to receive; it has to bind as receiver or transceiver first`;
    throw new SmppError('NOT_BOUND', text, { retriable: true });
  }
}

/** One that collapses by itself stays as it is. */
function collapsed({ log, clock }: ServerSettings): CollapsedLog {
  const isCollapsed = (given: OpenLog): given is CollapsedLog => 'begin' in given && 'end' in given;
  return isCollapsed(log) ? log : collapseRepeats(log, clock);
}
