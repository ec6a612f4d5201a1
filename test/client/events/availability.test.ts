import assert from 'node:assert/strict';
import { Availability } from '../../../src/client/events/availability';
import { FakeClock } from '../../support/clock';

const FULL = new Error('no space left');

describe('whether the store can be written', () => {
  let clock: FakeClock;
  let told: unknown[];
  let availability: Availability;

  beforeEach(() => {
    clock = new FakeClock();
    told = [];
    availability = new Availability(clock, (failure) => told.push(failure));
  });
  afterEach(() => {
    availability.stop();
    assert.equal(clock.pendingTimers, 0);
  });

  it('is told once, however many tries fail, and once when it is back', async () => {
    availability.tried(undefined);
    for (let at = 0; at < 5; at++) availability.tried(FULL);
    assert.deepEqual(told, [FULL]);
    await clock.advance(20_000);
    assert.deepEqual(told, [FULL], 'nothing has succeeded yet');
    availability.tried(undefined);
    assert.deepEqual(told, [FULL, undefined]);
  });

  it('is not told of each try where some succeed and some do not, as on a disk that is full', async () => {
    for (let at = 0; at < 200; at++) {
      availability.tried(at % 3 === 0 ? undefined : FULL);
      await clock.advance(100);
    }
    assert.deepEqual(told, [FULL]);
    availability.tried(undefined);
    await clock.advance(9000);
    assert.deepEqual(told, [FULL]);
    await clock.advance(2000);
    assert.deepEqual(told, [FULL, undefined], 'without another try');
  });

  it('is what its server says, which is told at once, whatever is tried meanwhile', async () => {
    availability.engine(FULL);
    availability.engine(FULL);
    assert.equal(availability.isAway, true);
    for (const failure of [undefined, FULL, undefined]) availability.tried(failure);
    await clock.advance(60_000);
    assert.deepEqual(told, [FULL]);
    availability.engine(undefined);
    availability.engine(undefined);
    assert.deepEqual(told, [FULL, undefined]);
    assert.equal(availability.isAway, false);
  });

  it('is told once where a try fails before its server says why', () => {
    availability.tried(FULL);
    availability.engine(FULL);
    assert.deepEqual(told, [FULL]);
    availability.engine(undefined);
    assert.deepEqual(told, [FULL, undefined]);
  });

  it('waits for nothing any more when it is stopped', () => {
    availability.tried(FULL);
    availability.tried(undefined);
    availability.stop();
    availability.tried(undefined);
    assert.equal(clock.pendingTimers, 0);
  });
});
