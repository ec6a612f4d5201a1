import assert from 'node:assert/strict';
import { Availability } from '../../src/client/availability';
import { FakeClock } from '../support/clock';

describe('whether the store can be written', () => {
  let clock: FakeClock;
  let told: boolean[];
  let availability: Availability;

  beforeEach(() => {
    clock = new FakeClock();
    told = [];
    availability = new Availability(clock, (available) => told.push(available));
  });
  afterEach(() => {
    availability.stop();
    assert.equal(clock.pendingTimers, 0);
  });

  it('is told once, however many tries fail, and once when it is back', async () => {
    availability.tried(true);
    for (let at = 0; at < 5; at++) availability.tried(false);
    assert.deepEqual(told, [false]);
    await clock.advance(20_000);
    assert.deepEqual(told, [false], 'nothing has succeeded yet');
    availability.tried(true);
    assert.deepEqual(told, [false, true]);
  });

  it('is not told of each try where some succeed and some do not, as on a disk that is full', async () => {
    for (let at = 0; at < 200; at++) {
      availability.tried(at % 3 === 0);
      await clock.advance(100);
    }
    assert.deepEqual(told, [false]);
    availability.tried(true);
    await clock.advance(9000);
    assert.deepEqual(told, [false]);
    await clock.advance(2000);
    assert.deepEqual(told, [false, true], 'without another try');
  });

  it('waits for nothing any more when it is stopped', () => {
    availability.tried(false);
    availability.tried(true);
    availability.stop();
    availability.tried(true);
    assert.equal(clock.pendingTimers, 0);
  });
});
