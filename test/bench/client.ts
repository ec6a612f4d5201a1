/** One contender in a process of its own, so that the CPU time is its alone. Takes a {@link Job}, sends a {@link Result}. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CONTENDERS, type ContenderName, type Setting } from './contenders';

export interface Job extends Setting {
  readonly contender: ContenderName;
  readonly messages: number;
  /** Passed before, unmeasured: what is wanted is how it runs, not how it starts. */
  readonly warmUp: number;
}

export interface Result {
  readonly messages: number;
  readonly seconds: number;
  /** User and system. */
  readonly cpuSeconds: number;
  /** Milliseconds: how late the event loop was, in one of a hundred looks at most. */
  readonly loopDelay: number;
}

const NANOSECONDS = 1e6;

async function work(job: Job): Promise<Result> {
  const run = await CONTENDERS[job.contender].open(job);
  const { receive } = run;
  if (job.receives && !receive) throw new Error(`${job.contender} receives nothing`);
  const pass = job.receives && receive ? receive : (count: number) => run.send(count);
  const prepare = async (count: number): Promise<void> => {
    if (job.receives) await run.send(count);
  };
  await prepare(job.warmUp);
  await pass(job.warmUp);
  await prepare(job.messages);
  // The histogram looks once in so many milliseconds, which is no delay.
  const resolution = 1;
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  await pass(job.messages);
  const seconds = (performance.now() - before) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  delay.disable();
  await run.close();
  return {
    messages: job.messages,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    loopDelay: delay.percentile(99) / NANOSECONDS - resolution,
  };
}

process.once('message', (job: Job) => {
  work(job).then(
    (result) => process.send?.({ result }, () => process.exit()),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? error.stack : error }, () => process.exit(1)),
  );
});
