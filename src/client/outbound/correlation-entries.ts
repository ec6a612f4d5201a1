import { isThenable } from '../../observability';
import type { CorrelationEntry, Correlator } from '../../store';

type Entries = readonly CorrelationEntry[];

const NONE: Entries = [];

/** A correlator of an earlier kind has one entry, or none. */
function listOf(found: unknown): Entries {
  if (Array.isArray(found)) return found as CorrelationEntry[];
  return found === undefined || found === null ? NONE : [found as CorrelationEntry];
}

/** All entries with this message_id, whatever its case. */
export function entriesOf(correlator: Correlator, id: string): Entries | Promise<Entries> {
  const found: unknown = correlator.get(id);
  return isThenable(found) ? Promise.resolve(found).then(listOf) : listOf(found);
}
