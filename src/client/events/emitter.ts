import { quoting, promiseOf, type Log } from '../../observability';
import { SmppError, didYouMean } from '../../protocol';
import { onAbort } from '../../waiting';
import {
  EVENT_NAMES,
  type ClientEvents,
  type EventHandler,
  type EventName,
  type ListenOptions,
} from './events';

/** A handler that listens, and how it is taken off. */
interface Listening {
  readonly handler: (event: never) => unknown;
  readonly once: boolean;
  /** No longer waits for its signal. */
  off?: () => void;
}

/** Typed events whose handlers may be asynchronous. A handler that throws is logged and harms nobody. */
export class Events {
  /** Lists are replaced, never changed: a handler may put itself on or off while it is called. */
  readonly #handlers = new Map<EventName, readonly Listening[]>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** One that listens already is put on anew. Throws `UNKNOWN_EVENT`, and `INVALID_OPTION` for what is no function. */
  on<E extends EventName>(
    name: E,
    handler: EventHandler<E>,
    { signal, once = false }: ListenOptions & { once?: boolean } = {},
  ): void {
    check(name, handler);
    if (signal?.aborted) return;
    this.off(name, handler);
    const listening: Listening = { handler, once };
    if (signal) listening.off = onAbort(signal, () => this.off(name, handler));
    this.#handlers.set(name, [...(this.#handlers.get(name) ?? []), listening]);
  }

  off<E extends EventName>(name: E, handler: EventHandler<E>): void {
    const handlers = this.#handlers.get(name) ?? [];
    const found = handlers.find((listening) => listening.handler === handler);
    if (!found) return;
    found.off?.();
    this.#handlers.set(
      name,
      handlers.filter((listening) => listening !== found),
    );
  }

  has(name: EventName): boolean {
    return (this.#handlers.get(name)?.length ?? 0) > 0;
  }

  /** Calls all handlers; the promise, where there is one, resolves when all have finished and never rejects. */
  emit<E extends EventName>(name: E, event: ClientEvents[E]): Promise<void> | undefined {
    const waiting: Promise<unknown>[] = [];
    for (const { handler, once } of this.#handlers.get(name) ?? []) {
      if (once) this.off(name, handler as EventHandler<E>);
      try {
        const pending = promiseOf((handler as (event: ClientEvents[E]) => unknown)(event));
        if (pending) waiting.push(pending.catch((error: unknown) => this.#failed(name, event, error)));
      } catch (error) {
        this.#failed(name, event, error);
      }
    }
    return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => undefined);
  }

  #failed(name: EventName, event: unknown, error: unknown): void {
    const err = quoting(error, event);
    this.#log.error(
      { event: 'handler', stage: 'failed', handler: name, err },
      `a handler of "${name}" failed`,
    );
  }
}

function check(name: string, handler: unknown): void {
  if (!EVENT_NAMES.includes(name as EventName)) {
    const known = `the events are ${EVENT_NAMES.join(', ')}`;
    const near = didYouMean(name, EVENT_NAMES);
    throw new SmppError('UNKNOWN_EVENT', `"${name}" is no event${near}: ${known}`);
  }
  if (typeof handler === 'function') return;
  throw new SmppError('INVALID_OPTION', `the handler of "${name}" is no function: give one`);
}
