/** What is there at once, or comes later. */
export type Eventually<T> = T | Promise<T>;
