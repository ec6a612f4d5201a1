import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Smsc, type SubmitEvent } from '../../src/simulator';
import { ownPrefix, redisUrl } from '../support/brokers';
import { Shell, folderWith, jsonLines, smpp } from '../support/shell';
import { until } from '../support/until';

const COUNT = 200;
const ROWS = Array.from({ length: COUNT }, (_, at) => `44770090${String(at).padStart(4, '0')},text ${at}`);

describe('smpp run', function () {
  this.timeout(120_000);
  let smsc: Smsc;
  let taken: SubmitEvent[];
  let folder: ReturnType<typeof folderWith>;
  let port: number;
  const shells: Shell[] = [];

  beforeEach(async () => {
    smsc = new Smsc({ receiptDelay: 0.05, rules: [{ type: 'slow', seconds: 0.02 }] });
    taken = [];
    smsc.on('submit', (submit) => taken.push(submit));
    ({ port } = await smsc.start());
    folder = folderWith({ 'rows.csv': `to,text\n${ROWS.join('\n')}\n` });
  });
  afterEach(async () => {
    for (const shell of shells.splice(0)) if (shell.child.exitCode === null) await shell.end('SIGKILL');
    await smsc.stop();
    folder.remove();
  });

  const configured = (lines: string): string => {
    const more = folderWith({ 'worker.yaml': `host: 127.0.0.1\nport: ${port}\nwindowSize: 4\n${lines}` });
    const { path } = folder;
    const remove = folder.remove;
    folder = { path, remove: () => (remove(), more.remove()) };
    return join(more.path, 'worker.yaml');
  };
  const worker = (...words: string[]): Shell => {
    const shell = new Shell(['run', ...words]);
    shells.push(shell);
    return shell;
  };
  const queued = async (config: string): Promise<void> => {
    const words = [
      'send',
      '--config',
      config,
      '--file',
      join(folder.path, 'rows.csv'),
      '--complete-when',
      'queued',
    ];
    const { code, stdout, stderr } = await smpp(words);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^200 rows: 200 queued, 0 failed/);
    assert.equal(taken.length, 0);
  };
  const different = (): number => new Set(taken.map(({ text }) => text)).size;

  it('checks a configuration and opens nothing, when asked to', async () => {
    const config = configured(`queue: disk\nqueueDirectory: ${join(folder.path, 'queue')}\n`);
    const checked = await smpp(['run', config, '--dry-run', '--pid-file', join(folder.path, 'pid')]);
    assert.deepEqual([checked.code, checked.stderr], [0, '']);
    const [line] = jsonLines(checked.stdout);
    assert.deepEqual(
      [line?.['event'], line?.['msg']],
      ['checked', 'the configuration is right; nothing was opened'],
    );
    assert.equal(existsSync(join(folder.path, 'queue')), false);
    assert.equal(existsSync(join(folder.path, 'pid')), false);
    const wrong = await smpp(['run', config, '--dry-run', '--window-size', '0']);
    assert.equal(wrong.code, 3);
    assert.match(wrong.stderr, /windowSize/);
  });

  it('sends what waits in Redis, is killed, and continues; by SIGTERM it ends in good order', async function () {
    const config = configured(
      `queue: redis\nqueueUrl: ${await redisUrl(this)}\nkeyPrefix: ${ownPrefix()}\nleaseTime: 1\n`,
    );
    await queued(config);
    const killed = worker(config);
    await until(() => taken.length >= 20);
    await killed.end('SIGKILL');

    const pidFile = join(folder.path, 'pid');
    const ended = worker(config, '--pid-file', pidFile, '--events', 'receipt');
    await until(() => taken.length >= 60);
    assert.equal(readFileSync(pidFile, 'utf8'), `${ended.child.pid!}\n`);
    assert.equal(await ended.end('SIGTERM'), 0);
    assert.ok(!existsSync(pidFile));
    const lines = jsonLines(ended.stdout);
    const ready = lines.find(({ event }) => event === 'ready');
    assert.equal(ready?.['pid'], ended.child.pid);
    assert.equal(lines.find(({ event }) => event === 'draining')?.['reason'], 'SIGTERM');
    assert.ok(lines.some(({ event, state }) => event === 'receipt' && state === 'DELIVRD'));
    // What was on the wire has its answer, and no more than that goes again.
    const before = taken.length;
    assert.ok(before < COUNT, String(before));

    const last = worker(config, '--until-empty');
    assert.deepEqual(await last.ended, [0, null], last.stderr);
    assert.equal(different(), COUNT);
    // Only the kill may have repeated some: a window of them, and what it had taken ahead.
    assert.ok(taken.length - COUNT <= 8, `${taken.length - COUNT} repeats`);
  });

  it('with --until-empty waits for what others have taken, and sends it where they die', async function () {
    const config = configured(
      `queue: redis\nqueueUrl: ${await redisUrl(this)}\nkeyPrefix: ${ownPrefix()}\nleaseTime: 1\n`,
    );
    await queued(config);
    const silent = new Smsc({ rules: [{ type: 'silent', every: 1, taken: true }] });
    let unanswered = 0;
    silent.on('submit', () => unanswered++);
    const other = worker(config, '--port', String((await silent.start()).port));
    await until(() => unanswered > 0);
    const last = worker(config, '--until-empty');
    await until(() => last.stdout.includes('"event":"ready"'));
    await Promise.race([last.ended, sleep(5000)]);
    await other.end('SIGKILL');
    await silent.stop();
    assert.deepEqual(await last.ended, [0, null], last.stderr);
    assert.equal(different(), COUNT);
  });

  it('ends with 141 where the reader of its log goes', async () => {
    const config = configured(
      `queue: disk\nqueueDirectory: ${join(folder.path, 'queue')}\nlogLevel: debug\n`,
    );
    const shell = worker(config);
    await until(() => shell.stdout.includes('"event":"ready"'));
    shell.child.stdout?.destroy();
    smsc.dropLinks();
    assert.deepEqual(await shell.ended, [141, null]);
  });

  it('sends what waits on disk, and ends when there is nothing more', async () => {
    const config = configured(`queue: disk\nqueueDirectory: ${join(folder.path, 'queue')}\n`);
    await queued(config);
    const shell = worker(config, '--until-empty', '--log-level', 'warn');
    assert.deepEqual(await shell.ended, [0, null], shell.stderr);
    assert.deepEqual([different(), taken.length], [COUNT, COUNT], shell.stdout);
  });

  for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT'] as const)
    it(`ends in good order by ${signal}, also where the SMSC is away`, async () => {
      const config = configured(`queue: disk\nqueueDirectory: ${join(folder.path, 'queue')}\n`);
      await smsc.stop();
      const shell = worker(config);
      await until(() => shell.stdout.includes('cannot connect'));
      assert.equal(await shell.end(signal), 0, shell.stderr);
      assert.equal(shell.stderr, '');
    });

  it('serves metrics and health to this machine', async () => {
    const config = configured(`queue: disk\nqueueDirectory: ${join(folder.path, 'queue')}\n`);
    await queued(config);
    const shell = worker(config, '--metrics-port', '0');
    await until(() => shell.stdout.includes('"event":"ready"'));
    const metricsPort = jsonLines(shell.stdout).find(({ event }) => event === 'metrics')?.['port'];
    await until(() => taken.length === COUNT);
    const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${String(metricsPort)}${path}`);
    assert.match(await (await get('/metrics')).text(), /^smpp_\w+\{.*connection=/m);
    const health = await get('/health');
    assert.deepEqual([health.status, ((await health.json()) as { healthy: boolean }).healthy], [200, true]);
    assert.equal((await get('/')).status, 404);
    assert.equal(await shell.end('SIGTERM'), 0);
  });

  it('needs a queue that others can reach, and one configuration', async () => {
    const { code, stderr } = await smpp(['run', '--port', '1']);
    assert.equal(code, 3);
    assert.match(stderr, /queue: a worker takes messages from a queue .* redis, rabbitmq or disk/);
    const twice = await smpp(['run', 'a.yaml', '--config', 'b.yaml']);
    assert.equal(twice.code, 2);
    assert.match(twice.stderr, /given twice/);
  });
});
