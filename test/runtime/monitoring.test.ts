import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Smsc } from '../../src/simulator';
import { connection, sendingFlow } from '../support/flows';
import { forEachNodeRed, sharedRuntime } from '../support/runtime';

interface Bcrypt {
  hashSync(password: string, rounds: number): string;
}
const { hashSync } = createRequire(require.resolve('node-red'))('bcryptjs') as Bcrypt;

const TOKEN = 'a-token-of-at-least-some-length';

interface Health {
  readonly healthy: boolean;
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly problems: readonly string[];
  readonly connections: readonly Health[];
  readonly since: string;
  readonly bound: number;
  readonly queue: Readonly<Record<string, unknown>>;
  readonly last_error?: { readonly text: string; readonly code?: string };
}

forEachNodeRed('Metrics and health, where http in asks for a user', (kind) => {
  const runtime = sharedRuntime(kind, {
    settings: {
      httpNodeAuth: { user: 'prometheus', pass: hashSync('secret', 4) },
      smpp: { metrics: { token: TOKEN }, health: { token: TOKEN } },
    },
  });

  it('are read with both the user and the token', async () => {
    const user = { Authorization: `Basic ${Buffer.from('prometheus:secret').toString('base64')}` };
    for (const path of ['smpp-metrics', 'smpp-health'])
      for (const [headers, expected] of [
        [{ ...user, 'X-SMPP-Token': TOKEN }, 200],
        [{ ...user, 'X-SMPP-Token': `${TOKEN}.` }, 401],
        [user, 401],
        [{ 'X-SMPP-Token': TOKEN }, 401],
        [{ Authorization: `Bearer ${TOKEN}` }, 401],
      ] as const) {
        const { status } = await fetch(new URL(path, runtime().url), { headers });
        assert.equal(status, expected, JSON.stringify(headers));
      }
  });
});

forEachNodeRed('Metrics and health, where Node-RED asks who is there', (kind) => {
  const runtime = sharedRuntime(kind, {
    settings: {
      adminAuth: {
        type: 'credentials',
        users: [
          { username: 'admin', password: hashSync('secret', 4), permissions: '*' },
          { username: 'monitor', password: hashSync('secret', 4), permissions: 'smpp.metrics.read' },
        ],
      },
      smpp: { metrics: { path: '/sms/metrics', token: TOKEN }, health: { token: TOKEN } },
    },
  });
  let smsc: Smsc;
  const tokens: Record<string, string> = {};

  before(async () => {
    smsc = new Smsc({ receiptDelay: 0.05 });
    await smsc.start();
    for (const username of ['admin', 'monitor']) {
      const given = { client_id: 'node-red-admin', grant_type: 'password', scope: '', password: 'secret' };
      const body = new URLSearchParams({ ...given, username });
      const response = await fetch(`${runtime().url}auth/token`, { method: 'POST', body });
      tokens[username] = ((await response.json()) as { access_token: string }).access_token;
    }
    runtime().bearer = tokens['admin']!;
  });
  after(async () => {
    await smsc?.stop();
  });

  async function get(path: string, token?: string): Promise<{ status: number; text: string; type: string }> {
    const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(new URL(path, runtime().url), { headers });
    const type = response.headers.get('Content-Type') ?? '';
    return { status: response.status, text: await response.text(), type };
  }
  async function health(path: string): Promise<Health & { status: number }> {
    const { status, text } = await get(path, tokens['admin']);
    return { status, ...(JSON.parse(text) as Health) };
  }
  const value = (text: string, series: string): number | undefined => {
    const line = text.split('\n').find((one) => one.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  };
  const seriesOf = (text: string, name: string): string[] =>
    text.split('\n').filter((line) => line.startsWith(`${name}{`));

  it('tell of a connection by its name, to who may read metrics and nothing else', async () => {
    await runtime().deploy(sendingFlow(connection(smsc.port)));
    await runtime().waitForStatus('out', /^bound/);
    runtime().send('entry', { payload: 'Hello', topic: '447700900123' });
    await runtime().message('heard', ({ smpp }) => smpp?.['event'] === 'receipt');
    const { status, text, type } = await get('smpp/metrics', tokens['monitor']);
    assert.equal(status, 200);
    assert.match(type, /^text\/plain;.*version=0\.0\.4/);
    assert.equal(value(text, 'smpp_messages_accepted_total{connection="Test"}'), 1);
    assert.equal(value(text, 'smpp_receipts_total{connection="Test",state="DELIVRD"}'), 1);
    assert.equal(value(text, 'smpp_connection_up{connection="Test"}'), 1);
    assert.equal((await get('smpp/health', tokens['monitor'])).status, 401);
  });

  it('are on the other side at the path of settings.js, and only with the token', async () => {
    for (const path of ['sms/metrics', 'smpp-health', 'smpp-health/Test']) {
      const { status, text } = await get(path, TOKEN);
      assert.equal(status, 200, text);
      assert.equal((await get(path)).status, 401);
      assert.equal((await get(path, `${TOKEN}.`)).status, 401);
    }
  });

  it('say that a bound connection is healthy, by id and by name', async () => {
    for (const path of ['smpp/health/Test', 'smpp/health/smsc']) {
      const { status, healthy, id, name, state, bound, queue, problems } = await health(path);
      assert.deepEqual(
        { status, healthy, id, name, state, bound, problems },
        {
          ...{ status: 200, healthy: true, id: 'smsc', name: 'Test', state: 'bound', bound: 1, problems: [] },
        },
      );
      assert.equal(queue['state'], 'available');
    }
    const all = await health('smpp/health');
    assert.deepEqual([all.status, all.healthy, all.connections.length], [200, true, 1]);
    assert.equal((await health('smpp/health/nobody')).status, 404);
  });

  it('go on counting after deploys, with one series each', async () => {
    const before = value(
      (await get('smpp/metrics', tokens['admin'])).text,
      'smpp_messages_accepted_total{connection="Test"}',
    );
    for (const type of ['full', 'full', 'reload'] as const) {
      const from = runtime().told.length;
      await runtime().deploy(sendingFlow(connection(smsc.port)), type);
      await runtime().waitFor(
        'the connection to be bound',
        (told) => told.kind === 'status' && told.node === 'out' && /^bound/.test(told.status.text ?? ''),
        { from },
      );
    }
    const { text } = await get('smpp/metrics', tokens['admin']);
    assert.equal(value(text, 'smpp_messages_accepted_total{connection="Test"}'), before);
    assert.equal(seriesOf(text, 'smpp_connection_up').length, 1);
  });

  it('say what is wrong with a connection that cannot bind, and with one that cannot be used', async () => {
    const closed = new Smsc();
    await closed.start();
    const { port } = closed;
    await closed.stop();
    await runtime().deploy(sendingFlow(connection(port)));
    let found = await health('smpp/health/Test');
    for (let tries = 0; !found.last_error && tries < 100; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      found = await health('smpp/health/Test');
    }
    assert.deepEqual([found.status, found.healthy], [503, false]);
    assert.match(found.problems.join(), /no session is bound/);
    assert.equal(found.last_error?.code, 'CONNECT_FAILED');
    assert.match(found.last_error?.text ?? '', new RegExp(`127\\.0\\.0\\.1:${port}`));
    await runtime().deploy(sendingFlow(connection(0)));
    const unusable = await health('smpp/health/smsc');
    assert.deepEqual([unusable.status, unusable.healthy], [503, false]);
    assert.match(unusable.problems.join(), /port/);
    assert.equal((await health('smpp/health')).status, 503);
    await runtime().deploy([]);
    const none = await health('smpp/health');
    assert.deepEqual([none.status, none.healthy, none.connections], [200, true, []]);
    assert.deepEqual(seriesOf((await get('smpp/metrics', tokens['admin'])).text, 'smpp_connection_up'), []);
  });
});
