import { SmppError } from '../../../protocol';

const LOST = new WeakSet<object>();

/** The call was sent, and the connection broke before its reply: it may have taken effect. */
export function lostReply(cause: unknown): SmppError {
  const text =
    'Redis: the connection broke before the reply came, so the call may have taken effect or not. It is tried again.';
  const error = new SmppError('QUEUE_UNAVAILABLE', text, { retriable: true, cause });
  LOST.add(error);
  return error;
}

/** Whether a call failed because the server is away, which is told once by whoever keeps the connection. */
export function isAway({ connectedFor }: { readonly connectedFor: number }, error: unknown): boolean {
  return connectedFor === 0 || isLostReply(error);
}

export function isLostReply(error: unknown): boolean {
  return typeof error === 'object' && error !== null && LOST.has(error);
}
