import { systemClock } from '../src/clock';
import {
  EVENT_NAMES,
  type ClientEvents,
  type EventName,
  type Listening,
  type Settings,
  type SmppClient,
} from '../src/index';
import { within } from '../src/waiting';
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

export interface ListenersParts {
  readonly nodeId: string;
  readonly registry: Registry;
  readonly log: NodeLog;
  /** Whether the flows have an smpp-in for messages of the connection, running or not. */
  wantsMessages(): boolean;
}

/** A deploy takes at most as long as Node-RED waits for its nodes to close, and some. */
const LONGEST_DEPLOY = 20_000;

/**
 * Hands a client's events to the smpp-in nodes. While one of them is being redeployed, events wait for its next
 * instance: the SMSC gets its answer when that one has them. So do those of a connection that closes.
 */
export class Listeners {
  readonly #parts: ListenersParts;
  readonly #listeners = new Map<string, Listener>();
  readonly #handlers = new Map<EventName, (event: AnyEvent) => void | Promise<void>>();
  /** Nodes that closed in the deploy going on and may come back, and what they listened to. */
  readonly #absent = new Map<string, Listener>();
  #client: SmppClient | undefined;
  #policy: Settings['whenNobodyListens'] = 'accept';
  /** Whether the flows have an smpp-in for messages, though it does not run. */
  #wanted = false;
  readonly #warned = new Set<string>();
  readonly #closing = new AbortController();

  constructor(parts: ListenersParts) {
    this.#parts = parts;
  }

  attach(client: SmppClient, { whenNobodyListens }: Pick<Settings, 'whenNobodyListens'>): void {
    this.#client = client;
    this.#policy = whenNobodyListens;
    this.#subscribe();
  }

  /** The connection closes: what comes now is left to its next instance. */
  close(): void {
    this.#closing.abort();
  }

  add(listener: Listener): void {
    this.#absent.delete(listener.id);
    this.#listeners.set(listener.id, listener);
    this.#subscribe();
  }

  remove(listener: Listener, removed: boolean): void {
    // Past Node-RED's close limit its next instance may be here already.
    if (this.#listeners.get(listener.id) === listener) this.#listeners.delete(listener.id);
    if (!removed && this.#parts.registry.deploying) this.#absent.set(listener.id, listener);
    this.#subscribe();
  }

  /** The deploy is over: who is not back by now does not come. */
  settle(): void {
    this.#absent.clear();
    this.#wanted = this.#parts.wantsMessages();
    this.#subscribe();
  }

  /** Whether messages are taken; while the nodes that took them are being redeployed that is waited for. */
  listening(): Listening | Promise<Listening> {
    if (takesMessages(this.#listeners)) return 'yes';
    const { deploying } = this.#parts.registry;
    if (!deploying || !takesMessages(this.#absent)) return this.#nobody();
    return within(systemClock, LONGEST_DEPLOY, deploying, this.#closing.signal).then(() => {
      if (takesMessages(this.#listeners)) return 'yes';
      // Its nodes are not back yet, or the connection closes before they are.
      return takesMessages(this.#absent) ? 'later' : this.#nobody();
    });
  }

  #nobody(): Listening {
    this.#warn(this.#wanted ? DISABLED : this.#policy === 'later' ? KEPT : GONE);
    return this.#wanted ? 'later' : 'no';
  }

  /** The promise, where there is one, resolves when all listening nodes have sent. */
  dispatch(event: AnyEvent): void | Promise<void> {
    const { deploying } = this.#parts.registry;
    if (this.#absent.size === 0 || !deploying) return this.deliver(event);
    // By then the connection itself may have a next instance, which has the nodes.
    return within(systemClock, LONGEST_DEPLOY, deploying).then(() =>
      this.#parts.registry.current(this.#parts.nodeId)?.announce(event),
    );
  }

  /** To those that listen now. */
  deliver(event: AnyEvent): void {
    const listening = [...this.#listeners.values()].filter(({ events }) => events.has(event.event));
    if (listening.length === 0) this.#answer(event);
    for (const listener of listening) {
      try {
        listener.receive(event, listening.length > 1);
      } catch (error) {
        this.#parts.log.error(`smpp-in ${listener.id} failed on "${event.event}": ${String(error)}`);
      }
    }
  }

  /** No listener: acknowledged here, or the SMSC would repeat it. */
  #answer(event: AnyEvent): void {
    if (!('ack_id' in event) || typeof event.ack_id !== 'string') return;
    try {
      this.#client?.acknowledge(event.ack_id);
    } catch {
      // It was of an earlier connection, and comes again.
    }
  }

  #warn(text: string): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.#parts.log.warn(text);
  }

  /** Only what somebody wants is asked for: a busy connection makes many events. */
  #subscribe(): void {
    const listeners = [...this.#listeners.values(), ...this.#absent.values()];
    for (const name of EVENT_NAMES) {
      const known = this.#handlers.get(name);
      const isWanted = listeners.some(({ events }) => events.has(name));
      if (!this.#client || isWanted === (known !== undefined)) continue;
      if (known) {
        this.#client.off(name, known);
        this.#handlers.delete(name);
      } else {
        const handler = (event: AnyEvent): void | Promise<void> => this.dispatch(event);
        this.#client.on(name, handler);
        this.#handlers.set(name, handler);
      }
    }
  }
}

const NOBODY = 'a message came in, but no smpp-in node takes messages of this connection';
const ADD = 'add an smpp-in node with "messages" ticked';
const LATER = 'the SMSC is asked to keep such messages and to send them again (ESME_RX_T_APPN)';
const GONE = `${NOBODY}: such messages are answered as received and are gone; ${ADD}, or set whenNobodyListens to later`;
const KEPT = `${NOBODY}: ${LATER}, as whenNobodyListens says; ${ADD}`;
const DISABLED =
  'a message came in, but the smpp-in nodes that are to take messages of this connection are disabled or wrongly ' +
  `configured: ${LATER}; enable one, or delete them to have whenNobodyListens decide`;

function takesMessages(listeners: ReadonlyMap<string, Listener>): boolean {
  return [...listeners.values()].some(({ events }) => events.has('message'));
}
