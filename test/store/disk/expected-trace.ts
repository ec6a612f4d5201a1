import { trace } from '../../../src/store/conformance/harness';
import type { QueueItem } from '../../../src/store';

/** Every third message of a run has one, which follows from the number in its id. */
export function expectedTrace(id: string): QueueItem['trace'] {
  const number = Number(id.split('-')[1]) + 1;
  return number % 3 === 0 ? trace(number, number % 2 === 0 ? `run=${number}` : undefined) : undefined;
}

export const wrongTrace = ({ id, trace: found }: QueueItem): boolean =>
  JSON.stringify(found) !== JSON.stringify(expectedTrace(id));
