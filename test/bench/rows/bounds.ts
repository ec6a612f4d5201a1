/** Rows about memory, and about what grows. */
import { figuresOf, startResponder } from '../processes';
import type { Row } from './types';

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

export const BOUNDS: readonly Row[] = [memory, flat];
