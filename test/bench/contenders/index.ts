import { bareRabbit } from './bare-rabbit';
import { bareRedis } from './bare-redis';
import { bareSocket } from './bare-socket';
import { nodeSmpp } from './node-smpp';
import { own } from './own';
import type { Contender } from './types';

/** The clients that the bench compares, each in a process of its own. */
export const CONTENDERS = {
  own,
  'node-smpp': nodeSmpp,
  'bare-socket': bareSocket,
  'bare-redis': bareRedis,
  'bare-rabbit': bareRabbit,
} satisfies Record<string, Contender>;

export type ContenderName = keyof typeof CONTENDERS;
export type { Setting } from './types';
