import { readQueueKeys } from '../../store';
import type { OptionKind } from './option-kinds';

/** Keys of which the first encrypts and all decrypt; none: the queue is in clear. */
export function queueKeys(): OptionKind<readonly string[]> {
  return {
    fallback: [],
    check(given) {
      const read = readQueueKeys(given);
      return 'keys' in read ? { value: read.keys } : read;
    },
  };
}
