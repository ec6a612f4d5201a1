/** What the process tells of itself, to all log targets of the process by one listener each. */

/** When the process exits nothing but what is synchronous is done. */
interface Flushable {
  flushSync(): void;
}
interface Reopenable {
  reopen(): Promise<void>;
}

const flushables = new Set<Flushable>();
const reopenables = new Set<Reopenable>();

const flushAll = (): void => flushables.forEach((each) => each.flushSync());
// What fails has told so.
const reopenAll = (): void => reopenables.forEach((each) => void each.reopen().catch(() => undefined));

/** Has it flushed at the exit; what it returns ends that. */
export function flushAtExit(writer: Flushable): () => void {
  if (flushables.size === 0) process.on('exit', flushAll);
  flushables.add(writer);
  return () => {
    flushables.delete(writer);
    if (flushables.size === 0) process.off('exit', flushAll);
  };
}

/** Node-RED ends at SIGUSR2; SIGWINCH ends no process, whether it listens or not. */
const REOPENING = ['SIGWINCH', 'SIGUSR2'] as const;

/** Has it reopened at either signal; what it returns ends that. */
export function reopenAtSignal(file: Reopenable): () => void {
  if (reopenables.size === 0) for (const signal of REOPENING) process.on(signal, reopenAll);
  reopenables.add(file);
  return () => {
    reopenables.delete(file);
    if (reopenables.size === 0) for (const signal of REOPENING) process.off(signal, reopenAll);
  };
}
