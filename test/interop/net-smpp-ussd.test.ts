import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SmppClient } from '../../src';
import { needs } from '../support/skip';
import { until } from '../support/until';

type Told = Record<string, string | number>;

describe('Net::SMPP, as a USSD gateway', () => {
  let perl: string;
  let gateway: ChildProcess;
  let told: Told[];
  let client: SmppClient | undefined;

  before(function () {
    perl = needs(this, 'net-smpp');
  });
  beforeEach(async () => {
    told = [];
    gateway = spawn(perl, [join(__dirname, 'net-smpp-ussd.pl')], { stdio: ['ignore', 'pipe', 'ignore'] });
    createInterface(gateway.stdout!).on('line', (line) => told.push(JSON.parse(line) as Told));
    await until(() => told.length > 0, 'its port');
  });
  afterEach(async () => {
    await client?.stop();
    client = undefined;
    if (gateway.exitCode !== null) return;
    const gone = once(gateway, 'exit');
    gateway.kill('SIGKILL');
    await gone;
  });

  for (const dialect of ['standard', 'tata', 'sixdee'])
    it(`has a dialogue of two screens, in the dialect ${dialect}`, async () => {
      client = new SmppClient({
        ...{ port: Number(told[0]?.port), systemId: 'us', ussdDialect: dialect, logLevel: 'silent' },
      });
      const sessions: (string | undefined)[] = [];
      client.on('message', ({ session, session_id = '', payload }) => {
        sessions.push(session);
        const isLast = payload === '1';
        const close = isLast ? ({ session: 'close' } as const) : {};
        void client?.send({ session_id, short_message: isLast ? 'Bye' : '1 Bye', ...close });
      });
      await client.start({ failFast: true });
      await until(() => told.length > 2, 'two screens');
      assert.deepEqual(sessions, ['new', 'continue']);
      const close = dialect === 'tata' ? 2 : 17;
      assert.deepEqual(told.slice(1), [
        { screen: '1 Bye', service_type: 'USSD', operation: 2, session: '2468' },
        { screen: 'Bye', service_type: 'USSD', operation: close, session: '2469' },
      ]);
    });
});
