import type { DeliveryState, Lease, QueueItem } from '../../types';

/** No state reads so. */
const IN_DOUBT = '?';

/** A lease that is its own token, also in a copy. */
export class RedisLease implements Lease {
  readonly item: QueueItem;
  readonly state: DeliveryState;
  readonly token = this;
  /** The priority of its stream. */
  readonly p: number;
  /** Of the stream's entry. */
  readonly entry: string;
  /** `p:entry` */
  readonly name: string;
  /** What stands at the server of its state; blank: nothing; {@link IN_DOUBT}: it is not known. */
  written: string;
  #writes = 0;
  /** Whether another program has put it there: what was made of it stands at the server, too. */
  readonly isForeign: boolean;

  constructor(
    p: number,
    entry: string,
    item: QueueItem,
    state: DeliveryState,
    written: string,
    isForeign: boolean,
  ) {
    this.p = p;
    this.entry = entry;
    this.name = `${p}:${entry}`;
    this.item = item;
    this.state = state;
    this.written = written;
    this.isForeign = isForeign;
  }

  /** A state is on its way to the server. Returns which that is, for {@link stands}. */
  begin(): number {
    this.written = IN_DOUBT;
    return ++this.#writes;
  }

  /** It is there, unless a later one may be. */
  stands(written: string, write: number): void {
    if (write === this.#writes) this.written = written;
  }
}

/** The leases of this instance that are not over, as far as it knows. */
export class OpenLeases {
  readonly #byName = new Map<string, RedisLease>();

  /** An older lease of the same message has run out, and is over by that. */
  add(lease: RedisLease): void {
    this.#byName.set(lease.name, lease);
  }

  /** Ends it here; undefined: it is over already, or another store's. */
  end({ token }: Lease): RedisLease | undefined {
    const lease = this.find(token);
    if (!lease) return undefined;
    this.#byName.delete(lease.name);
    return lease;
  }

  /** Takes {@link end} back, as the server does not know of it; unless there is a successor. */
  reopen(leases: readonly RedisLease[]): void {
    for (const lease of leases) if (!this.#byName.has(lease.name)) this.#byName.set(lease.name, lease);
  }

  find(token: unknown): RedisLease | undefined {
    return token instanceof RedisLease && this.#byName.get(token.name) === token ? token : undefined;
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }
}
