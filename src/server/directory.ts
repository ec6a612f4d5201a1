/** Who is there: sessions by system_id, and how many connections an address has. */
export class Directory<S> {
  readonly #byAddress = new Map<string, number>();
  readonly #bound = new Map<string, Set<S>>();
  #connections = 0;

  /** Connections, bound or not. */
  get connections(): number {
    return this.#connections;
  }

  ofAddress(address: string): number {
    return this.#byAddress.get(address) ?? 0;
  }

  connected(address: string): void {
    this.#connections++;
    this.#byAddress.set(address, this.ofAddress(address) + 1);
  }

  disconnected(address: string): void {
    this.#connections--;
    const left = this.ofAddress(address) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }

  /** The sessions of an account, in the order of their binds; of all accounts where none is named. */
  bound(systemId?: string): readonly S[] {
    if (systemId !== undefined) return [...(this.#bound.get(systemId) ?? [])];
    return [...this.#bound.values()].flatMap((sessions) => [...sessions]);
  }

  countOf(systemId: string): number {
    return this.#bound.get(systemId)?.size ?? 0;
  }

  enter(systemId: string, session: S): void {
    const sessions = this.#bound.get(systemId) ?? new Set();
    this.#bound.set(systemId, sessions.add(session));
  }

  leave(systemId: string, session: S): void {
    const sessions = this.#bound.get(systemId);
    sessions?.delete(session);
    if (sessions?.size === 0) this.#bound.delete(systemId);
  }
}
