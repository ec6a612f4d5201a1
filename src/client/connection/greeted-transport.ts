import { HEADER_LENGTH, commandId } from '../../protocol';
import type { Transport, TransportHandlers } from '../../session';

/** Octets, header included: longer than any system_id and password that are in use. */
const LONGEST = 256;
const OUTBIND = commandId('outbind');

/** Whoever connected said something else than an outbind, or nothing. `isSilent`: not one octet. */
export class NoOutbind extends Error {
  readonly isSilent: boolean;

  constructor(text: string, isSilent = false) {
    super(text);
    this.isSilent = isSilent;
  }
}

/**
 * A connection whose first PDU must be an outbind. It is read here, without a word to the peer; then the connection, with
 * the outbind and all that came behind it, is a session's.
 */
export class GreetedTransport implements Transport {
  readonly #inner: Transport;
  #octets = Buffer.alloc(0);
  #owner: TransportHandlers | undefined;
  /** What has happened while nobody owned it. */
  #hasEnded = false;
  #closed: { readonly error: Error | undefined } | undefined;
  #settle: { resolve(outbind: Buffer): void; reject(error: Error): void } | undefined;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  get peer(): string {
    return this.#inner.peer;
  }

  get backlog(): number {
    return this.#inner.backlog;
  }

  write(octets: Buffer): boolean {
    return this.#inner.write(octets);
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  end(graceMs: number): void {
    this.#inner.end(graceMs);
  }

  destroy(): void {
    this.#inner.destroy();
  }

  /** Resolves with the outbind, whole; rejects with {@link NoOutbind}. Called once, before {@link start}. */
  greeted(): Promise<Buffer> {
    const outbind = new Promise<Buffer>((resolve, reject) => (this.#settle = { resolve, reject }));
    this.#inner.start({
      data: (chunk) => (this.#owner ? this.#owner.data(chunk) : this.#collect(chunk)),
      drained: () => this.#owner?.drained(),
      ended: () => this.#ended(),
      closed: (error) => this.#gone(error),
    });
    return outbind;
  }

  start(owner: TransportHandlers): void {
    queueMicrotask(() => {
      this.#owner = owner;
      const octets = this.#octets;
      this.#octets = Buffer.alloc(0);
      owner.data(octets);
      if (this.#hasEnded) owner.ended();
      if (this.#closed) owner.closed(this.#closed.error);
      else this.#inner.resume();
    });
  }

  #collect(chunk: Buffer): void {
    // At most what is read at once behind the outbind: then reading pauses.
    this.#octets = Buffer.concat([this.#octets, chunk]);
    const { length } = this.#octets;
    const expected = length < 4 ? LONGEST : this.#octets.readUInt32BE(0);
    if (expected < HEADER_LENGTH || expected > LONGEST) return this.#refuse('what came is no outbind');
    if (length >= 8 && this.#octets.readUInt32BE(4) !== OUTBIND)
      return this.#refuse('what came first is another PDU than an outbind');
    if (length < expected || length < HEADER_LENGTH) return;
    this.#inner.pause();
    this.#settle?.resolve(this.#octets.subarray(0, expected));
    this.#settle = undefined;
  }

  #ended(): void {
    if (this.#owner) return this.#owner.ended();
    this.#hasEnded = true;
    this.#refuse('it closed without an outbind');
  }

  #gone(error: Error | undefined): void {
    if (this.#owner) return this.#owner.closed(error);
    this.#closed = { error };
    this.#refuse('it closed without an outbind');
  }

  #refuse(text: string): void {
    this.#settle?.reject(new NoOutbind(text, this.#octets.length === 0));
    this.#settle = undefined;
  }
}
