import { SmppError } from '../../src/protocol';
import type { Transport, TransportHandlers } from '../../src/session';
import type { FakeClock } from '../support/clock';

export interface WireOptions {
  readonly clock: FakeClock;
  readonly random: () => number;
  /** Hears of all that is written, as it is. */
  readonly written: (end: 'esme' | 'smsc', octets: Buffer) => void;
}

/** Milliseconds that octets are on their way, at most. */
const LONGEST_WAY = 30;

/** One end of a connection in memory: octets arrive later, in order, in pieces. */
class End implements Transport {
  readonly peer = 'memory:2775';
  readonly backlog = 0;
  other!: End;
  readonly #name: 'esme' | 'smsc';
  readonly #options: WireOptions;
  #handlers: TransportHandlers | undefined;
  #early: Buffer[] = [];
  #paused = false;
  #closed = false;
  #arrivesAt = 0;

  constructor(name: 'esme' | 'smsc', options: WireOptions) {
    this.#name = name;
    this.#options = options;
  }

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers;
    this.#flush();
  }

  write(octets: Buffer): boolean {
    if (this.#closed) return true;
    this.#options.written(this.#name, octets);
    const { random } = this.#options;
    const cut = random() < 0.3 ? Math.floor(random() * octets.length) : octets.length;
    for (const piece of [octets.subarray(0, cut), octets.subarray(cut)])
      // Whoever wrote it may use its buffer again.
      if (piece.length > 0) this.#later(() => this.other.#arrive(piece), Buffer.from(piece));
    return true;
  }

  #later(arrive: (piece: Buffer) => void, piece: Buffer): void;
  #later(arrive: () => void): void;
  #later(arrive: (piece: Buffer) => void, piece: Buffer = Buffer.alloc(0)): void {
    const { clock, random } = this.#options;
    this.#arrivesAt = Math.max(this.#arrivesAt, clock.monotonic() + random() * LONGEST_WAY);
    clock.setTimeout(() => arrive(piece), this.#arrivesAt - clock.monotonic());
  }

  #arrive(piece: Buffer): void {
    this.#early.push(piece);
    this.#flush();
  }

  #flush(): void {
    while (this.#handlers && !this.#paused && !this.#closed) {
      const piece = this.#early.shift();
      if (!piece) return;
      this.#handlers.data(piece);
    }
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#flush();
  }

  end(): void {
    this.#later(() => this.destroy());
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handlers?.closed();
    this.other.#later(() => this.other.destroy());
  }

  /** The link breaks: what is on its way does not arrive. */
  cut(): void {
    for (const end of [this as End, this.other]) {
      if (end.#closed) continue;
      end.#closed = true;
      end.#handlers?.closed(new Error('read ECONNRESET'));
    }
  }
}

/** What connects clients to one SMSC. */
export class FakeNetwork {
  readonly #options: WireOptions;
  readonly #serve: (transport: Transport) => void;
  #ends: End[] = [];
  /** Whether connections are refused. */
  refuses = false;

  constructor(options: WireOptions, serve: (transport: Transport) => void) {
    this.#options = options;
    this.#serve = serve;
  }

  connect = (): Promise<Transport> => {
    if (this.refuses) {
      const text = 'connect ECONNREFUSED memory:2775';
      return Promise.reject(new SmppError('CONNECT_FAILED', text, { retriable: true }));
    }
    const [esme, smsc] = [new End('esme', this.#options), new End('smsc', this.#options)];
    [esme.other, smsc.other] = [smsc, esme];
    this.#ends.push(esme);
    this.#serve(smsc);
    return Promise.resolve(esme);
  };

  cut(): void {
    for (const end of this.#ends.splice(0)) end.cut();
  }
}
