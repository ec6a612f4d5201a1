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

/** What is read of the correlator to match one receipt; what it answers by a promise is missing until that {@link arrived}. */
export class Lookups {
  readonly #correlator: Correlator;
  readonly #known = new Map<string, Entries>();
  #missing: Promise<unknown>[] = [];

  constructor(correlator: Correlator) {
    this.#correlator = correlator;
  }

  get isMissing(): boolean {
    return this.#missing.length > 0;
  }

  get(id: string): Entries {
    const known = this.#known.get(id);
    if (known) return known;
    const asked = entriesOf(this.#correlator, id);
    if (asked instanceof Promise) this.#missing.push(asked.then((found) => this.#known.set(id, found)));
    else this.#known.set(id, asked);
    return asked instanceof Promise ? NONE : asked;
  }

  async arrived(): Promise<void> {
    const missing = this.#missing;
    this.#missing = [];
    await Promise.all(missing);
  }
}
