import * as net from 'node:net';
import * as tls from 'node:tls';
import type { ServerContext } from './context';
import { listenError } from './errors';

/** Where a server listens. */
export interface ListenAddress {
  /** Name or address. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
}

type Admission = 'maxConnections' | 'maxConnectionsPerAddress' | undefined;

/** The port of a server: whom it lets connect. */
export class Listener {
  readonly #context: ServerContext;
  readonly #accept: (socket: net.Socket) => void;
  #server: net.Server | undefined;
  /** Sockets on which TLS is not up yet. */
  readonly #early = new Set<net.Socket>();

  /** `accept` gets each connection, with TLS up where TLS is wanted. */
  constructor(context: ServerContext, accept: (socket: net.Socket) => void) {
    this.#context = context;
    this.#accept = accept;
  }

  /** Rejects with `PORT_IN_USE` or `LISTEN_FAILED`. */
  listen(): Promise<ListenAddress> {
    const { host, port, tls: secure, bindTimeout } = this.#context.settings;
    // What a client has asked before it closes its half is still answered.
    const base = { allowHalfOpen: true, pauseOnConnect: false };
    const up = (socket: net.Socket): void => this.#up(socket);
    const handshakeTimeout = bindTimeout > 0 ? { handshakeTimeout: bindTimeout } : {};
    const server = secure
      ? tls.createServer({ ...handshakeTimeout, ...secure, ...base }, up)
      : net.createServer(base, up);
    // Before TLS has its hands on it.
    server.prependListener('connection', (socket: net.Socket) => this.#connected(socket));
    server.on('tlsClientError', (error: Error, socket: net.Socket) => this.#tlsFailed(error, socket));
    return new Promise((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(cause, host, port)));
      server.listen(port, host, () => {
        this.#server = server;
        server.on('error', (error: Error) => this.#failed(error));
        resolve({ host, port: (server.address() as net.AddressInfo).port });
      });
    });
  }

  /** Takes no more connections; resolves when all that it took are gone. */
  close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#early) socket.destroy();
    return new Promise((resolve) => {
      if (server) server.close(() => resolve());
      else resolve();
    });
  }

  #connected(socket: net.Socket): void {
    // Until the session listens, an error of the socket would end the process.
    socket.on('error', () => undefined);
    const { directory, log } = this.#context;
    const address = socket.remoteAddress ?? '?';
    const over = this.#overLimit(address);
    if (over !== undefined) {
      log.warn(
        { event: 'session', stage: 'refused', address, limit: over },
        `connection of ${address} dropped: it would be one more than ${over} allows`,
      );
      socket.destroy();
      return;
    }
    directory.connected(address);
    socket.once('close', () => {
      this.#early.delete(socket);
      directory.disconnected(address);
    });
    if (this.#context.settings.tls) this.#early.add(socket);
  }

  #overLimit(address: string): Admission {
    const { directory, settings } = this.#context;
    if (directory.connections >= settings.maxConnections) return 'maxConnections';
    if (directory.ofAddress(address) >= settings.maxConnectionsPerAddress) return 'maxConnectionsPerAddress';
    return undefined;
  }

  #up(socket: net.Socket): void {
    // Refused above, but its other listeners are called all the same.
    if (socket.destroyed) return;
    socket.on('error', () => undefined);
    this.#accept(socket);
  }

  #tlsFailed(error: Error, socket: net.Socket): void {
    // After handshakeTimeout Node leaves it open.
    socket.destroy();
    const { log, events } = this.#context;
    log.warn({ event: 'session', stage: 'tls', err: error.message }, 'TLS with a client failed');
    events.emit('error', { source: 'tls', error });
  }

  #failed(error: Error): void {
    const { log, events } = this.#context;
    log.error({ event: 'listen', stage: 'failed', err: error }, 'listening failed');
    events.emit('error', { source: 'listen', error });
  }
}
