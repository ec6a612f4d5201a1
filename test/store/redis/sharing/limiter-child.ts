import { silentLog } from '../../../../src/observability';
import { openShared } from '../../../../src/store/redis/shared';
import { say } from '../../../support/say';
import { connectTo } from '../connected';

/** Takes all permits that it gets from a line of its input on, and says at last when each came (epoch ms). */
async function run(url: string, prefix: string, rate: number, ms: number): Promise<void> {
  const calls = await connectTo(url, { prefix });
  const { limiter, close } = await openShared(calls, {
    correlationCapacity: 10,
    sendRate: rate,
    burst: 1,
    log: silentLog,
  });
  limiter.onCalm((seconds) => say(`calm ${seconds}`));
  say('ready');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  const times: number[] = [];
  const stop = AbortSignal.timeout(ms);
  try {
    for (;;) {
      const permits = await limiter.acquire(10, { signal: stop });
      const now = performance.timeOrigin + performance.now();
      for (let at = 0; at < permits; at++) times.push(now);
    }
  } catch (error) {
    if (error !== stop.reason) throw error;
  }
  await close();
  await calls.close();
  say(JSON.stringify(times));
  process.stdin.destroy();
}

const [url = '', prefix = '', rate, ms] = process.argv.slice(2);
void run(url, prefix, Number(rate), Number(ms));
