/** What docs/stores.md says of servers, held against servers. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { SmppClient, type SmppClientOptions } from '../../src/index';
import { Smsc } from '../../src/simulator';
import { callApi, startRabbit, startRedis } from '../support/brokers';
import { until } from '../support/until';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'stores.md'), 'utf8');

/** The first block below a heading. */
function blockUnder(heading: string): string {
  const below = page.slice(page.indexOf(`### ${heading}\n`));
  return /```text\n([\s\S]*?)```/.exec(below)![1]!;
}

/** First cells of the first table below a heading, without backquotes. */
function firstColumnUnder(heading: string): string[] {
  const below = page.slice(page.indexOf(`### ${heading}\n`));
  const [table = ''] = /(?:^\|.*\|\n)+/m.exec(below)!;
  const cells = table.trim().split('\n').slice(2);
  return cells.flatMap((row) => [...row.split(' | ')[0]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
}

/** "smpp:{carrier}:home:<instance>" as an expression. */
function matcher(name: string): RegExp {
  const literal = name.split(/<[^>]*>/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.+')}$`);
}

const NUMBER = '447700900123';
const LONG = 'Hello '.repeat(60);

/** Lets two clients do all that clients do, so that all that a store has is used. */
async function useAll(given: SmppClientOptions, produce: () => Promise<unknown>): Promise<void> {
  const queueDirectory = mkdtempSync(join(tmpdir(), 'smpp-stores-'));
  // Without a Redis each instance of RabbitMQ knows its own receipts alone.
  const isShared = given.queue === 'redis';
  const completeWhen = isShared ? 'delivered' : 'accepted';
  const smsc = new Smsc({
    receiptDelay: 0.05,
    rules: [
      { type: 'status', status: 'ESME_RSYSERR', destination: '4477009002', times: 1 },
      { type: 'status', status: 'ESME_RINVDSTADR', destination: '4477009003' },
      { type: 'status', status: 'ESME_RTHROTTLED', destination: '4477009004', times: 1 },
    ],
  });
  const { host, port } = await smsc.start();
  const common = {
    ...given,
    host,
    port,
    clientId: 'carrier',
    leaseTime: 1,
    sendRate: 500,
    throttleWait: 0.2,
    logLevel: 'silent',
  } as const;
  const [one, two] = ['one', 'two'].map((name) => {
    const bindType = name === 'one' ? 'transceiver' : isShared ? 'receiver' : 'transmitter';
    const own = isShared ? {} : { queueDirectory: join(queueDirectory, name) };
    return new SmppClient({ ...common, ...own, bindType });
  }) as [SmppClient, SmppClient];
  const heard: unknown[] = [];
  for (const client of [one, two]) {
    client.on('response', ({ correlation_id }) => heard.push(correlation_id));
    client.on('message', ({ payload }) => void heard.push(payload));
  }
  try {
    await one.start();
    await two.start();
    const send = (destination_addr: string, short_message: string, priority = 2): Promise<unknown> =>
      one.send({ destination_addr, short_message, priority }, { completeWhen });
    await Promise.all([0, 1, 2, 3, 4].map((priority) => send(NUMBER, 'Hello', priority)));
    await send(NUMBER, LONG);
    await two.send({ destination_addr: NUMBER, short_message: 'from the other' }, { completeWhen });
    await send('447700900200', 'again');
    await send('447700900400', 'slower');
    await assert.rejects(send('447700900300', 'refused'));
    await smsc.deliver({ source_addr: NUMBER, destination_addr: '70123', text: LONG });
    await until(() => heard.includes(LONG), 'the long message');
    await produce();
    await until(() => heard.includes('foreign'), 'the foreign message');
    assert.equal((await two.deadLetters()).letters.length, 1);
    await two.replay();
    await until(() => heard.length > 0);
    one.pause();
    await one.enqueue({ destination_addr: NUMBER, short_message: 'to be purged' });
    await one.purge();
    await one.purgeDeadLetters();
    await one.status();
  } finally {
    await one.stop();
    await two.stop();
    await smsc.stop();
    rmSync(queueDirectory, { recursive: true, force: true });
  }
}

const FOREIGN = JSON.stringify({
  destination_addr: NUMBER,
  short_message: 'Hello',
  correlation_id: 'foreign',
});

/** All of the store's source, without the comments. */
function sourceOf(store: string): string {
  const folder = join(__dirname, '..', '..', 'src', 'store', store);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files
    .map((file) => readFileSync(join(folder, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, ''))
    .join('\n');
}

describe('docs/stores.md about Redis', function () {
  this.timeout(60_000);

  it('names the commands that the source has, and no other', () => {
    const named = [...blockUnder('What the Redis user may do').matchAll(/\+(\w+)/g)].map(([, name]) => name!);
    const calls = /call\('([A-Z]+)'|(?:command|block)\(\[\s*'([A-Z]+)'|send\(\['([A-Z]+)'|\{'([A-Z]+)', /g;
    const had = [...sourceOf('redis').matchAll(calls)].map(([, ...names]) =>
      names.find(Boolean)!.toLowerCase(),
    );
    assert.deepEqual(named, [...new Set([...had, 'eval', 'evalsha'])].sort());
  });

  it('names keys that the source has', () => {
    const source = sourceOf('redis');
    const stems = firstColumnUnder('What lies under which key').map(
      (name) => /\}:([\w:-]*?):?(?:<|$)/.exec(name)![1]!,
    );
    const missing = stems.filter((stem) => !stem.split(':').every((word) => source.includes(word)));
    assert.deepEqual(missing, []);
  });

  it('names what its user needs, and every key', async function () {
    const server = await startRedis(this);
    const admin = createClient({ url: server.url });
    await admin.connect();
    try {
      const seen = new Set<string>();
      const look = async (): Promise<void> => (await admin.keys('*')).forEach((key) => seen.add(key));
      const setUser = blockUnder('What the Redis user may do')
        .trim()
        .replace(/\\\n\s*/g, '');
      await admin.sendCommand([...setUser.replace('>password', '>secret').split(/\s+/), '~messages']);
      const looking = setInterval(() => void look(), 5);
      const queueUrl = server.url.replace('//', '//smpp:secret@');
      await useAll({ queue: 'redis', queueUrl, drainList: 'messages' }, () =>
        admin.lPush('messages', FOREIGN),
      ).finally(() => clearInterval(looking));
      await look();
      assert.deepEqual(await admin.sendCommand(['ACL', 'LOG']), []);
      const documented = firstColumnUnder('What lies under which key').map(matcher);
      const strange = [...seen].filter(
        (key) => key !== 'messages' && !documented.some((one) => one.test(key)),
      );
      assert.deepEqual(strange, []);
    } finally {
      admin.destroy();
      await server.kill();
    }
  });
});

describe('docs/stores.md about RabbitMQ', function () {
  this.timeout(120_000);

  it('names what its user needs, and every queue', async function () {
    const server = await startRabbit(this, { management: true });
    const api = server.apiUrl!;
    try {
      await callApi(api, 'PUT', '/api/users/smpp', JSON.stringify({ password: 'secret', tags: '' }));
      const [, configure, write, read] = /"([^"]*)" +"([^"]*)" +"([^"]*)"/.exec(
        blockUnder('What the RabbitMQ user may do'),
      )!;
      const permissions = JSON.stringify({ configure, write, read });
      await callApi(api, 'PUT', '/api/permissions/%2F/smpp', permissions);
      const seen = new Set<string>();
      const look = async (): Promise<void> => {
        for (const kind of ['queues', 'exchanges'])
          for (const { name } of (await callApi(api, 'GET', `/api/${kind}`)) as { name: string }[])
            if (name !== '' && !name.startsWith('amq.')) seen.add(name);
      };
      const looking = setInterval(() => void look(), 200);
      const queueUrl = server.url.replace('guest:guest', 'smpp:secret');
      const body = JSON.stringify({
        properties: { content_type: 'application/json', delivery_mode: 2 },
        routing_key: '2',
        payload: FOREIGN,
        payload_encoding: 'string',
      });
      await useAll({ queue: 'rabbitmq', queueUrl }, () =>
        callApi(api, 'POST', '/api/exchanges/%2F/smpp.carrier/publish', body),
      ).finally(() => clearInterval(looking));
      const documented = firstColumnUnder('What lies in which queue').map(matcher);
      assert.deepEqual(
        [...seen].filter((name) => !documented.some((one) => one.test(name))),
        [],
      );
    } finally {
      await server.kill();
    }
  });
});
