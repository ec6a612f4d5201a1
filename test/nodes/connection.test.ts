import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../nodes/connection';
import { systemClock } from '../../src/clock';
import { Smsc } from '../../src/simulator';
import { FakeClock } from '../support/clock';
import { pass, until } from '../support/until';
import { connectionOf } from './support/connection';

const LIMITER = { acquire: (max: number) => Promise.resolve(max), giveBack: () => undefined };
const PLUGIN = { apiVersion: 1, create: () => LIMITER };

describe('a connection that cannot connect yet', () => {
  let smsc: Smsc;
  let clock: FakeClock;
  let connection: Connection;
  let installed = false;
  const errors: string[] = [];

  beforeEach(async () => {
    smsc = new Smsc();
    const { port } = await smsc.start();
    installed = false;
    errors.length = 0;
    clock = new FakeClock();
    connection = connectionOf({
      clock,
      log: { error: (text) => void errors.push(text) },
      options: {
        port,
        queue: 'memory',
        queueDirectory: join(tmpdir(), 'smpp-connection-test'),
        clientId: 'node',
        clock: systemClock,
        rateLimiter: 'mine',
        resolvePlugin: () => (installed ? PLUGIN : undefined),
      },
    });
    connection.view({ status: () => undefined });
    connection.deployed();
    await until(() => errors.length === 1, 'the error');
    await until(() => clock.pendingTimers === 1, 'the next try');
    assert.match(String(errors), /"mine" .* is not installed/);
  });
  afterEach(async () => {
    await connection.close(false);
    await smsc.stop();
    await until(() => clock.pendingTimers === 0, 'the end of all timers');
  });

  it('connects by itself as soon as it can', async () => {
    await clock.advance(10_000);
    await until(() => clock.pendingTimers === 1, 'the next try');
    assert.equal(errors.length, 1);
    installed = true;
    await clock.advance(10_000);
    await until(() => smsc.sessions.length === 1, 'a session');
  });

  it('does not come up against a disconnect', async () => {
    await connection.disconnect();
    installed = true;
    await clock.advance(60_000);
    await pass(50);
    assert.equal(smsc.sessions.length, 0);
    await connection.connect();
    assert.equal(smsc.sessions.length, 1);
  });
});
