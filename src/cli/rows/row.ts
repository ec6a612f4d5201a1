/** One row of a file. */
export interface Row {
  /** Which one, from 1; the head of a CSV file and empty lines do not count. */
  readonly number: number;
  /** Where it begins, from 1. */
  readonly line: number;
  /** How much of the text was read with it, in octets of UTF-8. */
  readonly offset: number;
  /** By their columns or keys; absent where it is bad. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** What is wrong with it. */
  readonly problem?: string;
}
