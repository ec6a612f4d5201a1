import assert from 'node:assert/strict';
import { silentLog } from '../../src/observability';
import { Agenda } from '../../src/simulator/agenda';
import { Outbox } from '../../src/simulator/outbox';
import { Register, type TakenMessage } from '../../src/simulator/register';
import { FakeClock } from '../support/clock';

describe('the simulator is bounded', () => {
  it('forgets all but the newest messages', () => {
    const register = new Register('DELIVRD', 3);
    for (const message_id of ['1', '2', '3', '1', '4']) {
      register.add({ message_id, system_id: 'a' } as TakenMessage);
    }
    assert.deepEqual(
      register.all('a', () => true).map(({ message_id }) => message_id),
      ['3', '1', '4'],
    );
    assert.equal(register.find('a', '2'), undefined);
    assert.equal(register.find('b', '3'), undefined);
  });

  it('gives up the oldest receipts when nobody fetches them', () => {
    const agenda = new Agenda(new FakeClock(), silentLog);
    const outbox = new Outbox({ agenda, log: silentLog, receivers: () => [] });
    const givenUp: number[] = [];
    for (let n = 0; n < 10_005; n++) {
      outbox.post('a', { commandId: 5, body: Buffer.alloc(0), settled: () => givenUp.push(n) });
    }
    assert.equal(outbox.length, 10_000);
    assert.deepEqual(givenUp, [0, 1, 2, 3, 4]);
    outbox.clear();
  });

  it('sets one timer for all that is due at about the same time', async () => {
    const clock = new FakeClock();
    const agenda = new Agenda(clock, silentLog);
    const done: number[] = [];
    for (let n = 0; n < 1000; n++) agenda.in(100, () => done.push(n));
    assert.equal(clock.pendingTimers, 1);
    await clock.advance(100);
    assert.equal(done.length, 1000);
    assert.deepEqual(
      done,
      done.toSorted((one, other) => one - other),
    );
  });

  it('goes on when one of the things to do fails', async () => {
    const clock = new FakeClock();
    const agenda = new Agenda(clock, silentLog);
    let done = false;
    agenda.in(1, () => {
      throw new Error('a fault of the test');
    });
    agenda.in(1, () => (done = true));
    await clock.advance(10);
    assert.equal(done, true);
  });

  it('ends all timers when it is cleared', async () => {
    const clock = new FakeClock();
    const agenda = new Agenda(clock, silentLog);
    agenda.in(1, () => assert.fail('it was cleared'));
    const sleeping = assert.rejects(agenda.sleep(1), { code: 'STOPPED' });
    agenda.clear();
    await sleeping;
    assert.equal(clock.pendingTimers, 0);
  });
});
