import { SmppError } from '../../../protocol';
import { storeClosed } from '../../errors';
import type { RedisAddress } from './address';
import { written, type Argument, type BlockingCalls } from './calls';
import { dial, isReply, type Link } from './dial';
import { redisFault } from './faults';
import { lostReply } from './lost-reply';

/** See {@link BlockingCalls}. */
export class BlockingConnection implements BlockingCalls {
  readonly #address: RedisAddress;
  readonly #key: string;
  /** Resolves when the server is there. */
  readonly #ready: () => Promise<unknown>;
  readonly #over: () => void;
  #link: Promise<Link> | undefined;
  #closed = false;

  constructor(address: RedisAddress, key: string, ready: () => Promise<unknown>, over: () => void) {
    this.#address = address;
    this.#key = key;
    this.#ready = ready;
    this.#over = over;
  }

  async command(args: readonly Argument[]): Promise<unknown> {
    if (this.#closed) throw storeClosed();
    const opening = (this.#link ??= this.#open());
    try {
      const link = await opening;
      return await link.send(args.map(written));
    } catch (error) {
      if (this.#closed) throw storeClosed();
      if (this.#link === opening) this.#end();
      throw error instanceof SmppError ? error : this.#failure(error as Error);
    }
  }

  close(): void {
    this.#closed = true;
    this.#end();
    this.#over();
  }

  /** Its server is away: what waits rejects; the next command opens it anew. */
  drop(): void {
    this.#end();
  }

  #failure(error: Error): SmppError {
    return isReply(error) ? redisFault(error, this.#address) : lostReply(redisFault(error, this.#address));
  }

  #end(): void {
    const opening = this.#link;
    this.#link = undefined;
    opening?.then(
      (link) => link.destroy(),
      () => undefined,
    );
  }

  async #open(): Promise<Link> {
    await this.#ready();
    return dial(this.#address, this.#key, () => (this.#link = undefined));
  }
}
