import type { DeadLetter } from '../store';
import { failureFields, identity } from './outcomes';

/** A message that failed for good, as a flow sees it: what its failure event said, and when it was. */
export type DeadLetterReport = ReturnType<typeof deadLetterOf>;

export interface DeadLetterList {
  /** How many are kept. */
  total: number;
  letters: DeadLetterReport[];
}

export function deadLetterOf({ item, state, reason, failedAt }: DeadLetter) {
  const { topic, ...rest } = identity(item);
  return {
    ...failureFields(item, state, reason),
    ...rest,
    command: item.command,
    source_addr: item.source,
    destination_addr: topic,
    reason: reason.text,
    failed_at: new Date(failedAt).toISOString(),
  };
}
