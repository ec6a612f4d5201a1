import type * as net from 'node:net';
import { PortListener, type ListenAddress } from '../session';
import type { ServerContext } from './context';

export type { ListenAddress } from '../session';

type Admission = 'maxConnections' | 'maxConnectionsPerAddress' | undefined;

/** The port of a server: whom it lets connect. */
export class Listener {
  readonly #context: ServerContext;
  readonly #port: PortListener;

  /** `accept` gets each connection, with TLS up where TLS is wanted. */
  constructor(context: ServerContext, accept: (socket: net.Socket) => void) {
    this.#context = context;
    const { directory, log, events, settings } = context;
    this.#port = new PortListener({
      ...settings,
      handshakeTimeout: settings.bindTimeout,
      accept,
      admits: (address) => this.#admits(address),
      gone: (address) => directory.disconnected(address),
      tlsFailed: (error) => {
        log.warn({ event: 'session', stage: 'tls', err: error.message }, 'TLS with a client failed');
        events.emit('error', { source: 'tls', error });
      },
      failed: (error) => {
        log.error({ event: 'listen', stage: 'failed', err: error }, 'listening failed');
        events.emit('error', { source: 'listen', error });
      },
    });
  }

  /** Rejects with `PORT_IN_USE` or `LISTEN_FAILED`. */
  listen(): Promise<ListenAddress> {
    return this.#port.listen();
  }

  /** Takes no more connections; resolves when all that it took are gone. */
  close(): Promise<void> {
    return this.#port.close();
  }

  #admits(address: string): boolean {
    const { directory, log } = this.#context;
    const over = this.#overLimit(address);
    if (over === undefined) {
      directory.connected(address);
      return true;
    }
    log.warn(
      { event: 'session', stage: 'refused', address, limit: over },
      `connection of ${address} dropped: it would be one more than ${over} allows`,
    );
    return false;
  }

  #overLimit(address: string): Admission {
    const { directory, settings } = this.#context;
    if (directory.connections >= settings.maxConnections) return 'maxConnections';
    if (directory.ofAddress(address) >= settings.maxConnectionsPerAddress) return 'maxConnectionsPerAddress';
    return undefined;
  }
}
