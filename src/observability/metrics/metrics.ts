import type * as PromClient from 'prom-client';
import { FAMILIES, type Family, type FamilyName } from './families';
import { Found, type Collector, type Sample } from './sink';

/** Names of which nobody is there, whose counters are kept. */
const MOST_ABSENT = 1000;

/** What is exposed under one name. */
interface Connection {
  /** Of the clients that are there. */
  readonly present: Set<Collector>;
  /** What clients of the name count together, by kind. */
  readonly counters: Map<string, Collector>;
}

/**
 * What Prometheus is told, of as many clients as are given it (option `metrics`), each under the label `connection`.
 * A client that stops takes its series away; one that comes under the same name goes on counting where the last one
 * stopped, and what several of one name have at the same time is added up.
 *
 * A collector of one's own: families go into the table (families.ts); what is counted implements {@link Collector},
 * is made by {@link counters} and incremented as a plain number; what is only looked at is given to {@link attach}.
 * Both are asked when a scrape comes, and not before.
 */
export class Metrics {
  readonly #connections = new Map<string, Connection>();
  #registry: PromClient.Registry | undefined;
  /** The scrape that is going on: each family asks for the same. */
  #collecting: Promise<Found> | undefined;

  /** The Content-Type of {@link text}. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** The exposition, in the text format of Prometheus. Never rejects for what a server is away. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** For who exposes metrics of prom-client already: `Registry.merge([register, metrics.registry])`. */
  get registry(): PromClient.Registry {
    return (this.#registry ??= this.#newRegistry());
  }

  /** Asked at each scrape, under this name, until the function that is returned is called. */
  attach(connection: string, collector: Collector): () => void {
    const { present } = this.#connection(connection);
    present.add(collector);
    return () => {
      present.delete(collector);
      this.#forget();
    };
  }

  /** The one counter of its kind of a name: made at the first call, exposed while somebody is {@link attach attached}. */
  counters<T extends Collector>(connection: string, kind: string, make: () => T): T {
    const { counters } = this.#connection(connection);
    const there = counters.get(kind) as T | undefined;
    if (there) return there;
    const made = make();
    counters.set(kind, made);
    return made;
  }

  #connection(name: string): Connection {
    const connection = this.#connections.get(name) ?? { present: new Set(), counters: new Map() };
    // The one that was there last is the last to be forgotten.
    this.#connections.delete(name);
    this.#connections.set(name, connection);
    return connection;
  }

  #forget(): void {
    const absent = [...this.#connections].filter(([, { present }]) => present.size === 0);
    for (const [name] of absent.slice(0, -MOST_ABSENT)) this.#connections.delete(name);
  }

  #newRegistry(): PromClient.Registry {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- of no use where nobody scrapes
    const { Registry } = require('prom-client') as typeof PromClient;
    const registry = new Registry();
    for (const name of Object.keys(FAMILIES) as FamilyName[])
      registry.registerMetric(this.#metric(name) as unknown as PromClient.Metric);
    return registry;
  }

  /** As prom-client's own metrics, but asked when it is to be exposed. */
  #metric(name: FamilyName) {
    const { type, help }: Family = FAMILIES[name];
    const values = async (): Promise<Sample[]> => (await this.#collected()).samples(name);
    return {
      name: name as string,
      help,
      type,
      aggregator: 'sum',
      async get() {
        return { name: this.name, help, type, aggregator: 'sum', values: await values() };
      },
      reset: () => undefined,
    };
  }

  #collected(): Promise<Found> {
    return (this.#collecting ??= this.#collect().finally(() => (this.#collecting = undefined)));
  }

  async #collect(): Promise<Found> {
    const found = new Found();
    const asked = [...this.#connections].flatMap(([name, { present, counters }]) =>
      present.size === 0
        ? []
        : [...counters.values(), ...present].map(async (one) => one.collect(found.of(name))),
    );
    // What one of them cannot tell is missing; the others are told.
    await Promise.allSettled(asked);
    return found;
  }
}
