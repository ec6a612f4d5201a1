import * as net from 'node:net';
import * as tls from 'node:tls';
import { SmppError } from '../protocol';

/** Where a port is open. */
export interface ListenAddress {
  /** Name or address. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
}

export interface PortListenerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** With key and certificate; absent: plain TCP. */
  readonly tls?: tls.TlsOptions | undefined;
  /** Milliseconds that TLS may take; 0: as long as Node allows. */
  readonly handshakeTimeout: number;
  /** Whether a connection from this address is let in; else it is dropped. */
  readonly admits: (address: string) => boolean;
  /** One that was let in has gone. */
  readonly gone: (address: string) => void;
  /** Gets each connection that was let in, with TLS up where TLS is wanted. */
  readonly accept: (socket: net.Socket) => void;
  readonly tlsFailed: (error: Error, address: string) => void;
  /** Listening itself failed; it goes on where it can. */
  readonly failed: (error: Error) => void;
}

/** A TCP port that takes connections, with TLS or without. */
export class PortListener {
  readonly #options: PortListenerOptions;
  #server: net.Server | undefined;
  /** Sockets on which TLS is not up yet. */
  readonly #early = new Set<net.Socket>();

  constructor(options: PortListenerOptions) {
    this.#options = options;
  }

  /** Rejects with `PORT_IN_USE` or `LISTEN_FAILED`. */
  listen(): Promise<ListenAddress> {
    const { host, port, tls: secure, handshakeTimeout: ms } = this.#options;
    // What a client has asked before it closes its half is still answered.
    const base = { allowHalfOpen: true, pauseOnConnect: false };
    const up = (socket: net.Socket): void => this.#up(socket);
    const handshakeTimeout = ms > 0 ? { handshakeTimeout: ms } : {};
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
        server.on('error', (error: Error) => this.#options.failed(error));
        resolve({ host, port: (server.address() as net.AddressInfo).port });
      });
    });
  }

  /** Takes no more connections; resolves when all that it took are gone. The port is free at once. */
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
    const { admits, gone, tls: secure } = this.#options;
    const address = socket.remoteAddress ?? '?';
    if (!admits(address)) {
      socket.destroy();
      return;
    }
    socket.once('close', () => {
      this.#early.delete(socket);
      gone(address);
    });
    if (secure) this.#early.add(socket);
  }

  #up(socket: net.Socket): void {
    // Refused above, but its other listeners are called all the same.
    if (socket.destroyed) return;
    socket.on('error', () => undefined);
    this.#options.accept(socket);
  }

  #tlsFailed(error: Error, socket: net.Socket): void {
    const { remoteAddress = '?' } = socket;
    // After handshakeTimeout Node leaves it open.
    socket.destroy();
    this.#options.tlsFailed(error, remoteAddress);
  }
}

/** Why a port could not be opened: `PORT_IN_USE` or `LISTEN_FAILED`. */
function listenError(cause: NodeJS.ErrnoException, host: string, port: number): SmppError {
  if (cause.code === 'EADDRINUSE') {
    const text = `port ${port} of ${host} is taken by another program; choose another port, or 0 for any free one`;
    return new SmppError('PORT_IN_USE', text, { cause, retriable: true });
  }
  const why = LISTEN_CAUSES[cause.code ?? ''] ?? cause.message;
  return new SmppError('LISTEN_FAILED', `cannot listen on ${host}:${port}: ${why}`, { cause });
}

const LISTEN_CAUSES: Readonly<Record<string, string>> = {
  EACCES: 'this account may not use the port (EACCES); choose one from 1024 on',
  EADDRNOTAVAIL: 'this machine has no such address (EADDRNOTAVAIL); check host',
  ENOTFOUND: 'the host name is not known (ENOTFOUND); check host',
};
