import type { QueueItem } from '../types';
import type { Added } from './room';

/** Messages of one call. */
const MOST = 500;

interface Caller {
  readonly items: readonly QueueItem[];
  readonly resolve: (added: Added | Promise<Added>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What callers enqueue while a call of others is on its way goes in one call together: a thousand callers with a message
 * each cost as many scripts as there are round trips. All or nothing holds for each caller: where not all fit, each is
 * asked for alone, in the same order.
 */
export class EnqueueGroups {
  readonly #send: (items: readonly QueueItem[]) => Promise<Added>;
  #callers: Caller[] = [];
  #count = 0;
  #onTheirWay = 0;

  /** @param send must make its call before it returns */
  constructor(send: (items: readonly QueueItem[]) => Promise<Added>) {
    this.#send = send;
  }

  add(items: readonly QueueItem[]): Promise<Added> {
    return new Promise((resolve, reject) => {
      this.#callers.push({ items, resolve, reject });
      this.#count += items.length;
      if (this.#onTheirWay === 0 || this.#count >= MOST) this.flush();
    });
  }

  /** Before any other call, which must not overtake those of before. */
  flush(): void {
    const callers = this.#callers;
    if (callers.length === 0) return;
    this.#callers = [];
    this.#count = 0;
    void this.#together(callers);
  }

  async #together(callers: readonly Caller[]): Promise<void> {
    this.#onTheirWay++;
    try {
      const added = await this.#send(callers.flatMap(({ items }) => items));
      if (callers.length > 1 && !('ids' in added))
        for (const { items, resolve } of callers) resolve(this.#send(items));
      else
        for (const { items, resolve } of callers)
          resolve('ids' in added ? { ids: items.map(({ id }) => id) } : added);
    } catch (error) {
      for (const { reject } of callers) reject(error);
    } finally {
      this.#onTheirWay--;
      if (this.#onTheirWay === 0) this.flush();
    }
  }
}
