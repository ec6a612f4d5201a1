import { once } from 'node:events';

/** What comes until the signal is aborted, also where nothing more would come; then the source is closed. */
export async function* until<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  if (signal.aborted) return;
  const aborted = once(signal, 'abort').then(() => undefined);
  const items = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([items.next(), aborted]);
      if (next === undefined || next.done) return;
      yield next.value;
    }
  } finally {
    // One that waits for input does not answer before it comes.
    void items.return?.(undefined).then(undefined, () => undefined);
  }
}
