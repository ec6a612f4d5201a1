import type { CorrelationEntry, Correlator } from '../../store';
import { entriesOf } from '../outbound/correlation-entries';

type Entries = readonly CorrelationEntry[];

const NONE: Entries = [];

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
