import * as net from 'node:net';
import * as tls from 'node:tls';
import { SmppError } from '../protocol';

/** A two-way stream of octets, as a session needs it. */
export interface Transport {
  /** Who is at the other end, for people: `host:port`. */
  readonly peer: string;
  /** Octets accepted by {@link write} that the operating system has not taken yet. */
  readonly backlog: number;
  /** Takes all octets; false: enough for now, wait for `drained`. */
  write(octets: Buffer): boolean;
  pause(): void;
  resume(): void;
  /** Sends what is written, then closes; the peer gets `graceMs` to close as well. */
  end(graceMs: number): void;
  destroy(): void;
  /** Must be called once; nothing is read before. */
  start(handlers: TransportHandlers): void;
}

export interface TransportHandlers {
  data(chunk: Buffer): void;
  drained(): void;
  /** Called exactly once; `error` when the link broke. */
  closed(error?: Error): void;
}

export interface ConnectOptions {
  host: string;
  port: number;
  /** TLS options of Node; absent: plain TCP. */
  tls?: tls.ConnectionOptions | undefined;
  localAddress?: string | undefined;
  /** Milliseconds. */
  timeout: number;
  signal?: AbortSignal | undefined;
}

/**
 * Opens a connection. Rejects with `CONNECT_FAILED` (refused, unknown host,
 * certificate not accepted …), `CONNECT_TIMEOUT`, or the signal's reason.
 */
export function connect(options: ConnectOptions): Promise<Transport> {
  const { host, port, timeout, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const base = { host, port, ...(options.localAddress ? { localAddress: options.localAddress } : {}) };
    const socket = options.tls
      ? tls.connect({ ...(net.isIP(host) ? {} : { servername: host }), ...options.tls, ...base })
      : net.connect(base);
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      if (!error) return resolve(new SocketTransport(socket, `${host}:${port}`));
      socket.on('error', ignore);
      socket.destroy();
      reject(error);
    };
    const onError = (cause: Error): void => finish(connectError(cause, host, port));
    const onAbort = (): void => finish(signal?.reason as Error);
    const timer = setTimeout(() => {
      const text = `no connection to ${host}:${port} within ${timeout / 1000} s: is the address right and the way open?`;
      finish(new SmppError('CONNECT_TIMEOUT', text, { retriable: true }));
    }, timeout);
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once(options.tls ? 'secureConnect' : 'connect', () => finish());
  });
}

function connectError(cause: Error, host: string, port: number): SmppError {
  // With several addresses Node reports an AggregateError whose message is empty.
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const what = CAUSES[code] ?? (cause.message || code || 'unknown cause');
  return new SmppError('CONNECT_FAILED', `cannot connect to ${host}:${port}: ${what}`, {
    cause,
    retriable: true,
  });
}

const CAUSES: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED); check host and port',
  ENOTFOUND: 'the host name is not known (ENOTFOUND); check host',
  EAI_AGAIN: 'the host name could not be looked up just now (EAI_AGAIN)',
  EHOSTUNREACH: 'no route to the host (EHOSTUNREACH)',
  ENETUNREACH: 'no route to the network (ENETUNREACH)',
  ETIMEDOUT: 'no answer (ETIMEDOUT)',
  CERT_HAS_EXPIRED: 'its certificate has expired (CERT_HAS_EXPIRED)',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT); give the CA in the TLS configuration',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its certificate is signed by an unknown CA (SELF_SIGNED_CERT_IN_CHAIN); give the CA in the TLS configuration',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate cannot be verified (UNABLE_TO_VERIFY_LEAF_SIGNATURE); give the CA in the TLS configuration',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID); set the server name in the TLS configuration',
};

function ignore(): void {
  // A destroyed socket may still report what it was doing.
}

/** A TCP or TLS socket, connected. */
export class SocketTransport implements Transport {
  readonly peer: string;
  readonly #socket: net.Socket;
  #corked = false;
  #error: Error | undefined;

  constructor(socket: net.Socket, peer: string) {
    this.#socket = socket;
    this.peer = peer;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.pause();
    // From the first moment on: an error that nobody listens for would end the process.
    socket.on('error', (cause) => (this.#error = cause));
  }

  get backlog(): number {
    return this.#socket.writableLength;
  }

  /** All that is written within one turn leaves in one system call: a write costs Node about 20 µs. */
  write(octets: Buffer): boolean {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return false;
    if (!this.#corked) {
      this.#corked = true;
      socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        socket.uncork();
      });
    }
    return socket.write(octets);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(graceMs: number): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    socket.end();
    const timer = setTimeout(() => socket.destroy(), graceMs);
    socket.once('close', () => clearTimeout(timer));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  start(handlers: TransportHandlers): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => handlers.data(chunk));
    socket.on('drain', () => handlers.drained());
    socket.once('close', () => handlers.closed(this.#error));
    socket.resume();
  }
}
