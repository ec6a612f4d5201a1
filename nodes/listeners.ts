import type { ClientEvents, EventName, SmppClient } from '../src/index';
import type { NodeLog } from './log-bridge';
import type { Registry } from './registry';

export type AnyEvent = ClientEvents[EventName];

/** An smpp-in node. */
export interface Listener {
  readonly id: string;
  readonly events: ReadonlySet<EventName>;
  /** `shared`: others get the same object. */
  receive(event: AnyEvent, shared: boolean): void;
}

/** Heard always: that a message came in where nobody listens is worth a warning. */
const ALWAYS: readonly EventName[] = ['message'];
/** A deploy takes at most as long as Node-RED waits for its nodes to close, and some. */
const LONGEST_DEPLOY = 20_000;

/**
 * Hands a client's events to the smpp-in nodes. While one of them is being redeployed, events
 * wait for its next instance: the centre gets its answer when that one has them. So do those of a
 * connection that is finishing what it has on the wire.
 */
export class Listeners {
  readonly #nodeId: string;
  readonly #registry: Registry;
  readonly #log: NodeLog;
  readonly #listeners = new Map<string, Listener>();
  readonly #handlers = new Map<EventName, (event: AnyEvent) => void | Promise<void>>();
  /** Nodes that closed in the deploy going on and may come back, and what they listened to. */
  readonly #absent = new Map<string, Listener>();
  #client: SmppClient | undefined;
  #warned = false;

  constructor(nodeId: string, registry: Registry, log: NodeLog) {
    this.#nodeId = nodeId;
    this.#registry = registry;
    this.#log = log;
  }

  attach(client: SmppClient): void {
    this.#client = client;
    this.#subscribe();
  }

  add(listener: Listener): void {
    this.#absent.delete(listener.id);
    this.#listeners.set(listener.id, listener);
    this.#subscribe();
  }

  remove(listener: Listener, removed: boolean): void {
    // Past Node-RED's close limit its next instance may be here already.
    if (this.#listeners.get(listener.id) === listener) this.#listeners.delete(listener.id);
    if (!removed && this.#registry.deploying) this.#absent.set(listener.id, listener);
    this.#subscribe();
  }

  /** The deploy is over: who is not back by now does not come. */
  settle(): void {
    this.#absent.clear();
    this.#subscribe();
  }

  /** The promise, where there is one, resolves when all listening nodes have sent. */
  dispatch(event: AnyEvent): void | Promise<void> {
    const { deploying } = this.#registry;
    if (this.#absent.size === 0 || !deploying) return this.deliver(event);
    // By then the connection itself may have a next instance, which has the nodes.
    return within(LONGEST_DEPLOY, deploying).then(() =>
      this.#registry.current(this.#nodeId)?.announce(event),
    );
  }

  /** To those that listen now. */
  deliver(event: AnyEvent): void {
    const listening = [...this.#listeners.values()].filter(({ events }) => events.has(event.event));
    if (listening.length === 0) {
      if (event.event === 'message') this.#warn();
      this.#answer(event);
    }
    for (const listener of listening) {
      try {
        listener.receive(event, listening.length > 1);
      } catch (error) {
        this.#log.error(`smpp-in ${listener.id} failed on "${event.event}": ${String(error)}`);
      }
    }
  }

  /** What nobody listens to nobody acknowledges. */
  #answer(event: AnyEvent): void {
    if (!('ack_id' in event) || typeof event.ack_id !== 'string') return;
    try {
      this.#client?.acknowledge(event.ack_id);
    } catch {
      // It was of an earlier connection, and comes again.
    }
  }

  #warn(): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#log.warn(
      'a message came in, but no smpp-in node takes messages of this connection: such messages are ' +
        'answered as received and are gone; add an smpp-in node with "messages" ticked',
    );
  }

  /** Only what somebody wants is asked for: a busy connection makes many events. */
  #subscribe(): void {
    const wanted = new Set<EventName>(ALWAYS);
    for (const { events } of [...this.#listeners.values(), ...this.#absent.values()]) {
      for (const name of events) wanted.add(name);
    }
    for (const [name, handler] of this.#handlers) {
      if (wanted.has(name)) continue;
      this.#client?.off(name, handler);
      this.#handlers.delete(name);
    }
    for (const name of wanted) {
      if (this.#handlers.has(name)) continue;
      const handler = (event: AnyEvent): void | Promise<void> => this.dispatch(event);
      this.#client?.on(name, handler);
      if (this.#client) this.#handlers.set(name, handler);
    }
  }
}

function within(limit: number, promise: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limit);
    void promise.then(() => (clearTimeout(timer), resolve()));
  });
}
