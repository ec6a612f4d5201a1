import assert from 'node:assert/strict';
import { startRedis } from '../support/brokers';
import { rounds } from '../support/rounds';
import { endurance, type EnduranceReport } from './endurance';

const MESSAGES = rounds(20_000, 4000);
const RATE = 1000;
/** What one collection of garbage or one table of strings makes is more than nothing. */
const MOST_MB = 8;

describe(`${MESSAGES} messages out of Redis while the SMSC and Redis go down in turn`, function () {
  this.timeout(300_000);
  let report: EnduranceReport;
  before(async function () {
    const redis = await startRedis(this, { appendonly: true });
    try {
      report = await endurance({ messages: MESSAGES, rate: RATE, redis });
    } finally {
      await redis.kill();
    }
  });

  it('all arrive, and each was down', () => {
    assert.deepEqual([report.lost, report.failed], [[], []]);
    assert.ok(report.downs.smsc > 0 && report.downs.redis > 0);
  });
  it('those that come again are few, and marked', () => {
    const most = 100 * (report.downs.smsc + report.downs.redis);
    assert.ok(report.repeated <= most, `${report.repeated} of at most ${most}`);
    assert.equal(report.unmarked, 0);
  });
  it('the receipts that come are matched', () => {
    assert.ok(report.receipts > 0);
    assert.equal(report.mismatched, 0);
  });
  it('memory stays flat', () => {
    const { slopePer10k } = report;
    console.log(
      `      ${slopePer10k.toFixed(2)} MB per 10,000 messages, ${report.heap.toFixed(1)} MB in the end`,
    );
    assert.ok(slopePer10k < MOST_MB, `${slopePer10k} MB per 10,000 messages`);
  });
});
