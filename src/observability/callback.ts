/** A promise, or any other object or function with a `then` method. Throws what reading `then` throws. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}

/** What a user's callback returned, where it is thenable; anything else, as the length that `push` returns, is passed over. */
export function promiseOf(returned: unknown): Promise<unknown> | undefined {
  return isThenable(returned) ? Promise.resolve(returned) : undefined;
}

/** Calls a user's callback; what it throws, or rejects with later, goes to `failed`. */
export function guarded<Given extends readonly unknown[]>(
  callback: (...given: Given) => unknown,
  failed: (error: unknown) => void,
): (...given: Given) => void {
  return (...given) => {
    try {
      promiseOf(callback(...given))?.catch(failed);
    } catch (error) {
      failed(error);
    }
  };
}
