/** Errors of code that is not ours, and what that was given: they may quote from it. */
const given = new WeakMap<Error, unknown>();

/**
 * The error as it is to be logged, `err` of a line: what it quotes from `what` is left out there, unless message texts
 * are wanted. What is thrown and no error becomes one.
 */
export function quoting(error: unknown, what: unknown): Error {
  const told = error instanceof Error ? error : new Error(String(error));
  given.set(told, what);
  return told;
}

/** What the error may quote; undefined: nothing that is known. */
export function quotedBy(error: unknown): unknown {
  return error instanceof Error ? given.get(error) : undefined;
}
