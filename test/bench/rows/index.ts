import { BOUNDS } from './bounds';
import { CODEC } from './codec';
import { NODE_RED } from './node-red';
import { PASSING } from './passing';
import { STORE } from './store';
import type { Row } from './types';

/** All that `npm run bench` measures. */
export const ROWS: readonly Row[] = [...CODEC, ...PASSING, ...NODE_RED, ...BOUNDS, ...STORE];

export type { Options, Row } from './types';
