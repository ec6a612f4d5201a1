/** One contender in a process of its own, so that the CPU time is its alone. Takes a {@link Job}, sends a {@link Result}. */
import { CONTENDERS, type ContenderName } from './contenders';

export interface Job {
  readonly contender: ContenderName;
  readonly port: number;
  readonly window: number;
  readonly messages: number;
  /** Sent before, unmeasured: what is wanted is how it runs, not how it starts. */
  readonly warmUp: number;
}

export interface Result {
  readonly messages: number;
  readonly seconds: number;
  /** User and system. */
  readonly cpuSeconds: number;
}

async function work(job: Job): Promise<Result> {
  const run = await CONTENDERS[job.contender].open(job.port, job.window);
  await run.send(job.warmUp);
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  await run.send(job.messages);
  const seconds = (performance.now() - before) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  await run.close();
  return { messages: job.messages, seconds, cpuSeconds: (user + system) / 1e6 };
}

process.once('message', (job: Job) => {
  work(job).then(
    (result) => process.send?.({ result }, () => process.exit()),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? error.stack : error }, () => process.exit(1)),
  );
});
