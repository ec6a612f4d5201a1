import { onAbort } from '../waiting';

/** A caller that waits for permits, at most `max`. */
export interface PermitWaiter {
  readonly max: number;
  grant(permits: number): void;
}

/** Puts a caller behind those who wait. Rejects with the reason of `signal`, and then calls `onLeft`. */
export function waitForPermits(
  waiting: Set<PermitWaiter>,
  max: number,
  signal: AbortSignal,
  onLeft: () => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      waiting.delete(waiter);
      off();
    };
    const waiter: PermitWaiter = { max, grant: (permits) => (leave(), resolve(permits)) };
    const off = onAbort(signal, () => {
      leave();
      onLeft();
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's own reason
      reject(signal.reason);
    });
    waiting.add(waiter);
  });
}
