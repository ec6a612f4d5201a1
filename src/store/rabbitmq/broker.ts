import type { Clock, TimerHandle } from '../../clock';
import { onAbort, withLimit, isTimeout } from '../../waiting';
import { storeClosed } from '../errors';
import type { Link } from './link';

/** Milliseconds between two tries; each pause is twice the one before. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5000;
/** Milliseconds that a call waits for the broker. */
const PATIENCE = 5000;

export interface BrokerOptions {
  readonly clock: Clock;
  readonly random: (count: number) => Uint8Array;
  /** Opens a link with its topology. Rejects with `QUEUE_UNAVAILABLE`. */
  dial(): Promise<Link>;
  /** Told of each new link, before all who wait for it. */
  onUp(link: Link): void;
  /** The link is lost: nothing that came over it can be acknowledged any more. */
  onDown(): void;
  /** See `BackendContext.away`. */
  away(failure: Error | undefined): void;
  /** What is said of a broker that takes nothing: `reason` is its own. */
  blocked(reason: string): Error;
}

/** Keeps up the link to the broker: one after the other, each from nothing. */
export class Broker {
  readonly #options: BrokerOptions;
  readonly #waiting = new Set<() => void>();
  #link: Link | undefined;
  #closed = false;
  #timer: TimerHandle;
  #pause = FIRST_PAUSE;
  /** Why it is away; undefined: it is not. */
  #failure: Error | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  /** Undefined while the broker is away. */
  get link(): Link | undefined {
    return this.#link;
  }

  /** Whether it takes messages. */
  get isWritable(): boolean {
    return this.#link !== undefined && this.#link.blocked === undefined;
  }

  /** The first link; rejects where that fails, and does not try again. */
  async open(): Promise<void> {
    this.#use(await this.#options.dial());
  }

  /** Resolves with the link when there is one. Rejects after a while with what keeps it away. */
  async up(signal?: AbortSignal, mustWrite = false): Promise<Link> {
    const isUp = (): boolean => (mustWrite ? this.isWritable : this.#link !== undefined);
    if (this.#closed) throw storeClosed();
    if (!isUp()) await this.#wait(isUp, signal);
    return this.#link as Link;
  }

  async #wait(isUp: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    try {
      await withLimit(this.#options.clock, PATIENCE, (limit) => this.#until(isUp, limit), signal);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw isTimeout(error) && this.#failure ? this.#failure : error;
    }
  }

  #until(isUp: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        off();
        this.#waiting.delete(look);
        settle();
      };
      const look = (): void => {
        if (this.#closed) end(() => reject(storeClosed()));
        else if (isUp()) end(resolve);
      };
      const off = onAbort(signal, () => end(() => reject(signal.reason as Error)));
      this.#waiting.add(look);
    });
  }

  /** The link is of no use any more: the next is opened. */
  fail(error: Error): void {
    this.#link?.fail(error);
  }

  #use(link: Link): void {
    this.#link = link;
    this.#pause = FIRST_PAUSE;
    link.onBlocked = () => this.#look(link);
    this.#options.onUp(link);
    this.#tell(undefined);
    this.#look(link);
    link.onLost((error) => this.#lost(link, error));
  }

  /** A broker that takes nothing is away for those who give. */
  #look(link: Link): void {
    if (this.#link !== link) return;
    this.#tell(link.blocked === undefined ? undefined : this.#options.blocked(link.blocked));
    this.#wake();
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }

  #tell(failure: Error | undefined): void {
    if ((failure === undefined) === (this.#failure === undefined)) {
      this.#failure = failure;
      return;
    }
    this.#failure = failure;
    this.#options.away(failure);
  }

  #lost(link: Link, error: Error): void {
    if (this.#link !== link || this.#closed) return;
    this.#link = undefined;
    this.#options.onDown();
    this.#tell(error);
    this.#retry();
  }

  #retry(): void {
    if (this.#closed) return;
    const { clock, random } = this.#options;
    const chance = 0.75 + (random(1)[0] ?? 0) / 512;
    this.#timer = clock.setTimeout(() => void this.#dial(), this.#pause * chance);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
  }

  async #dial(): Promise<void> {
    try {
      const link = await this.#options.dial();
      if (this.#closed) await link.close();
      else this.#use(link);
    } catch (error) {
      if (this.#closed) return;
      this.#tell(error as Error);
      this.#retry();
    }
  }

  /** From now on whoever waits is refused; the link stays for what is to be given back. */
  end(): void {
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#timer);
    this.#wake();
  }

  async close(): Promise<void> {
    this.end();
    await this.#link?.close();
  }
}
