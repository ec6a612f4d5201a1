/** What it costs to be seen: the road with log and metrics, beside the road without; and what is off. */
import { figuresOf } from '../processes';
import { passing } from './passing';
import { median, type Row } from './types';

const road = passing({
  name: 'observability',
  title: 'log at info and metrics that are scraped every second, beside both off',
  window: 100,
  entrants: [
    { contender: 'own', title: 'log at info, metrics', options: { logLevel: 'info' }, metrics: true },
    { contender: 'own', title: 'both off' },
    { contender: 'own', title: 'log at info alone', options: { logLevel: 'info' } },
  ],
  goals: (cpu) => [{ text: 'CPU, times both off', value: cpu(0) / cpu(1), limit: 1.15 }],
});

/** A message goes out as one PDU and its response comes in as another. */
const PDUS = 2;
/** Nanoseconds of CPU that a message takes, as a goal of road-100 has it. */
const MESSAGE = 9000;

const row: Row = {
  ...road,
  async measure(options) {
    const { figures, goals } = await road.measure(options);
    const checks: number[] = [];
    for (let round = 1; round <= options.rounds; round++) {
      options.progress(`observability: round ${round} of ${options.rounds}, trace off`);
      checks.push((await figuresOf<{ nanoseconds: number }>('untraced.ts', [])).nanoseconds);
    }
    const share = (100 * PDUS * median(checks)) / MESSAGE;
    return {
      figures: [
        ...figures,
        { of: 'PDU trace and event link that are off', unit: 'ns a PDU', values: checks },
      ],
      goals: [
        ...goals,
        { text: 'PDU trace and event link that are off, % of a message', value: share, limit: 1 },
      ],
    };
  },
};

const recorder = passing({
  name: 'recorder',
  title: 'all PDUs recorded, beside none',
  window: 100,
  entrants: [
    { contender: 'own', title: 'all PDUs recorded', options: { recorderSize: 16_384 } },
    { contender: 'own', title: 'none' },
  ],
  goals: (cpu) => [{ text: 'CPU, times none', value: cpu(0) / cpu(1), limit: 1.6 }],
});

export const OBSERVABILITY: readonly Row[] = [row, recorder];
