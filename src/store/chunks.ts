/** What moves from one store to another at a time. */
export const MOVED_AT_ONCE = 500;

/** The list in parts of that many. */
export function* chunksOf<T>(list: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < list.length; at += MOVED_AT_ONCE) yield list.slice(at, at + MOVED_AT_ONCE);
}
