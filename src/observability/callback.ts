/**
 * What a user's callback returned, where it is to be waited for: a promise, or any other object or function with
 * a `then` method. All else is none of our business, as the new length that `(event) => list.push(event)` returns.
 * Throws what reading `then` throws.
 */
export function promiseOf(returned: unknown): Promise<unknown> | undefined {
  if ((typeof returned !== 'object' && typeof returned !== 'function') || returned === null) return undefined;
  return typeof (returned as { then?: unknown }).then === 'function' ? Promise.resolve(returned) : undefined;
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
