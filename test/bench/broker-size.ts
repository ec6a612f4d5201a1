/**
 * How much a server holds for messages that wait and for receipts that are awaited, in octets of each; for docs/stores.md.
 *
 *     node -r ./.ci/compiled.cjs test/bench/broker-size.ts <redis | rabbitmq> <messages>
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { SmppClient, type Message, type SmppClientOptions } from '../../src/index';
import { Smsc } from '../../src/simulator';
import { callApi } from '../support/brokers';
import { say } from '../support/say';
import { startRabbitServer, startRedisServer } from '../support/servers';
import { pass } from '../support/until';
import { DESTINATION, SOURCE } from './contenders/types';

const BATCH = 1000;
const LENGTHS = [50, 600];

interface Held {
  /** Octets that the server has now, in memory and in files. */
  readonly memory: number;
  readonly files: number;
}

interface Engine {
  readonly options: SmppClientOptions;
  held(): Promise<Held>;
  end(): Promise<unknown>;
}

/** Which no file system and no server makes much smaller. */
const randomText = (length: number): string => randomBytes(length).toString('base64').slice(0, length);

const diskUse = (directory: string): number =>
  Number(execFileSync('du', ['-sb', directory], { encoding: 'utf8' }).split('\t')[0]);

async function redis(): Promise<Engine> {
  const { url, directory, server } = await startRedisServer({
    appendonly: true,
    args: ['--appendfsync', 'no'],
  });
  const client = createClient({ url });
  await client.connect();
  return {
    options: { queue: 'redis', queueUrl: url },
    async held() {
      const info = async (): Promise<string> =>
        (await client.info('persistence')) + (await client.info('memory'));
      await client.sendCommand(['BGREWRITEAOF']);
      while (/aof_rewrite_in_progress:1/.test(await info())) await pass(200);
      return {
        memory: Number(/used_memory:(\d+)/.exec(await info())![1]),
        files: diskUse(directory),
      };
    },
    async end() {
      client.destroy();
      await server.kill();
    },
  };
}

async function rabbitmq(): Promise<Engine> {
  const { url, directory, apiUrl, server } = await startRabbitServer({ management: true });
  return {
    options: { queue: 'rabbitmq', queueUrl: url },
    async held() {
      // Its statistics are of every five seconds.
      await pass(12_000);
      const nodes = (await callApi(apiUrl!, 'GET', '/api/nodes')) as { mem_used: number }[];
      return { memory: nodes[0]!.mem_used, files: diskUse(directory) };
    },
    end: () => server.kill(),
  };
}

async function measure(make: () => Promise<Engine>, count: number, length: number): Promise<void> {
  const engine = await make();
  const smsc = new Smsc({ receiptDelay: 3600 });
  const { host, port } = await smsc.start();
  const common = { ...engine.options, queueCapacity: 0, logLevel: 'silent', windowSize: 1000 } as const;
  const batch = (): Message[] =>
    Array.from({ length: BATCH }, () => {
      const short_message = randomText(length);
      return { source_addr: SOURCE, destination_addr: DESTINATION, short_message };
    });
  const queueDirectory = kind === 'rabbitmq' ? mkdtempSync(join(tmpdir(), 'smpp-size-')) : '';
  const client = new SmppClient({ ...common, host, port, queueDirectory });
  await client.start();
  client.pause();
  const before = await engine.held();
  for (let queued = 0; queued < count; queued += BATCH) await client.enqueue(batch());
  const queued = await engine.held();
  client.resume();
  while ((await client.status()).queued > 0) await pass(200);
  await pass(1000);
  const sent = await engine.held();
  await client.stop();
  await smsc.stop();
  await engine.end();
  if (queueDirectory) rmSync(queueDirectory, { recursive: true, force: true });
  const each = (from: Held, to: Held): object => ({
    memory: Math.round((to.memory - from.memory) / count),
    files: Math.round((to.files - from.files) / count),
  });
  say(JSON.stringify({ characters: length, queued: each(before, queued), awaited: each(before, sent) }));
}

const [kind, given] = process.argv.slice(2);
const run = async (): Promise<void> => {
  for (const length of LENGTHS) await measure(kind === 'redis' ? redis : rabbitmq, Number(given), length);
};
void run();
