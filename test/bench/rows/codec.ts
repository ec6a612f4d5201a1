/** The row of the codec: each task in a process of its own. */
import { figuresOf } from '../processes';
import { median, type Figure, type Goal, type Row } from './types';

/** Per second at least, of ours. */
const TASKS = { encode: 1e6, decode: 1e6, receipt: 600e3 } as const;
const TITLES = {
  encode: 'encode submit_sm',
  decode: 'decode submit_sm',
  receipt: 'decode and parse a receipt',
};
const CONTENDERS = { own: 'this package', 'node-smpp': 'npm smpp' };
/** So many calls are warm. */
const CALLS = 1_000_000;

const codec: Row = {
  name: 'codec',
  title: 'octets to PDUs and receipts, and back',
  async measure({ rounds, progress }) {
    const figures: Figure[] = [];
    const goals: Goal[] = [];
    for (const [task, limit] of Object.entries(TASKS)) {
      const title = TITLES[task as keyof typeof TITLES];
      for (const [contender, name] of Object.entries(CONTENDERS)) {
        const values: number[] = [];
        for (let round = 1; round <= rounds; round++) {
          progress(`codec: round ${round} of ${rounds}, ${title}, ${name}`);
          const args = [contender, task, `${CALLS}`];
          values.push(CALLS / (await figuresOf<{ cpuSeconds: number }>('codec.ts', args)).cpuSeconds);
        }
        figures.push({ of: `${title}, ${name}`, unit: 'per CPU s', values });
        if (contender === 'own') goals.push({ text: title, value: median(values), limit, atLeast: true });
      }
    }
    return { figures, goals };
  },
};

export const CODEC: readonly Row[] = [codec];
