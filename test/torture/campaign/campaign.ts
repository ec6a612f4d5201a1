import { compileLife, runSeed, type SeedReport } from './run';

export interface CampaignReport {
  readonly seeds: number;
  readonly messages: number;
  readonly kills: number;
  readonly restarts: number;
  readonly failed: readonly number[];
}

/** Many seeds, `jobs` of them at a time. */
export async function campaign(
  { from, count, jobs }: { from: number; count: number; jobs: number },
  done: (report: SeedReport) => void = () => undefined,
): Promise<CampaignReport> {
  const child = await compileLife();
  const sum = { seeds: 0, messages: 0, kills: 0, restarts: 0, failed: [] as number[] };
  let next = from;
  const work = async (): Promise<void> => {
    while (next < from + count) {
      const report = await runSeed(next++, child.path);
      sum.seeds++;
      sum.messages += report.messages;
      sum.kills += report.kills;
      sum.restarts += report.restarts;
      if (report.faults.length > 0) sum.failed.push(report.seed);
      done(report);
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, work));
  } finally {
    await child.remove();
  }
  return { ...sum, failed: sum.failed.sort((a, b) => a - b) };
}
