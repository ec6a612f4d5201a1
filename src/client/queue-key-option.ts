import { readQueueKeys } from '../store';
import { withoutLineEnd } from '../text';
import type { Problem } from './errors';
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

/** One that is given and empty, as a variable that nobody has filled is: what should be secret must not lie in clear. */
export function emptyKeyProblems(given: unknown): Problem[] {
  if (typeof given !== 'string' || withoutLineEnd(given).trim() !== '') return [];
  const read = readQueueKeys('');
  return 'remedy' in read ? [{ field: 'queueKey', value: undefined, remedy: read.remedy }] : [];
}
