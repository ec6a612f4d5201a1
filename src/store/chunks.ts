/** What moves from one store to another at a time. */
export const MOVED_AT_ONCE = 500;

/** The list in parts of so many. */
export function* chunksOf<T>(list: readonly T[], size = MOVED_AT_ONCE): Iterable<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}
