import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type ChannelModel } from 'amqplib';
import { createClient } from '@redis/client';
import { amqpApiUrl, amqpUrl, ownPrefix, redisUrl, startRedis, startRedisCluster } from './brokers';
import { runsTypeScript } from './child';
import { servesRedis } from './servers';
import { needs } from './skip';
import { until } from './until';

describe('The brokers of the tests', function () {
  this.timeout(90_000);

  it('are a Redis that all share', async function () {
    const url = await redisUrl(this);
    assert.equal(await redisUrl(this), url);
    const client = createClient({ url });
    await client.connect();
    assert.equal(await client.set(`${ownPrefix()}:x`, '1'), 'OK');
    client.destroy();
  });

  it('are a RabbitMQ with a virtual host for each that asks', async function () {
    const urls = [await amqpUrl(this), await amqpUrl(this)];
    const connections: ChannelModel[] = [];
    for (const url of urls) connections.push(await connect(url));
    const [one, other] = connections;
    await (await one?.createChannel())?.assertQueue('only-here');
    const channel = await other?.createChannel();
    channel?.on('error', () => undefined);
    await assert.rejects(async () => channel?.checkQueue('only-here'), /NOT_FOUND|ended/);
    for (const connection of connections) await connection.close();
  });

  const run = (command: string, ...args: string[]): string => execFileSync(command, args).toString().trim();

  it('are spoken to by Python: Redis', async function () {
    const python = needs(this, 'python-redis');
    const url = await redisUrl(this);
    assert.equal(run(python, '-c', `import redis; print(redis.Redis.from_url("${url}").ping())`), 'True');
  });

  it('are spoken to by Python: RabbitMQ', async function () {
    const python = needs(this, 'python-pika');
    const connection = `pika.BlockingConnection(pika.URLParameters("${await amqpUrl(this)}"))`;
    const code = `import pika; print(${connection}.channel().queue_declare("q").method.queue)`;
    assert.equal(run(python, '-c', code), 'q');
  });

  it('are spoken to by rabbitmqadmin', async function () {
    const admin = needs(this, 'rabbitmqadmin');
    const host = new URL(await amqpUrl(this)).pathname.slice(1);
    const { hostname, port, username, password } = new URL(await amqpApiUrl(this));
    const at = ['-H', hostname, '-P', port, '-u', username, '-p', password, '-V', host];
    run(admin, ...at, 'declare', 'queue', 'name=q', 'durable=true');
    assert.match(run(admin, ...at, '-f', 'tsv', 'list', 'queues', 'name'), /^q$/m);
  });

  it('keep what an append-only file holds when they are killed, and are there again', async function () {
    const redis = await startRedis(this, { appendonly: true });
    const client = createClient({ url: redis.url, socket: { reconnectStrategy: 20 } });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.set('x', 'kept');
      await redis.kill();
      assert.equal(await servesRedis(redis.port), false);
      await redis.start();
      assert.equal(await client.get('x'), 'kept');
    } finally {
      client.destroy();
      await redis.stop();
    }
    assert.equal(await servesRedis(redis.port), false);
  });

  it('are a Cluster of three, which sends one on to where a key is', async function () {
    const cluster = await startRedisCluster(this);
    try {
      const client = await createClient({ url: cluster.url }).connect();
      const answers = await Promise.allSettled(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => client.get(key)));
      client.destroy();
      assert.ok(answers.some(({ status }) => status === 'fulfilled'));
      assert.ok(
        answers.some((answer) => answer.status === 'rejected' && /MOVED/.test(String(answer.reason))),
      );
    } finally {
      await cluster.stop();
    }
  });

  it('end with the process that started them, also when it is killed', async function () {
    needs(this, 'redis-server');
    needs(this, 'rabbitmq-server');
    const code = `const { startRedisServer, startRabbitServer } = require(${JSON.stringify(`${__dirname}/servers.ts`)});
      Promise.all([startRedisServer(), startRabbitServer()]).then((all) =>
        console.log(JSON.stringify(all.map(({ port, directory }) => ({ port, directory })))));`;
    const child = spawn(process.execPath, [...runsTypeScript, '-e', `${code} setInterval(() => {}, 1e6)`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const started = JSON.parse(line.toString()) as { port: number; directory: string }[];
    child.kill('SIGKILL');
    for (const { port, directory } of started) {
      const processes = (): string => execFileSync('ps', ['-eo', 'stat,args']).toString();
      const isLeft = (text: string): boolean =>
        text.split('\n').some((one) => !one.startsWith('Z') && one.includes(directory));
      await until(() => !isLeft(processes()), 'the end of a server');
      await until(() => !existsSync(directory), 'the end of its directory');
      assert.equal(await servesRedis(port), false);
    }
  });
});
