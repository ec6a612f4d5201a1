/**
 * `npm run bench:rate`: how evenly messages arrive at a simulated SMSC in another process at a given `sendRate`, and
 * what the adaptive throttle handler makes of a centre that polices. Real sockets, real time.
 */
import { fork, type ChildProcess } from 'node:child_process';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { SmppClient } from '../../src/index';
import type { Rule } from '../../src/simulator';
import { runsTypeScript } from '../support/child';

interface Arrival {
  readonly at: number;
  readonly refused: boolean;
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    adaptive: { type: 'string', default: '60' },
    only: { type: 'string' },
  },
});

function answer<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T));
    child.once('exit', (code) => reject(new Error(`the SMSC ended with ${code}`)));
  });
}

/** Sends as much as it may for so many seconds; every arrival, in milliseconds after the first. */
async function arrivals(
  options: object,
  rules: readonly Rule[],
  seconds: number,
  most: number,
): Promise<Arrival[]> {
  const child = fork(path.join(__dirname, 'arrivals.ts'), [JSON.stringify(rules)], {
    execArgv: [...runsTypeScript],
  });
  const { port } = await answer<{ port: number }>(child);
  const client = new SmppClient({
    port,
    systemId: 'bench',
    queue: 'memory',
    queueCapacity: 0,
    logLevel: 'silent',
    ...options,
  });
  await client.start();
  const message = { short_message: 'x', destination_addr: '447700900123', registered_delivery: 0 } as const;
  await client.enqueue(Array.from({ length: Math.ceil(most * (seconds + 5)) }, () => message));
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000 + 500));
  const told = answer<{ arrivals: Arrival[] }>(child);
  child.send('tell');
  const all = (await told).arrivals;
  await client.purge();
  await client.stop();
  child.disconnect();
  const first = all[0]?.at ?? 0;
  return all.map(({ at, refused }) => ({ at: at - first, refused }));
}

/** Per second, the first one with its burst left out. */
function perSecond(all: readonly Arrival[], seconds: number): number[] {
  const counts = new Array<number>(seconds).fill(0);
  for (const { at } of all) {
    const second = Math.floor(at / 1000);
    if (second < seconds) counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts.slice(1);
}

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

async function evenness(rate: number, seconds: number): Promise<void> {
  const counts = perSecond(await arrivals({ sendRate: rate, windowSize: 100 }, [], seconds, rate), seconds);
  const sum = counts.reduce((total, count) => total + count, 0);
  const used = sum / (rate * counts.length);
  const most = Math.max(...counts);
  const least = Math.min(...counts);
  // One message more or less is what counting in seconds does.
  const within = counts.filter((count) => Math.abs(count - rate) <= Math.max(1, 0.05 * rate)).length;
  process.stdout.write(
    `| ${rate}/s | ${percent(used)} | ${least} to ${most} | ${within} of ${counts.length} |\n`,
  );
}

async function adaptive(seconds: number): Promise<void> {
  for (const burst of [5, 50]) {
    const rules: Rule[] = [{ type: 'throttle', above: 50, burst }];
    const all = await arrivals({ windowSize: 10, throttleHandler: 'adaptive' }, rules, 30 + seconds, 60);
    const settled = all.filter(({ at }) => at >= 30_000 && at < (30 + seconds) * 1000);
    const refused = settled.filter((one) => one.refused).length;
    const goodput = (settled.length - refused) / (50 * seconds);
    process.stdout.write(
      `| 50/s, burst ${burst} | ${percent(goodput)} | ${percent(refused / settled.length)} |\n`,
    );
  }
}

async function main(): Promise<void> {
  if (values.only !== 'adaptive') {
    process.stdout.write(
      '| sendRate | used | least and most in a second | seconds within 5 % (or one) |\n|---|---|---|---|\n',
    );
    for (const rate of [10, 100, 1000]) await evenness(rate, Number(values.seconds));
  }
  if (values.only === 'rate') return;
  process.stdout.write('\n| the SMSC polices | goodput after 30 s | throttled |\n|---|---|---|\n');
  await adaptive(Number(values.adaptive));
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
