import assert from 'node:assert/strict';
import { torture, type TortureReport } from './torture';

const ROUNDS = 20;
/** What is outstanding, and what was accepted but not settled yet; `maxUnsettled` bounds both. */
const PER_KILL = 1000;

describe(`A client on the disk queue, killed ${ROUNDS} times while it sends`, function () {
  this.timeout(300_000);
  let report: TortureReport;
  before(async () => (report = await torture(ROUNDS)));

  it('loses nothing that it has acknowledged', () => {
    assert.ok(report.acknowledged > ROUNDS);
    assert.deepEqual(report.lost, []);
  });
  it('repeats no more than its bound allows, and marks every repeat', () => {
    assert.ok(report.repeatedPerKill <= PER_KILL, `${report.repeatedPerKill} for one kill`);
    assert.equal(report.unmarked, 0);
  });
  it('keeps the order within a priority for what was sent once', () => assert.equal(report.overtaken, 0));
  it('never sends a long message under two reference numbers', () =>
    assert.deepEqual(report.doubleReferences, []));
  it('still matches the receipts', () => {
    assert.ok(report.receipts > 0);
    assert.equal(report.mismatched, 0);
  });
});

const ROUNDS_ONCE = 8;

describe(`The same with delivery at most once, killed ${ROUNDS_ONCE} times`, function () {
  this.timeout(300_000);
  let report: TortureReport;
  before(async () => (report = await torture(ROUNDS_ONCE, undefined, 'at-most-once')));

  it('sends no segment twice', () => assert.equal(report.repeated, 0));
  it('tells of every message that did not arrive', () => {
    assert.ok(report.acknowledged > ROUNDS_ONCE);
    assert.deepEqual(report.vanished, []);
  });
  it('gives up no more than were on the wire or just about to be', () => {
    assert.ok(report.unknown > 0);
    assert.ok(report.unknown <= PER_KILL * ROUNDS_ONCE, `${report.unknown} unknown`);
  });
  it('still matches the receipts', () => assert.equal(report.mismatched, 0));
});
