import * as net from 'node:net';
import * as tls from 'node:tls';
import {
  PduError,
  PduFramer,
  decodePdu,
  encodePdu,
  responseOf,
  type Pdu,
  type PduInput,
} from '../../protocol';
import { isTls } from '../pcap';

/** Why a link gives no answer. */
export type Silence = 'timeout' | 'closed' | 'not-smpp' | 'tls';

export class NoAnswer extends Error {
  readonly why: Silence;

  constructor(why: Silence, message: string) {
    super(message);
    this.why = why;
  }
}

/** Where a link goes. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** Of the host. */
  readonly address: string;
  /** Options of Node; absent: plain TCP. */
  readonly tls?: tls.ConnectionOptions | undefined;
  readonly localAddress?: string | undefined;
}

/** What comes from the SMSC on its own account: undefined leaves it to the SMSC to send it again. */
export type Incoming = (pdu: Pdu) => 'taken' | undefined;

interface Waiting {
  readonly resolve: (answer: Answered) => void;
  readonly reject: (error: Error) => void;
  readonly start: number;
  readonly timer: NodeJS.Timeout;
}

export interface Answered {
  readonly pdu: Pdu;
  /** Milliseconds. */
  readonly latency: number;
}

/** Octets of the beginning that are kept to say what speaks there. */
const PREVIEW = 64;

/**
 * A connection to find out with: PDUs in, PDUs out, without the client's ways to go on in spite of everything. What the
 * SMSC asks is answered; messages that are not for it are put off, so that none is lost.
 */
export class ProbeLink {
  readonly socket: net.Socket;
  /** How the connection is encrypted; absent for plain TCP. */
  readonly security: { protocol: string; cipher: string; certificate: tls.PeerCertificate } | undefined;
  readonly #framer = new PduFramer();
  readonly #waiting = new Map<number, Waiting>();
  #sequence = 0;
  #preview = Buffer.alloc(0);
  #ended: NoAnswer | undefined;
  /** Whether there is something to unbind. */
  isBound = false;
  /** Messages that were put off. */
  putOff = 0;
  onIncoming: Incoming = () => undefined;

  constructor(socket: net.Socket) {
    this.socket = socket;
    if (socket instanceof tls.TLSSocket) {
      const [protocol, cipher] = [socket.getProtocol() ?? '', socket.getCipher().name];
      this.security = { protocol, cipher, certificate: socket.getPeerCertificate() };
    }
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#end(this.#closed(error)));
    socket.on('close', () => this.#end(this.#closed()));
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** What came first: at most 64 octets. */
  get firstOctets(): Buffer {
    return this.#preview;
  }

  /** What came first, as text, where it is text. */
  get preview(): string {
    return this.#preview.toString('latin1').replace(/[^ -~].*$/s, '');
  }

  /** Sends a request; resolves with its response. Rejects with {@link NoAnswer}. */
  ask(pdu: PduInput, timeout: number): Promise<Answered> {
    if (this.#ended) return Promise.reject(this.#ended);
    const sequence_number = ++this.#sequence;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(sequence_number);
        reject(new NoAnswer('timeout', `no response to ${pdu.command} within ${timeout / 1000} s`));
      }, timeout);
      this.#waiting.set(sequence_number, { resolve, reject, timer, start: performance.now() });
      this.socket.write(encodePdu({ ...pdu, sequence_number }, { allowLong: true }));
    });
  }

  /** Unbinds where it is bound, if it can within `timeout`, and closes. Never rejects. */
  async leave(timeout: number): Promise<void> {
    if (this.isOpen && this.isBound) await this.ask({ command: 'unbind' }, timeout).catch(() => undefined);
    this.destroy();
  }

  destroy(): void {
    this.socket.destroy();
    this.#end(this.#closed());
  }

  #receive(chunk: Buffer): void {
    if (this.#ended) return;
    if (this.#preview.length < PREVIEW)
      this.#preview = Buffer.concat([this.#preview, chunk]).subarray(0, PREVIEW);
    try {
      for (const octets of this.#framer.push(chunk)) this.#take(decodePdu(Buffer.from(octets)));
    } catch (error) {
      if (!(error instanceof PduError)) throw error;
      this.#end(isTls(this.#preview) ? new NoAnswer('tls', 'it answers with TLS') : this.#notSmpp(error));
      this.socket.destroy();
    }
  }

  #notSmpp(error: PduError): NoAnswer {
    const { preview } = this;
    const shown = preview === '' ? error.message : `it says ${JSON.stringify(preview)}`;
    return new NoAnswer('not-smpp', `what answers does not speak SMPP: ${shown}`);
  }

  #take(pdu: Pdu): void {
    const waiting = this.#waiting.get(pdu.sequence_number);
    if (pdu.command_id >= 0x80000000) {
      if (!waiting) return;
      this.#waiting.delete(pdu.sequence_number);
      clearTimeout(waiting.timer);
      waiting.resolve({ pdu, latency: performance.now() - waiting.start });
      return;
    }
    const response = responseOf(pdu.command);
    if (response === undefined) return;
    this.socket.write(
      encodePdu({
        command: response,
        ...this.#answer(pdu),
        sequence_number: pdu.sequence_number,
      }),
    );
  }

  #answer(pdu: Pdu): { command_status: number | 'ESME_RX_T_APPN' | 'ESME_RINVCMDID' } {
    if (pdu.command === 'enquire_link' || pdu.command === 'unbind') return { command_status: 0 };
    if (pdu.command !== 'deliver_sm' && pdu.command !== 'data_sm')
      return { command_status: 'ESME_RINVCMDID' };
    if (this.onIncoming(pdu) === 'taken') return { command_status: 0 };
    this.putOff++;
    return { command_status: 'ESME_RX_T_APPN' };
  }

  #closed(error?: NodeJS.ErrnoException): NoAnswer {
    if (isTls(this.#preview)) return new NoAnswer('tls', 'it answers with TLS');
    const code = error?.code;
    const how = code === undefined ? '' : ` (${code})`;
    return new NoAnswer('closed', `the connection was closed${how}`);
  }

  #end(error: NoAnswer): void {
    this.#ended ??= error;
    for (const { timer, reject } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(this.#ended);
    }
    this.#waiting.clear();
  }
}

/** A plain or encrypted connection. Rejects with Node's error, or one with `code: 'ETIMEDOUT'` after `timeout` ms. */
export function openSocket(target: Target, timeout: number, signal: AbortSignal): Promise<net.Socket> {
  const { host, port, address, localAddress, tls: secure } = target;
  const base = { host: address, port, ...(localAddress ? { localAddress } : {}) };
  const servername = net.isIP(host) ? {} : { servername: host };
  const socket = secure ? tls.connect({ ...servername, ...secure, ...base }) : net.connect(base);
  return new Promise((resolve, reject) => {
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off('error', finish);
      if (!error) return resolve(socket);
      // A destroyed socket may still report what it was doing.
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => finish(signal.reason as Error);
    const timer = setTimeout(
      () => finish(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
      timeout,
    );
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', finish);
    socket.once(secure ? 'secureConnect' : 'connect', () => finish());
    if (signal.aborted) onAbort();
  });
}
