/** What is open in this process: LMDB's locks are the process's, and two handles would break each other's. */
const open = new Map<string, Opening>();

interface Opening {
  readonly holder: string;
  /** Set when it is being closed; resolves when that is done. */
  closed: Promise<void> | undefined;
}

export interface Registration {
  /** Runs `close` and then lets the next one in, which may wait already. */
  release(close: () => Promise<void>): Promise<void>;
}

/**
 * Registers `path` (resolved) for `holder`. One that is being closed is waited
 * for; one that is in use is told by its holder's name.
 */
export async function register(path: string, holder: string): Promise<Registration | { usedBy: string }> {
  for (let present = open.get(path); present; present = open.get(path)) {
    if (!present.closed) return { usedBy: present.holder };
    await present.closed.catch(() => undefined);
  }
  const opening: Opening = { holder, closed: undefined };
  open.set(path, opening);
  return {
    release(close) {
      opening.closed ??= close().finally(() => open.delete(path));
      return opening.closed;
    },
  };
}
