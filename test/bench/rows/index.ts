import { BOUNDS } from './bounds';
import { BROKERS } from './brokers';
import { CODEC } from './codec';
import { NODE_RED } from './node-red';
import { OBSERVABILITY } from './observability';
import { PASSING } from './passing';
import { STORE } from './store';
import type { Row } from './types';

/** All that `npm run bench` measures. */
export const ROWS: readonly Row[] = [
  ...CODEC,
  ...PASSING,
  ...OBSERVABILITY,
  ...NODE_RED,
  ...BOUNDS,
  ...STORE,
  ...BROKERS,
];

export type { Options, Row } from './types';
