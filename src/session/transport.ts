import * as net from 'node:net';
import * as tls from 'node:tls';
import { nextTick, systemClock, type Clock, type TimerHandle } from '../clock';
import { SmppError } from '../protocol';
import { connectError, describeTlsError } from './connect-error';

/** Both ends of a TCP connection: addresses of IP, and ports. */
export interface TransportEnds {
  /** This machine. */
  readonly local: { readonly address: string; readonly port: number };
  /** The peer. */
  readonly remote: { readonly address: string; readonly port: number };
}

/** A two-way stream of octets, as a session needs it. */
export interface Transport {
  /** Who is at the other end, for people: `host:port`. */
  readonly peer: string;
  /** Both ends, where there are any and they are known; for recordings. */
  readonly ends?: TransportEnds | undefined;
  /** Octets accepted by {@link write} that the operating system has not taken yet. */
  readonly backlog: number;
  /** Takes all octets, which must not be changed any more; false: enough for now, wait for `drained`. */
  write(octets: Buffer): boolean;
  /** Reads nothing more until {@link resume}. */
  pause(): void;
  /** Reads on. */
  resume(): void;
  /** Sends what is written, then closes; the peer gets `graceMs` to close as well. */
  end(graceMs: number): void;
  /** Closes at once, whatever is still to be written. */
  destroy(): void;
  /** Must be called once; nothing is read before. */
  start(handlers: TransportHandlers): void;
}

/** What a transport calls. */
export interface TransportHandlers {
  /** `chunk` may be overwritten when this returns. */
  data(chunk: Buffer): void;
  /** There is room for writing again. */
  drained(): void;
  /** The peer has closed its half: nothing comes any more, but it may still be written to. Then {@link Transport.end}. */
  ended(): void;
  /** Called exactly once; `error` when the link broke. */
  closed(error?: Error): void;
}

/** Where and how to connect. */
export interface ConnectOptions {
  /** Name or address. */
  host: string;
  /** TCP port. */
  port: number;
  /** Of the host, where it was looked up already. */
  address?: string | undefined;
  /** TLS options of Node; absent: plain TCP. */
  tls?: tls.ConnectionOptions | undefined;
  /** The address of this machine to connect from. */
  localAddress?: string | undefined;
  /** Milliseconds. */
  timeout: number;
  /** Gives up: the connection is not made. */
  signal?: AbortSignal | undefined;
  /** Default {@link systemClock}. */
  clock?: Clock | undefined;
}

/**
 * Opens a connection. Rejects with `CONNECT_FAILED` (refused, unknown host …), `TLS_FAILED` (a certificate is not
 * accepted …), `CONNECT_TIMEOUT`, or the signal's reason.
 */
export function connect(options: ConnectOptions): Promise<Transport> {
  const { host, port, timeout, signal, clock = systemClock } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    // Node decrypts TLS into buffers of its own.
    const reader = options.tls ? undefined : new Reader();
    const base = {
      host: options.address ?? host,
      port,
      // What a peer has asked before it closes its half may still be answered.
      allowHalfOpen: true,
      ...(options.localAddress ? { localAddress: options.localAddress } : {}),
    };
    let socket: net.Socket;
    try {
      socket = options.tls
        ? secure(options.tls, host, base)
        : net.connect(reader ? { ...base, onread: reader.onread } : base);
    } catch (cause) {
      return reject(connectError(cause as Error, host, port));
    }
    const finish = (error?: Error): void => {
      clock.clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      if (!error) return resolve(new SocketTransport(socket, `${host}:${port}`, clock, reader));
      socket.on('error', ignore);
      socket.destroy();
      reject(error);
    };
    const onError = (cause: Error): void => finish(connectError(cause, host, port));
    const onAbort = (): void => finish(signal?.reason as Error);
    const timer = clock.setTimeout(() => {
      const text = `no connection to ${host}:${port} within ${timeout / 1000} s: is the address right and the way open?`;
      finish(new SmppError('CONNECT_TIMEOUT', text, { retriable: true }));
    }, timeout);
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once(options.tls ? 'secureConnect' : 'connect', () => finish());
  });
}

/** Verifies, unless told not to. Throws where the options are not usable. */
function secure(options: tls.ConnectionOptions, host: string, base: net.TcpNetConnectOpts): tls.TLSSocket {
  const rejectUnauthorized = options.rejectUnauthorized !== false;
  const servername = net.isIP(host) ? {} : { servername: host };
  return tls.connect({ ...servername, ...options, ...base, rejectUnauthorized });
}

function ignore(): void {
  // A destroyed socket may still report what it was doing.
}

/** TLS 1.3 refuses a client's certificate only after the connection is up. */
function forPeople(error: Error): Error {
  const text = describeTlsError(error);
  return text === undefined ? error : new SmppError('TLS_FAILED', text, { cause: error, retriable: true });
}

/** Octets: as much as Node reads at once. */
const READ_BUFFER = 64 * 1024;

/** One buffer for all reads of a socket. As a stream Node makes one for each: a tenth of the CPU time of small reads. */
class Reader {
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BUFFER);
  data: (chunk: Buffer) => void = ignore;
  /** Node's option. */
  readonly onread: net.OnReadOpts = {
    buffer: this.#buffer,
    callback: (length) => {
      this.data(this.#buffer.subarray(0, length));
      return true;
    },
  };
}

/** A socket tells them only while it is open. */
function endsOf({
  localAddress,
  localPort,
  remoteAddress,
  remotePort,
}: net.Socket): TransportEnds | undefined {
  if (localAddress === undefined || localPort === undefined) return undefined;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return {
    local: { address: localAddress, port: localPort },
    remote: { address: remoteAddress, port: remotePort },
  };
}

/** Octets; a write that is shorter goes with others. */
const SMALL = 1024;

/** A TCP or TLS socket, connected. */
export class SocketTransport implements Transport {
  readonly peer: string;
  readonly ends: TransportEnds | undefined;
  readonly #socket: net.Socket;
  readonly #clock: Clock;
  readonly #reader: Reader | undefined;
  readonly #flush = (): void => {
    this.#corked = false;
    this.#writeSmall();
    this.#socket.uncork();
  };
  #corked = false;
  /** Short ones that were written in this turn while the socket takes no more. */
  #small: Buffer[] = [];
  #smallOctets = 0;
  #endTimer: TimerHandle;
  #error: Error | undefined;

  /** `reader`: of the socket; else its stream is read. */
  constructor(socket: net.Socket, peer: string, clock: Clock = systemClock, reader?: Reader) {
    this.#socket = socket;
    this.#reader = reader;
    this.#clock = clock;
    this.peer = peer;
    this.ends = endsOf(socket);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.pause();
    // From the first moment on: an error that nobody listens for would end the process.
    socket.on('error', (cause) => (this.#error = cause));
  }

  get backlog(): number {
    return this.#socket.writableLength + this.#smallOctets;
  }

  /** All that is written within one turn leaves in one system call: a write costs Node about 20 µs. */
  write(octets: Buffer): boolean {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return false;
    if (!this.#corked) {
      this.#corked = true;
      socket.cork();
      nextTick(this.#clock, this.#flush);
    }
    if (socket.writableNeedDrain && octets.length < SMALL) {
      this.#small.push(octets);
      this.#smallOctets += octets.length;
      return false;
    }
    this.#writeSmall();
    return socket.write(octets);
  }

  /** In one piece: each that the socket keeps costs some 250 octets, ten times of a short response. */
  #writeSmall(): void {
    if (this.#small.length === 0) return;
    const octets = Buffer.concat(this.#small);
    this.#small = [];
    this.#smallOctets = 0;
    if (!this.#socket.destroyed && !this.#socket.writableEnded) this.#socket.write(octets);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(graceMs: number): void {
    const socket = this.#socket;
    // Once: each end would have its own timer, and its own listener.
    if (socket.destroyed || this.#endTimer !== undefined) return;
    this.#writeSmall();
    socket.end();
    this.#endTimer = this.#clock.setTimeout(() => socket.destroy(), graceMs);
    socket.once('close', () => this.#clock.clearTimeout(this.#endTimer));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  start(handlers: TransportHandlers): void {
    const socket = this.#socket;
    if (this.#reader) this.#reader.data = (chunk) => handlers.data(chunk);
    else socket.on('data', (chunk: Buffer) => handlers.data(chunk));
    socket.on('drain', () => handlers.drained());
    socket.once('end', () => handlers.ended());
    socket.once('close', () => handlers.closed(this.#error && forPeople(this.#error)));
    socket.resume();
  }
}
