import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ownPrefix, redisUrl } from '../../../support/brokers';
import { runsTypeScript } from '../../../support/child';
import { rounds } from '../../../support/rounds';

const RATE = 500;
const SECONDS = rounds(10, 2);

interface Child {
  readonly process: ChildProcess;
  /** The next line that it says. */
  next(): Promise<string>;
}

function start(...args: readonly string[]): Child {
  const child = spawn(process.execPath, [...runsTypeScript, join(__dirname, 'limiter-child.ts'), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    process: child,
    next: async () => {
      const line = await lines.next();
      return line.done === true ? assert.fail('the process ended too soon') : line.value;
    },
  };
}

/** The most by which `times` are ahead of a rate, in messages, in any stretch. */
function ahead(times: readonly number[], rate: number): number {
  let [most, level, before] = [0, 0, -Infinity];
  for (const time of times) {
    level = Math.max(0, level - ((time - before) / 1000) * rate) + 1;
    before = time;
    most = Math.max(most, level);
  }
  return most;
}

describe('one rate for several processes', () => {
  const children: Child[] = [];
  afterEach(() => {
    for (const { process: child } of children.splice(0)) child.kill('SIGKILL');
  });

  for (const count of [1, 2, 4]) {
    it(`holds for ${count} of them together`, async function () {
      const url = await redisUrl(this);
      const prefix = ownPrefix();
      const args = [url, prefix, String(RATE), String(1000 * SECONDS)];
      for (let at = 0; at < count; at++) children.push(start(...args));
      for (const child of children) assert.equal(await child.next(), 'ready');
      for (const { process: child } of children) child.stdin!.write('go\n');
      const all = await Promise.all(
        children.map(async (child) => JSON.parse(await child.next()) as number[]),
      );
      const times = all.flat().sort((a, b) => a - b);
      const span = (times.at(-1)! - times[0]!) / 1000;
      const [total, burst] = [times.length, ahead(times, RATE)];
      const shares = all.map(({ length }) => length);
      console.log(
        `      ${total} in ${span.toFixed(2)} s (${((100 * total) / (RATE * span) - 100).toFixed(2)} %), ` +
          `at most ${burst.toFixed(1)} ahead; by process ${shares.join(', ')}`,
      );
      assert.ok(total <= RATE * span + 1 + 0.03 * RATE, 'more than the rate');
      // A busy machine stands still for longer than a bucket makes up for.
      assert.ok(total >= 0.5 * RATE * SECONDS, 'less than the rate');
      for (const share of shares) assert.ok(share > total / count / 2, 'a process got too little');
    }).timeout(60_000);
  }
});
