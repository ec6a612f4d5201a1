import { onAbort } from '../waiting';
import { LinkedList, type Link } from '../collections';

/** A caller that waits; both methods end that. */
export interface Waiting<Request, Result> {
  readonly request: Request;
  resolve(result: Result | PromiseLike<Result>): void;
  reject(error: unknown): void;
}

interface Waiter<Request, Result> extends Waiting<Request, Result>, Link<Waiter<Request, Result>> {}

/** Callers that wait, served in their order; each can stop waiting by its signal, and then gets its reason. */
export class Waiters<Request, Result> {
  readonly #waiting = new LinkedList<Waiter<Request, Result>>();
  readonly #mayLeave: (request: Request) => boolean;

  /** `mayLeave`: false where whoever serves the request settles it, too, after its signal has aborted. */
  constructor(mayLeave: (request: Request) => boolean = () => true) {
    this.#mayLeave = mayLeave;
  }

  get first(): Waiting<Request, Result> | undefined {
    return this.#waiting.oldest;
  }

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
      const giveUp = (): void => {
        if (this.#mayLeave(request)) waiter.reject(signal?.reason);
      };
      if (signal) off = onAbort(signal, giveUp);
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
