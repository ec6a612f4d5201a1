/** Rows about memory, and about what grows. */
import { figuresOf, startResponder } from '../processes';
import { median, type Row } from './types';

const QUEUED = 1_000_000;
const FLAT_MINUTES = 10;

const memory: Row = {
  name: 'memory',
  title: '1,000,000 short messages queued',
  async measure({ progress }) {
    const limits = { memory: 400, disk: 120 };
    const found: { kind: string; own: number; mapped: number; limit: number }[] = [];
    for (const [kind, limit] of Object.entries(limits)) {
      progress(`memory: ${kind}`);
      const args = [kind, `${QUEUED}`];
      const { resident, mapped } = await figuresOf<{ resident: number; mapped: number }>('memory.ts', args, [
        '--expose-gc',
      ]);
      found.push({ kind, own: resident - mapped, mapped, limit });
    }
    return {
      figures: found.flatMap(({ kind, own, mapped }) => [
        { of: `queue: ${kind}`, unit: 'MB resident', values: [own] },
        { of: 'beside it, pages of files', unit: 'MB', values: [mapped] },
      ]),
      goals: found.map(({ kind, own, limit }) => ({
        text: `MB resident, queue: ${kind}`,
        value: own,
        limit,
      })),
    };
  },
};

const flat: Row = {
  name: 'flat',
  title: `memory over ${FLAT_MINUTES} minutes at 2,000 messages a second, with receipts`,
  slow: true,
  async measure({ progress }) {
    progress(`flat: ${FLAT_MINUTES} minutes`);
    const responder = await startResponder();
    try {
      const args = [`${responder.port}`, `${FLAT_MINUTES}`];
      const { slope, sent } = await figuresOf<{ slope: number; sent: number }>('flat.ts', args, [
        '--expose-gc',
      ]);
      return {
        figures: [
          { of: 'resident, second half', unit: 'MB a minute', values: [slope] },
          { of: 'sent', unit: 'messages', values: [sent] },
        ],
        goals: [{ text: 'MB a minute', value: slope, limit: 0.5 }],
      };
    } finally {
      responder.stop();
    }
  },
};

const correlations: Row = {
  name: 'correlations',
  title: 'a correlation put and looked up, with 1,000 and with 1,000,000 before it',
  async measure({ rounds, progress }) {
    const few: number[] = [];
    const many: number[] = [];
    for (let round = 1; round <= rounds; round++)
      for (const [before, costs] of [
        [1000, few],
        [1_000_000, many],
      ] as const) {
        progress(`correlations: round ${round} of ${rounds}, ${before}`);
        costs.push(
          (await figuresOf<{ microseconds: number }>('correlations.ts', [`${before}`])).microseconds,
        );
      }
    return {
      figures: [
        { of: '1,000 before', unit: 'CPU µs', values: few },
        { of: '1,000,000 before', unit: 'CPU µs', values: many },
      ],
      goals: [{ text: 'times as much', value: median(many) / median(few), limit: 1.3 }],
    };
  },
};

export const BOUNDS: readonly Row[] = [memory, flat, correlations];
