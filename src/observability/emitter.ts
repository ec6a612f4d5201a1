import { guarded } from './callback';
import type { Log } from './levels';

type Handler = (event: never) => unknown;

/** Handlers by event; `E` has the events by name. One that throws, or rejects, is logged and harms nobody. */
export class Emitter<E> {
  /** As they were given, and as they are called. */
  readonly #handlers = new Map<keyof E, Map<Handler, Handler>>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  on<N extends keyof E & string>(name: N, handler: (event: E[N]) => unknown): void {
    const failed = (error: unknown): void =>
      this.#log.error(
        { event: 'handler', stage: 'failed', handler: name, err: error },
        `a handler of "${name}" failed`,
      );
    const handlers = this.#handlers.get(name) ?? new Map<Handler, Handler>();
    this.#handlers.set(name, handlers.set(handler, guarded(handler, failed)));
  }

  off<N extends keyof E & string>(name: N, handler: (event: E[N]) => unknown): void {
    const handlers = this.#handlers.get(name);
    handlers?.delete(handler);
    if (handlers?.size === 0) this.#handlers.delete(name);
  }

  /** Whether somebody listens. */
  has(name: keyof E): boolean {
    return this.#handlers.has(name);
  }

  emit<N extends keyof E & string>(name: N, event: E[N]): void {
    const handlers = this.#handlers.get(name)?.values() ?? [];
    for (const handler of handlers) (handler as (event: E[N]) => unknown)(event);
  }
}
