import { maskText } from '../src/index';

/**
 * An error as Node-RED is to get it. A Catch node is given its text whole (Node-RED takes it by `toString`); a log takes
 * it by any other way, and has neither texts nor whole numbers of `given`, the message at fault.
 */
export function forLog(error: Error, given: unknown): Error {
  const masked = maskText(error.message, given);
  const cause = error.cause instanceof Error ? forLog(error.cause, given) : undefined;
  if (masked === error.message && cause === error.cause) return error;
  const logged = new Error(masked, cause && { cause });
  const line = `${error.name}: ${masked}`;
  const stack = error.stack ?? '';
  const hidden = {
    name: error.name,
    // Its first lines are the message.
    stack: `${line}\n${stack.slice(stack.indexOf('\n    at ') + 1)}`,
    toString: () => String(error),
    [Symbol.toPrimitive]: () => line,
  };
  for (const name of Reflect.ownKeys(hidden)) {
    const value: unknown = hidden[name as keyof typeof hidden];
    Object.defineProperty(logged, name, { value, enumerable: false, configurable: true, writable: true });
  }
  const { code } = error as { code?: unknown };
  return code === undefined ? logged : Object.assign(logged, { code });
}
