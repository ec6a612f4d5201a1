import assert from 'node:assert/strict';
import { MESSAGE_STATES, isTimeZone, parseReceipt, stateOf } from '../../src/text';

describe('states', () => {
  it('are final or not by table', () => {
    const final = MESSAGE_STATES.filter((state) => stateOf(state).final);
    assert.deepEqual(final, ['DELIVRD', 'EXPIRED', 'DELETED', 'UNDELIV', 'UNKNOWN', 'REJECTD', 'SKIPPED']);
  });

  it('are what the user says they are', () => {
    const states = { blacklisted: 'REJECTD', WAITING: { final: false }, '0': { state: 'DELIVRD' } };
    const read = (stat: string): unknown => {
      const receipt = parseReceipt(`id:7 stat:${stat} err:1`, {}, { states });
      return [receipt?.state, receipt?.final];
    };
    assert.deepEqual(read('BLACKLISTED'), ['REJECTD', true]);
    assert.deepEqual(read('waiting'), ['waiting', false]);
    assert.deepEqual(read('0'), ['DELIVRD', true]);
    assert.deepEqual(read('constructor'), ['constructor', true]);
  });
});

describe("the centre's clock", () => {
  const done = (timeZone: string, date = '2607011200'): string | undefined =>
    parseReceipt(`id:7 stat:DELIVRD done date:${date}`, {}, { timeZone })?.done_date;

  it('is UTC unless a zone is named', () => {
    assert.equal(done(''), '2026-07-01T12:00:00.000Z');
    assert.equal(done('UTC'), '2026-07-01T12:00:00.000Z');
    assert.equal(done('+02:00'), '2026-07-01T10:00:00.000Z');
    assert.equal(done('Europe/Berlin'), '2026-07-01T10:00:00.000Z');
    assert.equal(done('Europe/Berlin', '2601011200'), '2026-01-01T11:00:00.000Z');
    assert.equal(done('Mars/Olympus'), '2026-07-01T12:00:00.000Z');
    assert.equal(done('Asia/Kolkata', '2601010300'), '2025-12-31T21:30:00.000Z');
  });

  it('is right on both sides of a change of clocks', () => {
    assert.equal(done('Europe/Berlin', '2603290159'), '2026-03-29T00:59:00.000Z');
    assert.equal(done('Europe/Berlin', '2603290301'), '2026-03-29T01:01:00.000Z');
    assert.equal(done('America/New_York', '2611010301'), '2026-11-01T08:01:00.000Z');
  });

  it('leaves out what is no date', () => {
    for (const date of [
      '19690101000000',
      '2603041',
      '26030414051',
      'x2603041405',
      '000001000000000R',
      '2026-13-01',
    ]) {
      assert.equal(done('', date), undefined, date);
    }
    assert.equal(done('', '19700101000000'), '1970-01-01T00:00:00.000Z');
    assert.equal(done('+02:00', '2026-03-04 14:05:06+01:00'), '2026-03-04T13:05:06.000Z');
  });

  it('does not move dates that name their offset', () => {
    assert.equal(done('Europe/Berlin', '260701120000000+'), '2026-07-01T12:00:00.000Z');
    assert.equal(done('Europe/Berlin', '2026-07-01T12:00:00Z'), '2026-07-01T12:00:00.000Z');
    const spellings = [
      '2607011400',
      '260701140000',
      '20260701140000',
      '2026-07-01 14:00:00',
      '2026/07/01 14:00',
    ];
    for (const date of spellings) {
      for (const offset of ['+02', '+0200', '+02:00', ' +0200', ' +02:00']) {
        assert.equal(done('Asia/Tokyo', date + offset), '2026-07-01T12:00:00.000Z', date + offset);
      }
      assert.equal(done('Asia/Tokyo', `${date}Z`), '2026-07-01T14:00:00.000Z', date);
    }
    assert.equal(done('', '2607011400-0530'), '2026-07-01T19:30:00.000Z');
    for (const date of ['2607011400+2500', '2607011400+0260']) assert.equal(done('', date), undefined, date);
  });

  it('is checked', () => {
    assert.deepEqual(['', 'UTC', '+05:30', 'Asia/Tokyo', 'Mars/Olympus'].map(isTimeZone), [
      true,
      true,
      true,
      true,
      false,
    ]);
  });
});
