/** Runs the producers of docs/producers against a client on the queue that they fill. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Context } from 'mocha';
import { SmppClient, type SmppClientOptions } from '../../src/index';
import { Smsc } from '../../src/simulator';
import { amqpApiUrl, amqpUrl, ownPrefix, redisUrl } from '../support/brokers';
import { until } from '../support/until';

const run = promisify(execFile);
const folder = join(__dirname, '..', '..', 'docs', 'producers');

export type Engine = 'redis' | 'rabbitmq';

/** What a producer is told by the environment. */
type Environment = Readonly<Record<string, string>>;

const ENGINES: Record<Engine, (context: Context) => Promise<[SmppClientOptions, Environment]>> = {
  async redis(context) {
    const [queueUrl, keyPrefix] = [await redisUrl(context), ownPrefix()];
    const drainList = `${keyPrefix}:naz`;
    return [
      { queue: 'redis', queueUrl, keyPrefix, drainList },
      { REDIS_URL: queueUrl, KEY_PREFIX: keyPrefix, DRAIN_LIST: drainList },
    ];
  },
  async rabbitmq(context) {
    const [queueUrl, keyPrefix] = [await amqpUrl(context), ownPrefix()];
    const api = new URL(await amqpApiUrl(context));
    return [
      { queue: 'rabbitmq', queueUrl, keyPrefix },
      {
        AMQP_URL: queueUrl,
        KEY_PREFIX: keyPrefix,
        AMQP_HOST: api.hostname,
        MANAGEMENT_PORT: api.port,
        AMQP_USER: api.username,
        AMQP_PASSWORD: api.password,
        AMQP_VHOST: decodeURIComponent(new URL(queueUrl).pathname.slice(1)) || '/',
      },
    ];
  },
};

/** A client on a queue, the SMSC that it sends to, and what became of what was put into the queue. */
export class Producing {
  readonly texts: unknown[] = [];
  readonly labels: unknown[] = [];
  readonly failures: object[] = [];
  readonly #smsc = new Smsc({ receiptDelay: 0.01 });
  readonly #queueDirectory = mkdtempSync(join(tmpdir(), 'smpp-producers-'));
  #client: SmppClient | undefined;
  #environment: Environment = {};

  async start(context: Context, engine: Engine): Promise<void> {
    const [options, environment] = await ENGINES[engine](context);
    this.#environment = { CLIENT_ID: 'carrier', ...environment };
    this.#smsc.on('submit', ({ text }) => this.texts.push(text));
    const { host, port } = await this.#smsc.start();
    const common = { host, port, clientId: 'carrier', logLevel: 'silent' } as const;
    // What RabbitMQ cannot keep.
    const queueDirectory = engine === 'rabbitmq' ? this.#queueDirectory : '';
    const client = new SmppClient({ ...common, queueDirectory, ...options });
    client.on('response', ({ correlation_id }) => this.labels.push(correlation_id));
    client.on('failure', (failure) => this.failures.push(failure));
    this.#client = client;
    await client.start();
  }

  /** @param words the file of docs/producers, and its arguments. @returns what it printed */
  async produce(
    program: string,
    [file, ...words]: readonly [string, ...string[]],
    changes: Environment = {},
  ): Promise<string> {
    const env = { ...process.env, ...this.#environment, ...changes };
    const { stdout } = await run(program, [join(folder, file), ...words], { env, timeout: 20_000 });
    return stdout.trim();
  }

  /** Waits until the SMSC has so many messages, which must be these: [text, label]. */
  async sent(...wanted: readonly (readonly [string, string])[]): Promise<void> {
    await until(() => this.labels.length + this.failures.length >= wanted.length, 'the messages');
    const told = this.texts.map((text, at) => [text, this.labels[at]]);
    assert.deepEqual([told, this.failures], [wanted, []]);
  }

  /** Waits until something was refused: the dead letters. */
  async refused(): Promise<{ code: string; reason: string }[]> {
    await until(() => this.failures.length > 0, 'the failure');
    assert.deepEqual(this.texts, []);
    const { letters } = await this.#client!.deadLetters();
    return letters.map(({ code, reason }) => ({ code, reason }));
  }

  async stop(): Promise<void> {
    await this.#client?.stop();
    await this.#smsc.stop();
    rmSync(this.#queueDirectory, { recursive: true, force: true });
  }
}
