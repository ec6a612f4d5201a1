import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import { Monitor } from '../../nodes/monitor';
import { readEndpoints, serveMonitoring, type Endpoint } from '../../nodes/monitoring';
import { Registry } from '../../nodes/registry';
import { Smsc } from '../../src/simulator';
import { connectionOf } from './support/connection';
import { pass, until } from '../support/until';

const problemOf = (read: ReturnType<typeof readEndpoints>): string =>
  read.map((one) => ('problem' in one ? one.problem : '')).join('\n');

describe('what settings.js says of metrics and health', () => {
  const token = 'c2VjcmV0';

  it('is nothing by itself', () => {
    assert.deepEqual(readEndpoints({}), []);
    assert.deepEqual(readEndpoints({ smpp: null }), []);
  });

  it('has paths of its own where none are given', () => {
    const read = readEndpoints({ smpp: { metrics: { token }, health: { token } } }) as readonly Endpoint[];
    assert.deepEqual(
      read.map(({ what, path }) => [what, path]),
      [
        ['metrics', '/smpp-metrics'],
        ['health', '/smpp-health'],
      ],
    );
  });

  it('is refused without a token, and says so', () => {
    for (const given of [{}, { token: '' }, { token: undefined }, { token: 7 }])
      assert.match(
        problemOf(readEndpoints({ smpp: { metrics: given } })),
        /smpp\.metrics\.token: there is none/,
      );
    assert.match(problemOf(readEndpoints({ smpp: { metrics: { token: 'a b' } } })), /only letters/);
  });

  it('is refused where it has what there is not, and the rest is served', () => {
    const read = readEndpoints({ smpp: { metric: { token }, health: { token } } });
    assert.equal(
      problemOf(read).trim(),
      'settings.js, smpp.metric: there is no such setting; there are metrics and health',
    );
    assert.equal(read.length, 2);
    for (const [smpp, problem] of [
      ['yes', /^settings\.js, smpp: "yes" is no object; give one with metrics and health$/],
      [{ health: true }, /^settings\.js, smpp\.health: true is no object; give one with path and token$/],
      [{ health: { token, url: '/x' } }, /^settings\.js, smpp\.health\.url: there is no such setting/],
    ] as const)
      assert.match(problemOf(readEndpoints({ smpp })), problem);
  });

  it('is refused where nothing would come to it', () => {
    const given = { smpp: { metrics: { token, path: '/smpp/metrics' } } };
    assert.match(problemOf(readEndpoints(given)), /is the admin side's/);
    assert.equal(problemOf(readEndpoints({ ...given, httpAdminRoot: '/admin' })), '');
    assert.match(problemOf(readEndpoints({ ...given, httpNodeRoot: false })), /httpNodeRoot is false/);
    for (const path of ['metrics', '', '/', '/a b', 7, '/:all', '/*'])
      assert.match(
        problemOf(readEndpoints({ smpp: { metrics: { token, path } } })),
        /is no path/,
        String(path),
      );
  });
});

describe('the routes of metrics and health', () => {
  function runtime(): { RED: NodeAPI; routes: string[] } {
    const routes: string[] = [];
    const app = { get: (path: string | string[]) => void routes.push(...[path].flat()) };
    const RED = {
      httpAdmin: app,
      httpNode: { ...app },
      auth: { needsPermission: () => () => undefined },
      settings: { smpp: { health: { path: '/up/', token: 'secret' } } },
      log: { error: (text: string) => void routes.push(text) },
    };
    return { RED: RED as unknown as NodeAPI, routes };
  }

  it('are added once, however often the node file is loaded', () => {
    const { RED, routes } = runtime();
    const monitor = new Monitor();
    for (let load = 0; load < 3; load++) serveMonitoring(RED, monitor);
    assert.deepEqual(routes, [
      '/smpp/metrics',
      '/smpp/health',
      '/smpp/health/:connection',
      '/up/',
      '/up/:connection',
    ]);
  });
});

describe('the health of a connection', () => {
  let smsc: Smsc;
  beforeEach(async () => {
    smsc = new Smsc();
    await smsc.start();
  });
  afterEach(() => smsc.stop());

  it('is bad from its deploy on until it is bound, and good while no node uses it', async () => {
    const registry = new Registry();
    const options = { port: smsc.port, queue: 'memory' as const, name: 'Test' };
    const connection = connectionOf({ registry, options });
    try {
      const early = await connection.health();
      assert.deepEqual([early.healthy, early.wanted], [false, true]);
      assert.deepEqual(early.problems, ['it is not connected yet']);
      connection.deployed();
      const unused = await connection.health();
      assert.deepEqual([unused.healthy, unused.wanted, unused.problems], [true, false, []]);
      connection.view({ status: () => undefined });
      connection.deployed();
      await until(() => connection.client.state === 'bound', 'a session');
      assert.equal((await connection.health()).healthy, true);
      await connection.disconnect();
      const down = await connection.health();
      assert.deepEqual([down.healthy, down.wanted, down.state], [true, false, 'disconnected']);
      assert.deepEqual(registry.monitor.find('Test'), [connection]);
    } finally {
      await connection.close(false);
    }
    assert.deepEqual(registry.monitor.find(), []);
  });

  it('is found by its client ID where it has no name, as in metrics', async () => {
    const registry = new Registry();
    const connection = connectionOf({ registry, options: { port: smsc.port, clientId: 'billing' } });
    try {
      assert.deepEqual(registry.monitor.find('billing'), [connection]);
      assert.equal((await connection.health()).name, 'billing');
      const text = await registry.monitor.metrics.text();
      assert.deepEqual([...new Set(text.match(/connection="[^"]*"/g))], ['connection="billing"']);
    } finally {
      await connection.close(false);
    }
  });

  it('is in metrics as well: down and wanted, or not wanted', async () => {
    const registry = new Registry();
    const values = async (): Promise<string[]> =>
      (await registry.monitor.metrics.text())
        .split('\n')
        .filter((line) => /^smpp_connection_(up|wanted)/.test(line))
        .map((line) => line.replace('smpp_connection_', '').replace('{connection="Test"}', ''));
    const usable = connectionOf({ registry, options: { port: smsc.port, name: 'Test', queue: 'memory' } });
    assert.deepEqual(await values(), ['up 0', 'wanted 1']);
    usable.deployed();
    assert.deepEqual(await values(), ['up 0', 'wanted 0']);
    usable.view({ status: () => undefined });
    usable.deployed();
    await until(() => usable.client.state === 'bound', 'a session');
    assert.deepEqual(await values(), ['up 1', 'wanted 1']);
    await usable.disconnect();
    assert.deepEqual(await values(), ['up 0', 'wanted 0']);
    await usable.close(false);
    assert.deepEqual(await values(), []);
    const taking = connectionOf({ registry, options: { port: smsc.port, clientId: 'c' } });
    const options = { port: smsc.port, clientId: 'c', name: 'Test' };
    const unusable = connectionOf({ registry, nodeId: 'other', options });
    assert.match(unusable.unusable?.message ?? '', /has this clientId already/);
    assert.deepEqual(
      (await values()).filter((line) => !line.includes('connection=')),
      ['up 0', 'wanted 1'],
    );
    await unusable.close(false);
    await taking.close(false);
    assert.deepEqual(await values(), []);
  });

  it('is bad while its queue cannot be opened, with the reason', async () => {
    const options = { port: smsc.port, queue: 'mine', resolvePlugin: () => undefined };
    const connection = connectionOf({ options });
    try {
      connection.view({ status: () => undefined });
      connection.deployed();
      await pass();
      assert.match((await connection.health()).problems.join(), /"mine" .*is not installed/);
      assert.equal((await connection.health()).healthy, false);
    } finally {
      await connection.close(false);
    }
  });
});
