import type { ResponseView } from './response-view';

/** Who sent a request hears of its fate exactly once by `onResponse` or `onLost`. */
export interface RequestHandler {
  /** `response` is to be read while this runs. */
  onResponse(response: ResponseView): void;
  /** `timeout`: no response in time; `closed`: the link went. Either way the peer may have acted on it. */
  onLost(reason: 'timeout' | 'closed'): void;
  /** A response that came after `onLost('timeout')`. */
  onLate?(response: ResponseView): void;
}
