export interface Options {
  /** Of each figure; the median counts. */
  readonly rounds: number;
  /** Per round. */
  readonly messages: number;
  progress(text: string): void;
}

export interface Figure {
  readonly of: string;
  readonly unit: string;
  /** One of each round. */
  readonly values: readonly number[];
}

/** What a row is to reach. Absolute times hold for the machine that they were set on: read them beside the ratios. */
export interface Goal {
  readonly text: string;
  readonly value: number;
  readonly limit: number;
  /** `value` is to be so much at least; else at most. */
  readonly atLeast?: boolean;
}

export interface Measured {
  readonly figures: readonly Figure[];
  readonly goals: readonly Goal[];
}

/** What is measured together, in turns. */
export interface Row {
  readonly name: string;
  readonly title: string;
  /** It takes so long that it is measured only where it is asked for. */
  readonly slow?: boolean;
  measure(options: Options): Promise<Measured>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

export const holds = ({ value, limit, atLeast }: Goal): boolean =>
  atLeast === true ? value >= limit : value <= limit;
