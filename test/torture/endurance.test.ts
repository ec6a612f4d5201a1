import assert from 'node:assert/strict';
import { startRedis } from '../support/brokers';
import { rounds } from '../support/rounds';
import { endurance, type EnduranceReport } from './endurance';

const MESSAGES = rounds(10_000, 4000);
const RATE = 1000;
/** In the end, objects and buffers: 100,000 messages leave no more than 4,000 do, which a slope over so few cannot show. */
const MOST_MB = 45;

describe(`${MESSAGES} messages out of Redis while the SMSC and Redis go down in turn`, function () {
  this.timeout(600_000);
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
    // A window, each time.
    const most = 200 * (report.downs.smsc + report.downs.redis);
    assert.ok(report.repeated <= most, `${report.repeated} of at most ${most}`);
    assert.equal(report.unmarked, 0);
  });
  it('the receipts that come are matched', () => {
    assert.ok(report.receipts > 0);
    assert.equal(report.mismatched, 0);
  });
  it('memory stays flat', () => {
    const { slopePer10k, heap } = report;
    console.log(`      ${slopePer10k.toFixed(2)} MB per 10,000 messages, ${heap.toFixed(1)} MB in the end`);
    assert.ok(heap < MOST_MB, `${heap} MB`);
  });
});
