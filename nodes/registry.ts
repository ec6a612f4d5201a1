import type { Holder } from './accounts';
import { Monitor } from './monitor';
import {
  openMemoryStore,
  type ClientEvents,
  type EventName,
  type MemoryStore,
  type QueueLimits,
} from '../src/index';

/** What a starting connection asks for. */
export interface ClaimRequest {
  /** The config node's id: a redeployed node keeps it. */
  readonly nodeId: string;
  /** What people call the connection. */
  readonly label: string;
  readonly clientId: string;
  /** Of the queue in memory; absent where the client has a store of another kind. */
  readonly memory?: { readonly limits: QueueLimits; readonly correlationCapacity: number } | undefined;
}

/** What a connection has in a queue that instances share, which it leaves. */
export interface LeftBehind {
  /** Where that is, for people. */
  readonly place: string;
  /** Messages; undefined: it could not be found out. */
  readonly queued: number | undefined;
}

export type Claimed = { readonly claim: Claim } | { readonly takenBy: string };

/** A node's hold on its store. */
export interface Hold {
  /** The node closes: the store waits for its next instance, unless it was removed for good. */
  release(removed: boolean): void;
}

/** A connection's own store, where it is one in memory. */
export interface Claim extends Hold {
  readonly store?: MemoryStore;
  /** What an earlier instance left in memory, where the queue is of another kind now: to be moved. */
  readonly left?: MemoryStore | undefined;
  /** What the instance before has in a queue that is shared with others. */
  readonly behind?: LeftBehind | undefined;
  /** For the next instance, in case that its queue is another one. */
  remember(behind: LeftBehind): void;
  /** It is: until then it waits for the next instance, too. */
  readonly moved: () => void;
}

/** A store that nobody wants any more, with all that is in it. */
export interface Orphan {
  readonly nodeId: string;
  readonly label: string;
  readonly store: MemoryStore;
}

interface Entry extends Pick<ClaimRequest, 'label' | 'clientId'> {
  /** In memory; absent where the queue is of another kind, which needs nobody to keep it. */
  store?: MemoryStore | undefined;
  behind?: LeftBehind | undefined;
  /** The store is that of an earlier instance, and is to be moved to a queue of another kind. */
  isLeft?: boolean;
  /** A deploy went by without anybody who takes over what is left. */
  isSpared?: boolean;
  /** The claim in force; absent while the store is parked. */
  holder?: symbol;
}

/** A connection that is in force. */
export interface Member extends Holder {
  /** All nodes exist and listen. */
  deployed(): void;
  /** Tells its listening nodes of an event that happened elsewhere. */
  announce(event: ClientEvents[EventName]): void;
}

/** The runtime's emitter, as far as it is needed. */
export interface RuntimeEvents {
  on(event: string, handler: () => void): unknown;
}

/**
 * What outlives a redeploy: the memory stores of connections that are being restarted, who uses which clientId, and
 * whether a deploy is going on. It is state of the module: a new instance of a node has nothing else to find the old
 * one's by.
 */
export class Registry {
  readonly monitor = new Monitor();
  readonly #entries = new Map<string, Entry>();
  readonly #orphans: Orphan[] = [];
  readonly #members = new Map<string, Member>();
  readonly #told = new Set<string>();
  readonly #attached = new WeakSet<RuntimeEvents>();
  #deploying: { readonly promise: Promise<void>; readonly ended: () => void } | undefined;

  /** Hears of deploys from now on; once per runtime, however often the node file is loaded. */
  attach(events: RuntimeEvents, tell: (orphans: readonly Orphan[]) => void): void {
    if (this.#attached.has(events)) return;
    this.#attached.add(events);
    events.on('flows:stopping', () => {
      let ended = (): void => undefined;
      this.#deploying ??= { promise: new Promise((resolve) => (ended = resolve)), ended: () => ended() };
    });
    events.on('flows:started', () => {
      tell(this.sweep());
      for (const member of [...this.#members.values()]) member.deployed();
      this.#deploying?.ended();
      this.#deploying = undefined;
    });
  }

  /** Resolves when the deploy that is going on has ended; undefined when there is none. */
  get deploying(): Promise<void> | undefined {
    return this.#deploying?.promise;
  }

  join(member: Member): void {
    this.#members.set(member.nodeId, member);
  }

  leave(member: Member): void {
    // Past Node-RED's close limit the next instance may have joined already.
    if (this.#members.get(member.nodeId) === member) this.#members.delete(member.nodeId);
  }

  /** The other connections. */
  others(member: Member): Member[] {
    return [...this.#members.values()].filter(({ nodeId }) => nodeId !== member.nodeId);
  }

  /** The instance of a connection that is in force now. */
  current(nodeId: string): Member | undefined {
    return this.#members.get(nodeId);
  }

  /** The store for a connection: what its earlier instance left, or a new one, by whichever account it was used. */
  claim(request: ClaimRequest): Claimed {
    const takenBy = this.#userOf(request.clientId, request.nodeId);
    if (takenBy !== undefined) return { takenBy };
    const { nodeId, label, clientId, memory } = request;
    const { store: inherited, behind } = this.#entries.get(nodeId) ?? {};
    const holder = Symbol(nodeId);
    const hold = {
      behind,
      moved: () => this.#moved(nodeId, holder),
      release: (removed: boolean) => this.#release(nodeId, holder, removed),
      remember: (behind: LeftBehind) => this.#remember(nodeId, holder, behind),
    };
    if (!memory) {
      this.#entries.set(nodeId, {
        store: inherited,
        isLeft: inherited !== undefined,
        label,
        clientId,
        holder,
      });
      return { claim: { left: inherited, ...hold } };
    }
    const { limits, correlationCapacity } = memory;
    const store = inherited ?? openMemoryStore({ ...limits, correlationCapacity });
    if (inherited) store.configure(limits);
    this.#entries.set(nodeId, { store, label, clientId, holder });
    return { claim: { store, ...hold } };
  }

  /** Keeps what an earlier instance left, for a later one: a mistake in the configuration must not cost messages. */
  keep(nodeId: string): Hold | undefined {
    const left = this.#entries.get(nodeId);
    if (!left) return undefined;
    const holder = (left.holder = Symbol(nodeId));
    return { release: (removed) => this.#release(nodeId, holder, removed) };
  }

  /** Stores that no instance has taken over, and forgets them. */
  sweep(): Orphan[] {
    for (const [nodeId, entry] of this.#entries) {
      if (entry.holder !== undefined) continue;
      if (entry.isLeft && !entry.isSpared) entry.isSpared = true;
      else this.#orphan(nodeId, entry);
    }
    return this.#orphans.splice(0);
  }

  #remember(nodeId: string, holder: symbol, behind: LeftBehind): void {
    const entry = this.#entries.get(nodeId);
    if (entry?.holder === holder) entry.behind = behind;
  }

  #moved(nodeId: string, holder: symbol): void {
    const entry = this.#entries.get(nodeId);
    if (entry?.holder !== holder) return;
    delete entry.store;
    delete entry.isLeft;
  }

  /** The clientIds of all connections that are there. */
  get clientIds(): string[] {
    return [...this.#entries.values()].map(({ clientId }) => clientId);
  }

  /** Whether it was not said before. */
  isNews(what: string): boolean {
    if (this.#told.has(what)) return false;
    this.#told.add(what);
    return true;
  }

  #userOf(clientId: string, nodeId: string): string | undefined {
    const others = [...this.#entries].filter(([id, { holder }]) => id !== nodeId && holder !== undefined);
    return others.find(([, entry]) => entry.clientId === clientId)?.[1].label;
  }

  #release(nodeId: string, holder: symbol, removed: boolean): void {
    const entry = this.#entries.get(nodeId);
    // Past Node-RED's close limit the next instance may have taken it over already.
    if (entry?.holder !== holder) return;
    delete entry.holder;
    if (removed) this.#orphan(nodeId, entry);
  }

  #orphan(nodeId: string, entry: Entry): void {
    this.#entries.delete(nodeId);
    if (entry.store) this.#orphans.push({ nodeId, label: entry.label, store: entry.store });
  }
}

export const registry = new Registry();
