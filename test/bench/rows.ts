import type { ContenderName } from './contenders';

/** What is compared with what. The first contender is ours; ratios are ours to each other's. */
export interface Row {
  readonly name: string;
  readonly contenders: readonly ContenderName[];
  /** Submits outstanding at most. */
  readonly window: number;
}

export const ROWS: readonly Row[] = [1, 10, 100].map((window) => ({
  name: `road-${window}`,
  contenders: ['own', 'node-smpp'],
  window,
}));
