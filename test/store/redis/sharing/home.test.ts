import assert from 'node:assert/strict';
import { RedisHome } from '../../../../src/store/redis/sharing/home';
import type { RedisConnection } from '../../../../src/store/redis/connection/connection';
import { MOST_NOTICES } from '../../../../src/store/redis/lua/home';
import type { Notice } from '../../../../src/store/sharing';
import { RedisLimiter } from '../../../../src/store/redis/sharing/limiter';
import { ownPrefix, startRedis, type TestRedis } from '../../../support/brokers';
import { Proxy } from '../../../support/proxy';
import { pass, until } from '../../../support/until';
import { connect, disconnect } from '../connected';

const LIFE = 300;

async function come(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await condition()); await pass(10))
    assert.ok(Date.now() < end, 'it did not come');
}

interface Opened {
  readonly calls: RedisConnection;
  readonly home: RedisHome;
  /** What its handler was given, as `instance: text`. */
  readonly heard: string[];
  readonly failures: unknown[];
  readonly calms: number[];
  rateChanges: number;
}

const notice = (to: { readonly instance: string }, text: string): Notice => ({
  instance: to.instance,
  octets: Buffer.from(text),
});
const texts = (notices: readonly Notice[]): string[] => notices.map(({ octets }) => octets.toString());

describe('homes in Redis', () => {
  let opened: Opened[] = [];
  let server: TestRedis | undefined;
  afterEach(async () => {
    await Promise.all(opened.map(({ home }) => home.close()));
    opened = [];
    await disconnect();
    await server?.kill();
    server = undefined;
  });

  async function open(
    context: Mocha.Context,
    prefix: string,
    { url, life = LIFE, listens = true }: { url?: string; life?: number; listens?: boolean } = {},
  ): Promise<Opened> {
    const calls = await connect(context, { prefix, ...(url === undefined ? {} : { url }) });
    const one: Omit<Opened, 'home'> = { calls, heard: [], failures: [], calms: [], rateChanges: 0 };
    const home = await RedisHome.open({
      calls,
      life,
      events: {
        calm: (seconds) => one.calms.push(seconds),
        rateChanged: () => made.rateChanges++,
      },
      onFailure: (error) => one.failures.push(error),
    });
    const made: Opened = Object.assign(one, { home });
    if (listens) listen(made);
    opened.push(made);
    return made;
  }

  const listen = ({ home, heard }: Opened): void =>
    home.listen((notices) => {
      for (const { instance, octets } of notices)
        heard.push(instance === home.instance ? octets.toString() : `${instance}: ${octets.toString()}`);
    });

  const waiting = async ({ calls, home }: Opened): Promise<number> =>
    Number(await calls.command(['XLEN', calls.keys.of(`home:${home.instance}`)]));

  /** As SIGKILL does. */
  async function die({ calls }: Opened): Promise<void> {
    await calls.close();
  }

  it('tell each other in order, and leave nothing behind', async function () {
    const prefix = ownPrefix();
    const [one, other] = [await open(this, prefix), await open(this, prefix)];
    const many = Array.from({ length: 3000 }, (_, at) => String(at));
    assert.deepEqual(await one.home.tell(many.map((text) => notice(other.home, text))), []);
    await until(() => other.heard.length === many.length);
    assert.deepEqual(other.heard, many);
    assert.deepEqual(one.heard, []);
    assert.deepEqual(await one.home.tell([notice(one.home, 'mine')]), []);
    await until(() => one.heard.length === 1);
    await pass();
    assert.equal(await waiting(other), 0);
  }).timeout(20_000);

  it('are told quickly', async function () {
    const prefix = ownPrefix();
    const [one, other] = [await open(this, prefix), await open(this, prefix)];
    const start = performance.now();
    for (let at = 1; at <= 50; at++) {
      await one.home.tell([notice(other.home, String(at))]);
      await until(() => other.heard.length === at);
    }
    assert.ok(performance.now() - start < 5000);
  });

  it('give back what nobody takes, and which it is', async function () {
    const prefix = ownPrefix();
    const [one, other] = [await open(this, prefix), await open(this, prefix)];
    const nobody = { instance: 'nobody' };
    const untaken = await one.home.tell(
      Array.from({ length: 250 }, (_, at) => notice(at % 100 === 7 ? nobody : other.home, String(at))),
    );
    assert.deepEqual(texts(untaken), ['7', '107', '207']);
    await until(() => other.heard.length === 247);
  });

  it('keep notices for whoever listens later', async function () {
    const prefix = ownPrefix();
    const [one, other] = [await open(this, prefix), await open(this, prefix, { listens: false })];
    await one.home.tell([notice(other.home, 'a')]);
    await pass(50);
    assert.equal(await waiting(other), 1);
    await one.home.tell([notice(other.home, 'b')]);
    listen(other);
    await until(() => other.heard.length === 2);
    assert.deepEqual(other.heard, ['a', 'b']);
  });

  it('tell again what a handler failed on', async function () {
    const prefix = ownPrefix();
    const [one, other] = [await open(this, prefix), await open(this, prefix, { listens: false })];
    const failure = new Error('not yet');
    let calls = 0;
    other.home.listen(async (notices) => {
      await pass(5);
      if (++calls === 1) throw failure;
      other.heard.push(...texts(notices));
    });
    await one.home.tell([notice(other.home, 'a')]);
    await until(() => other.heard.length === 1);
    assert.deepEqual(other.failures, [failure]);
    await until(() => other.heard[0] === 'a');
  });

  it('read on about events while a handler takes its time', async function () {
    const prefix = ownPrefix();
    const [one, other] = [await open(this, prefix), await open(this, prefix, { listens: false })];
    let release: (() => void) | undefined;
    other.home.listen(() => new Promise<void>((resolve) => (release = resolve)));
    await one.home.tell([notice(other.home, 'a')]);
    await until(() => release !== undefined);
    const limiter = new RedisLimiter(one.calls, { rate: 5, burst: 1 });
    limiter.calm(0.25);
    limiter.setRate(6);
    await until(() => other.calms.length === 1 && other.rateChanges === 2);
    assert.deepEqual(other.calms, [0.25]);
    await pass(50);
    assert.deepEqual([one.calms, one.rateChanges], [[], 0]);
    assert.equal(await waiting(other), 1);
    release?.();
    limiter.close();
  });

  it('leave what a dead instance has to exactly one of the living, in its name', async function () {
    const prefix = ownPrefix();
    const all = [
      await open(this, prefix),
      await open(this, prefix),
      await open(this, prefix, { listens: false }),
    ];
    const [one, two, dying] = all as [Opened, Opened, Opened];
    await die(dying);
    // It is not known to be dead yet.
    assert.deepEqual(await one.home.tell([notice(dying.home, 'a'), notice(dying.home, 'b')]), []);
    await until(() => one.heard.length + two.heard.length === 2);
    const name = dying.home.instance;
    assert.deepEqual([...one.heard, ...two.heard], [`${name}: a`, `${name}: b`]);
    assert.deepEqual(texts(await one.home.tell([notice(dying.home, 'c')])), ['c']);
    await pass(50);
    assert.equal(await one.calls.command(['EXISTS', one.calls.keys.of(`home:${name}`)]), 0);
    assert.equal(await one.calls.command(['EXISTS', one.calls.keys.of('orphans')]), 0);
    assert.equal(one.heard.length + two.heard.length, 2);
  });

  it('leave what was left to one who died, too', async function () {
    const prefix = ownPrefix();
    const first = await open(this, prefix, { listens: false });
    await first.home.tell([notice(first.home, 'a')]);
    await die(first);
    const heir = await open(this, prefix, { listens: false });
    await come(async () => (await waiting(heir)) === 1);
    await die(heir);
    const last = await open(this, prefix);
    await until(() => last.heard.length === 1);
    assert.deepEqual(last.heard, [`${first.home.instance}: a`]);
  });

  it('leave what was not heard when they close to whoever comes next', async function () {
    const prefix = ownPrefix();
    const one = await open(this, prefix, { listens: false });
    await one.home.tell([notice(one.home, 'a')]);
    await one.home.close();
    await one.home.close();
    const next = await open(this, prefix);
    assert.deepEqual(texts(await next.home.tell([notice(one.home, 'b')])), ['b']);
    await until(() => next.heard.length === 1);
    assert.deepEqual(next.heard, [`${one.home.instance}: a`]);
    await next.home.close();
    const { calls } = await open(this, prefix);
    for (const key of [`home:${one.home.instance}`, `home:${next.home.instance}`, 'orphans'])
      assert.equal(await calls.command(['EXISTS', calls.keys.of(key)]), 0, key);
  });

  it('take over nothing from those who were only away as long as the server was', async function () {
    server = await startRedis(this, { appendonly: true });
    const { url } = server;
    const prefix = ownPrefix();
    const options = { url, life: 1000 };
    const [one, other] = [await open(this, prefix, options), await open(this, prefix, options)];
    await pass(1200);
    await one.home.tell([notice(other.home, 'before')]);
    await until(() => other.heard.length === 1);
    await server.stop();
    await pass(1500);
    await server.start();
    await come(async () => {
      try {
        return (await one.home.tell([notice(other.home, 'after')])).length === 0;
      } catch {
        return false;
      }
    });
    await until(() => other.heard.includes('after'));
    await pass(1500);
    assert.deepEqual(one.heard, []);
    assert.deepEqual(await other.home.tell([notice(one.home, 'back')]), []);
    await until(() => one.heard.includes('back'));
    assert.ok(other.heard.every((text) => !text.includes(':')));
  }).timeout(30_000);

  it('leave to others what one has that is cut off, and tell it again when it is back', async function () {
    server = await startRedis(this);
    const proxy = new Proxy(server.port);
    await proxy.listen();
    try {
      const prefix = ownPrefix();
      const [one, other] = [
        await open(this, prefix, { url: server.url }),
        await open(this, prefix, { url: `redis://127.0.0.1:${proxy.port}` }),
      ];
      await pass(2 * LIFE);
      await proxy.set('refuse');
      assert.deepEqual(await one.home.tell([notice(other.home, 'meanwhile')]), []);
      await until(() => one.heard.length === 1);
      assert.deepEqual(one.heard, [`${other.home.instance}: meanwhile`]);
      assert.equal((await one.home.tell([notice(other.home, 'later')])).length, 1);
      await proxy.set('pass');
      await come(async () => (await one.home.tell([notice(other.home, 'back')])).length === 0);
      await until(() => other.heard.length > 0);
      assert.equal(other.heard[0], 'back');
      await pass(2 * LIFE);
      assert.deepEqual(one.heard, [`${other.home.instance}: meanwhile`]);
    } finally {
      await proxy.stop();
    }
  }).timeout(40_000);

  it('go on where the server has lost everything', async function () {
    server = await startRedis(this);
    const { url } = server;
    const prefix = ownPrefix();
    const [one, other] = [await open(this, prefix, { url }), await open(this, prefix, { url })];
    await one.home.tell([notice(other.home, 'before')]);
    await until(() => other.heard.length === 1);
    await server.kill();
    await server.start();
    await come(async () => {
      const untaken = await one.home.tell([notice(other.home, 'after')]).catch(() => [undefined]);
      return untaken.length === 0;
    });
    await until(() => other.heard.includes('after'));
  }).timeout(30_000);

  it('take no more notices than their bound', async function () {
    const prefix = ownPrefix();
    const one = await open(this, prefix, { listens: false });
    const fill = `for at = 1, ${MOST_NOTICES - 1} do redis.call('XADD', KEYS[1], '*', 'n', 'x') end`;
    await one.calls.command(['EVAL', fill, 1, one.calls.keys.of(`home:${one.home.instance}`)]);
    assert.deepEqual(texts(await one.home.tell([notice(one.home, 'last'), notice(one.home, 'over')])), [
      'over',
    ]);
  }).timeout(20_000);
});
