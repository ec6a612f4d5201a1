import { FAMILIES, type Family, type FamilyName, type HistogramName, type ValueName } from './families';
import { Histogram } from './histogram';

/** Without `connection`, which the sink adds; one that is undefined is left out. */
export type Labels = Readonly<Record<string, string | undefined>>;

/** Takes what is to be exposed. Values of the same labels, of several clients of one name, become one. */
export interface Sink {
  /** A counter's or gauge's value; with a label that is undefined: without that label. */
  value(name: ValueName, value: number, labels?: Labels): void;
  /** What a histogram has counted. */
  histogram(name: HistogramName, histogram: Histogram, labels?: Labels): void;
}

/** Gives its values when a scrape asks for them. Bounds its label values and the time that it takes. */
export interface Collector {
  /** Gives all its values to the sink. */
  collect(sink: Sink): void | Promise<void>;
}

/** One line of the exposition, as prom-client takes it. */
export interface Sample {
  readonly metricName?: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
}

interface Series {
  readonly labels: Record<string, string>;
  value: number;
  histogram?: Histogram;
}

/** What one scrape has found. */
export class Found {
  readonly #families = new Map<FamilyName, Map<string, Series>>();

  /** Takes what is told of one connection. */
  of(connection: string): Sink {
    return {
      value: (name, value, labels) => {
        const series = this.#series(name, connection, labels);
        series.value = Number.isNaN(series.value) ? value : merged(FAMILIES[name], series.value, value);
      },
      histogram: (name, histogram, labels) => {
        const series = this.#series(name, connection, labels);
        (series.histogram ??= new Histogram(histogram.bounds)).add(histogram);
      },
    };
  }

  samples(name: FamilyName): Sample[] {
    return [...(this.#families.get(name)?.values() ?? [])].flatMap((series) =>
      series.histogram ? histogramSamples(name, series.labels, series.histogram) : [series],
    );
  }

  #series(name: FamilyName, connection: string, given: Labels = {}): Series {
    const labels: Record<string, string> = { connection };
    for (const [label, value] of Object.entries(given)) if (value !== undefined) labels[label] = value;
    const family = this.#families.get(name) ?? new Map<string, Series>();
    this.#families.set(name, family);
    const key = JSON.stringify(labels);
    let series = family.get(key);
    if (!series) family.set(key, (series = { labels, value: NaN }));
    return series;
  }
}

function merged(family: Family, one: number, other: number): number {
  if (family.type !== 'gauge' || family.merge === 'sum') return one + other;
  return family.merge === 'max' ? Math.max(one, other) : Math.min(one, other);
}

/** As Prometheus wants them: each bucket with all below it. */
function histogramSamples(
  name: string,
  labels: Record<string, string>,
  { bounds, counts, sum }: Histogram,
): Sample[] {
  let below = 0;
  const buckets = [...bounds, '+Inf'].map((le, at): Sample => {
    below += counts[at] ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: below },
  ];
}
