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

/** What is read of the correlator to match one receipt. */
export class Lookups {
  readonly #correlator: Correlator;
  readonly #known = new Map<string, Entries>();
  /** What it answers by a promise. */
  #missing: Promise<unknown>[] = [];

  constructor(correlator: Correlator) {
    this.#correlator = correlator;
  }

  /** Whether what was found so far is of no account. */
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

  /** What `decide` gives, once all that it asks for is there. */
  until<T>(decide: () => T): T | Promise<T> {
    const decided = decide();
    if (!this.isMissing) return decided;
    return Promise.all(this.#missing.splice(0)).then(() => this.until(decide));
  }
}
