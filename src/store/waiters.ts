import { onAbort } from '../waiting';
import { LinkedList, type Link } from '../collections';

interface Waiter<Request, Result> extends Link<Waiter<Request, Result>> {
  readonly request: Request;
  resolve(result: Result | PromiseLike<Result>): void;
  reject(error: unknown): void;
}

/** Callers that wait, served in their order; each can stop waiting by its signal, and then gets its reason. */
export class Waiters<Request, Result> {
  readonly #waiting = new LinkedList<Waiter<Request, Result>>();

  get length(): number {
    return this.#waiting.length;
  }

  wait(request: Request, signal?: AbortSignal): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      let off: (() => void) | undefined;
      const leave = (): void => {
        this.#waiting.remove(waiter);
        off?.();
      };
      const waiter: Waiter<Request, Result> = {
        request,
        older: undefined,
        newer: undefined,
        resolve: (result) => (leave(), resolve(result)),
        // The reason is the caller's own value, handed back as it is.
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        reject: (error) => (leave(), reject(error)),
      };
      this.#waiting.push(waiter);
      if (signal) off = onAbort(signal, () => waiter.reject(signal.reason));
    });
  }

  /** Offers each in turn what it waits for; stops at the first that `serve` has nothing for. */
  serve(serve: (request: Request) => Result | PromiseLike<Result> | undefined): void {
    for (let waiter = this.#waiting.oldest; waiter; waiter = this.#waiting.oldest) {
      let result: Result | PromiseLike<Result> | undefined;
      try {
        result = serve(waiter.request);
      } catch (error) {
        waiter.reject(error);
        continue;
      }
      if (result === undefined) return;
      waiter.resolve(result);
    }
  }

  rejectAll(error: unknown): void {
    for (let waiter = this.#waiting.oldest; waiter; waiter = this.#waiting.oldest) waiter.reject(error);
  }
}
