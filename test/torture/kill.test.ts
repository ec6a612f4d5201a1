import assert from 'node:assert/strict';
import { rounds } from '../support/rounds';
import { faultsOf, REPEATS_PER_KILL, torture, type TortureReport } from './torture';

const ROUNDS = rounds(20, 4);

describe(`A client on the disk queue, killed ${ROUNDS} times while it sends`, function () {
  this.timeout(300_000);
  let report: TortureReport;
  before(async () => (report = await torture({ rounds: ROUNDS })));

  it('loses nothing that it has acknowledged', () => {
    assert.ok(report.acknowledged > ROUNDS);
    assert.deepEqual(report.lost, []);
  });
  it('repeats no more than its bound allows, and marks every repeat', () => {
    assert.ok(report.repeatedPerKill <= REPEATS_PER_KILL, `${report.repeatedPerKill} for one kill`);
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

const ROUNDS_ONCE = rounds(8, 3);

describe(`The same with delivery at most once, killed ${ROUNDS_ONCE} times`, function () {
  this.timeout(300_000);
  let report: TortureReport;
  before(async () => (report = await torture({ rounds: ROUNDS_ONCE, delivery: 'at-most-once' })));

  it('sends no segment twice', () => assert.equal(report.repeated, 0));
  it('tells of every message that did not arrive', () => {
    assert.ok(report.acknowledged > ROUNDS_ONCE);
    assert.deepEqual(report.vanished, []);
  });
  it('gives up no more than were on the wire or just about to be', () => {
    assert.ok(report.unknown > 0);
    assert.ok(report.unknown <= REPEATS_PER_KILL * ROUNDS_ONCE, `${report.unknown} unknown`);
  });
  it('still matches the receipts', () => assert.equal(report.mismatched, 0));
});

describe('The report of a client that was killed', () => {
  const well: TortureReport = {
    ...{
      rounds: 2,
      acknowledged: 100,
      lost: [],
      vanished: [],
      unknown: 3,
      repeated: 40,
      repeatedPerKill: 30,
    },
    ...{ unmarked: 0, overtaken: 0, doubleReferences: [], refused: 0, binds: 3, receipts: 90, mismatched: 0 },
  };
  const wrong: [Partial<TortureReport>, RegExp][] = [
    [{ lost: [1, 2] }, /^2 messages were lost$/],
    [{ repeatedPerKill: REPEATS_PER_KILL + 1 }, /^1 repeats are too many$/],
    [{ unmarked: 1 }, /not marked/],
    [{ overtaken: 1 }, /overtook/],
    [{ doubleReferences: [7] }, /two reference numbers/],
    [{ mismatched: 1 }, /receipts/],
    [{ acknowledged: 0 }, /shown nothing/],
  ];

  it('names each thing that must not be, and nothing else', () => {
    assert.deepEqual(faultsOf(well, 'at-least-once'), []);
    for (const [change, line] of wrong) {
      const [fault, ...others] = faultsOf({ ...well, ...change }, 'at-least-once');
      assert.match(fault ?? '', line);
      assert.deepEqual(others, []);
    }
  });
  it('allows no repeats at most once, but losses that were told', () => {
    assert.deepEqual(faultsOf(well, 'at-most-once'), ['40 repeats are too many']);
    assert.deepEqual(faultsOf({ ...well, repeated: 0, lost: [1] }, 'at-most-once'), []);
    assert.match(faultsOf({ ...well, repeated: 0, vanished: [1] }, 'at-most-once').join(), /lost/);
  });
});
