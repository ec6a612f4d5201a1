import assert from 'node:assert/strict';
import { until } from '../support/until';
import { MOMENTS, STORES, playCell, type Seen } from './cell';
import { FAULTS } from './faults';

/** Milliseconds: the longest backoff, the time until a dead link is noticed, and what a busy machine takes. */
const RECOVERY = 8000;

/**
 * Every fault at every moment with every store. In each cell: nothing is lost, repeats are marked and no more than
 * answers were lost, the client goes back to work by itself, and leaves no timer and no socket behind.
 */
describe('Faults', function () {
  this.timeout(180_000);
  const table: string[] = [];
  let resources: Map<string, number>;

  before(() => (resources = activeResources()));

  for (const fault of FAULTS) {
    it(`${fault.name}: nothing is lost, whenever it comes, with any store`, async () => {
      const cells = MOMENTS.flatMap((moment) => STORES.map((store) => [moment, store] as const));
      const outcomes = await Promise.allSettled(
        cells.map(([moment, store]) => playCell(fault, moment, store)),
      );
      table.push(rowOf(fault.name, outcomes));
      outcomes.forEach((outcome, at) => {
        const name = cells[at]?.join(', ');
        if (outcome.status === 'rejected') throw new Error(`${name}: ${String(outcome.reason)}`);
        const { recovery } = outcome.value;
        assert.ok(recovery < RECOVERY, `${name}: back to work only after ${recovery} ms`);
      });
    });
  }

  it('leave no handle behind', async () => {
    for (const kind of ['TCPSocketWrap', 'TCPServerWrap']) {
      // What was open before may have been closed since.
      const excess = (): number => (activeResources().get(kind) ?? 0) - (resources.get(kind) ?? 0);
      await until(() => excess() <= 0, `the end of each ${kind}`);
    }
  });

  after(() => {
    const head = ['', ...MOMENTS.flatMap((moment) => STORES.map((store) => `${moment}/${store}`))];
    const lines = [rowLine(head), ...table];
    process.stdout.write(
      `\n      repeats of ${MOMENTS.length * STORES.length} cells per fault\n${lines.join('\n')}\n`,
    );
  });
});

function activeResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function rowOf(name: string, outcomes: readonly PromiseSettledResult<Seen>[]): string {
  return rowLine([
    name,
    ...outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? `ok, ${outcome.value.repeats}` : 'FAILED',
    ),
  ]);
}

function rowLine([name = '', ...cells]: readonly string[]): string {
  return `      ${name.padEnd(24)}${cells.map((cell) => cell.padStart(22)).join('')}`;
}
