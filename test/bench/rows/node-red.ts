/** Rows in which a real Node-RED runs. */
import { figuresOf, startResponder } from '../processes';
import { median, type Row } from './types';

interface Passed {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const PER = 100_000;
const LOADS = 5;

const flow: Row = {
  name: 'flow',
  title: 'function → smpp-out → SMSC → function in Node-RED, beside a function in place of smpp-out',
  async measure({ rounds, messages, progress }) {
    const cpu: Record<string, number[]> = { 'smpp-out': [], 'pass-through': [] };
    const responder = await startResponder();
    try {
      for (let round = 1; round <= rounds; round++)
        for (const [kind, values] of Object.entries(cpu)) {
          progress(`flow: round ${round} of ${rounds}, ${kind}`);
          const args = [kind, `${responder.port}`, `${messages}`];
          values.push(((await figuresOf<Passed>('flow.ts', args)).cpuSeconds / messages) * PER);
        }
    } finally {
      responder.stop();
    }
    const [own = [], other = []] = Object.values(cpu);
    return {
      figures: Object.entries(cpu).map(([of, values]) => ({ of, unit: 'CPU s / 100k', values })),
      goals: [{ text: 'CPU, times pass-through', value: median(own) / median(other), limit: 2.5 }],
    };
  },
};

const load: Row = {
  name: 'load',
  title: 'loading the nodes where Node-RED is there already',
  async measure({ progress }) {
    const values: number[] = [];
    const cpu: number[] = [];
    let early = 0;
    for (let round = 1; round <= LOADS; round++) {
      progress(`load: round ${round} of ${LOADS}`);
      const loaded = await figuresOf<{ milliseconds: number; cpu: number; early: string[] }>('load.ts', []);
      values.push(loaded.milliseconds);
      cpu.push(loaded.cpu);
      early = loaded.early.length;
    }
    return {
      figures: [
        { of: 'all nodes', unit: 'ms', values },
        { of: 'of that, of the processor', unit: 'ms', values: cpu },
      ],
      goals: [
        { text: 'ms', value: median(values), limit: 60 },
        { text: 'of lmdb and iconv-lite, loaded before a connection needs them', value: early, limit: 0 },
      ],
    };
  },
};

export const NODE_RED: readonly Row[] = [flow, load];
