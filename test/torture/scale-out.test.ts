import assert from 'node:assert/strict';
import { ownPrefix, redisUrl } from '../support/brokers';
import { rounds } from '../support/rounds';
import { scaleOut, type ScaleReport } from './scale-out';

const LIMIT = 500;
const SECONDS = rounds(10, 3);
const LEASE_SECONDS = 2;

describe('Processes on one queue in Redis', function () {
  this.timeout(120_000);
  const place = async (context: Mocha.Context) => ({
    ...{
      queue: 'redis',
      queueUrl: await redisUrl(context),
      keyPrefix: ownPrefix(),
      leaseTime: LEASE_SECONDS,
    },
  });

  for (const processes of [1, 2, 4]) {
    describe(`${processes} of them, for ${SECONDS} s`, () => {
      let report: ScaleReport;
      before(async function () {
        report = await scaleOut({ processes, place: await place(this), limit: LIMIT, seconds: SECONDS });
      });
      it('use the rate of the account, and no more', () => {
        const { taken, expected, burst, throttled } = report;
        // Other tests may keep the processes from running, which catch up then; on a quiet machine it is 1 %: `npm run torture:scale`.
        assert.ok(taken <= 1.01 * (expected + burst), `${taken} of ${expected}`);
        assert.ok(taken >= 0.5 * expected, `${taken} of ${expected}`);
        assert.ok(throttled <= 0.01 * expected, `${throttled} throttled`);
      });
      it('send each message once, all of them a part', () => {
        assert.deepEqual([report.lost, report.twice], [[], []]);
        const least = Math.min(...report.shares);
        assert.ok(least > 0, `shares: ${report.shares.join(', ')}`);
      });
      it('match each receipt, whichever hears it', () => {
        assert.equal(report.mismatched, 0);
        assert.equal(report.receipts, LIMIT * (SECONDS + 4));
        if (processes > 1) assert.ok(report.elsewhere > 0);
      });
    });
  }

  it('take over what one that is killed held, within seconds', async function () {
    const report = await scaleOut({
      ...{ processes: 3, place: await place(this), limit: LIMIT, seconds: 1, kills: true },
    });
    assert.deepEqual([report.lost, report.unmarked], [[], []]);
    assert.ok(report.twice.length <= 1000, `${report.twice.length} twice`);
    assert.ok(report.seconds < LEASE_SECONDS + 20, `${report.seconds} s`);
    assert.equal(report.mismatched, 0);
  });
});
