/** Rows about the stores alone: see store.ts for what each scene does. */
import { figuresOf } from '../processes';
import { median, type Figure, type Goal, type Row } from './types';

interface Scene {
  readonly name: string;
  readonly title: string;
  /** The scene, with what it is asked for, once each round. */
  readonly runs: readonly (readonly [scene: string, argument?: string])[];
  /** What a run finds, in its order. */
  readonly found: readonly (readonly [of: string, unit: string])[];
  goals?(values: readonly (readonly number[])[]): Goal[];
}

function storeRow({ name, title, runs, found, goals }: Scene): Row {
  return {
    name: `store-${name}`,
    title,
    async measure({ rounds, progress }) {
      const values: number[][] = [];
      for (let round = 1; round <= rounds; round++) {
        let at = 0;
        for (const [scene, argument = ''] of runs) {
          progress(`store-${name}: round ${round} of ${rounds}, ${scene} ${argument}`);
          const { found: some } = await figuresOf<{ found: number[] }>(
            'store.ts',
            [scene, argument],
            ['--expose-gc'],
          );
          for (const value of some) (values[at++] ??= []).push(value);
        }
      }
      const figures: Figure[] = found.map(([of, unit], at) => ({ of, unit, values: values[at] ?? [] }));
      return { figures, goals: goals?.(values) ?? [] };
    },
  };
}

const ratio = (values: readonly (readonly number[])[], own: number, other: number): number =>
  median((values[own] ?? []).map((value, round) => value / (values[other]?.[round] ?? NaN)));

const ofBare =
  (limit: number) =>
  (values: readonly (readonly number[])[]): Goal[] => [
    { text: 'of bare lmdb', value: ratio(values, 0, 1), limit, atLeast: true },
  ];

export const STORE: readonly Row[] = [
  storeRow({
    name: 'enqueue',
    title: 'durable enqueue, 1,000 callers, beside bare puts',
    runs: [['enqueue']],
    found: [
      ['disk store', 'messages / s'],
      ['bare lmdb', 'puts / s'],
    ],
    goals: ofBare(0.6),
  }),
  storeRow({
    name: 'road',
    title: 'enqueue, take, settle with correlation, in batches, beside bare put, delete and put',
    runs: [['road']],
    found: [
      ['disk store', 'messages / s'],
      ['bare lmdb', 'messages / s'],
    ],
    goals: ofBare(0.6),
  }),
  storeRow({
    name: 'sealed',
    title: 'the same with and without a queueKey',
    runs: [['sealed']],
    found: [
      ['with a key', 'messages / s'],
      ['without', 'messages / s'],
      ['with a key', 'CPU s / 100k'],
      ['without', 'CPU s / 100k'],
    ],
  }),
  storeRow({
    name: 'rewrite',
    title: '1,000,000 queued messages written anew',
    runs: [['rewrite']],
    found: [
      ['sealed at opening', 'ms'],
      ['compacted', 'ms'],
    ],
  }),
  storeRow({
    name: 'full',
    title: 'a correlation where the correlator is half full, and where it is full',
    runs: [
      ['full', 'memory'],
      ['full', 'disk'],
    ],
    found: [
      ['memory, half full', 'CPU µs'],
      ['memory, full', 'CPU µs'],
      ['disk, half full', 'CPU µs'],
      ['disk, full', 'CPU µs'],
    ],
    goals: (values) => [
      { text: 'memory: times as much when full', value: ratio(values, 1, 0), limit: 2 },
      { text: 'disk: times as much when full', value: ratio(values, 3, 2), limit: 2 },
    ],
  }),
  storeRow({
    name: 'backlog',
    title: 'messages through the disk store with so many queued before',
    runs: [
      ['backlog', '1000'],
      ['backlog', '100000'],
      ['backlog', '1000000'],
    ],
    found: ['1,000', '100,000', '1,000,000'].flatMap((before) => [
      [before, 'messages / s'] as const,
      [before, 'ms to reopen'] as const,
      [before, 'MB resident'] as const,
    ]),
    goals: (values) => {
      const rates = [0, 3, 6].map((at) => median(values[at] ?? []));
      return [{ text: 'fastest, times slowest', value: Math.max(...rates) / Math.min(...rates), limit: 1.3 }];
    },
  }),
];
