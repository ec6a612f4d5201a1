import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answers, freePorts } from '../support/servers';
import { needs } from '../support/skip';

const root = join(__dirname, '..', '..');
const folder = join(root, 'docs', 'scaling-out');

describe('docs/scaling-out', function () {
  this.timeout(180_000);

  describe('start.sh', () => {
    let script: ChildProcess;
    let ports: Record<'redis' | 'smsc' | 'first' | 'second', number>;
    let files: string;
    let printed = '';

    /** Posts a message to one of the Node-REDs. @returns status and body; undefined: its flow does not run yet */
    async function post(port: number, body: object): Promise<[number, Record<string, unknown>] | undefined> {
      const headers = { 'content-type': 'application/json', connection: 'close' };
      const url = `http://127.0.0.1:${port}/redis/sms`;
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }).catch(
        () => undefined,
      );
      if (response === undefined || response.status === 404) return undefined;
      return [response.status, (await response.json()) as Record<string, unknown>];
    }

    before(async function () {
      needs(this, 'redis-server');
      needs(this, 'node-red-4');
      files = mkdtempSync(join(tmpdir(), 'smpp-scaling-out-'));
      const [redis = 0, smsc = 0, first = 0, second = 0] = await freePorts(4);
      ports = { redis, smsc, first, second };
      script = spawn(join(folder, 'start.sh'), {
        env: {
          ...process.env,
          REDIS_PORT: String(redis),
          SMPP_PORT: String(smsc),
          FIRST_PORT: String(first),
          SECOND_PORT: String(second),
          FOLDER: files,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [script.stdout, script.stderr])
        stream?.setEncoding('utf8').on('data', (text: string) => (printed += text));
      for (const port of [first, second])
        while ((await post(port, {})) === undefined) {
          if (script.exitCode !== null) throw new Error(`start.sh ended with ${script.exitCode}: ${printed}`);
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
    });

    after(async () => {
      if (script?.exitCode === null) {
        const ended = once(script, 'exit');
        script.kill('SIGTERM');
        await ended;
      }
      if (files) rmSync(files, { recursive: true, force: true });
    });

    it('starts two Node-REDs that answer a request when its receipt is there, whichever heard it', async () => {
      const texts = Array.from({ length: 20 }, (_, at) => `Hello ${at}`);
      const told = await Promise.all(
        texts.map((text, at) =>
          post(at % 2 === 0 ? ports.first : ports.second, { to: '447700900123', text }),
        ),
      );
      assert.deepEqual(
        told.map((one) => [one?.[0], one?.[1].state]),
        texts.map(() => [200, 'DELIVRD']),
      );
    });

    it('answers what is wrong with a request', async () => {
      const [status, { field }] = (await post(ports.second, { to: '447700900123' }))!;
      assert.deepEqual([status, field], [400, 'short_message']);
    });

    it('leaves the rest to one of them when the other is killed', async () => {
      process.kill(Number(readFileSync(join(files, String(ports.first), 'pid'), 'utf8')), 'SIGKILL');
      const texts = Array.from({ length: 5 }, (_, at) => `Hello again ${at}`);
      const told = await Promise.all(texts.map((text) => post(ports.second, { to: '447700900123', text })));
      assert.deepEqual(
        told.map((one) => [one?.[0], one?.[1].state]),
        texts.map(() => [200, 'DELIVRD']),
      );
    });

    it('ends all that it started, in good order, when it is told to', async () => {
      const ended = once(script, 'exit');
      script.kill('SIGTERM');
      assert.deepEqual(await ended, [0, null]);
      for (const port of Object.values(ports)) assert.equal(await answers(port, '\n', ''), false);
      assert.match(readFileSync(join(files, String(ports.second), 'log'), 'utf8'), /Stopped flows/);
    });
  });

  it('compose.yaml sets what its flow and its settings read, and nothing else', () => {
    const { load } = createRequire(createRequire(__filename).resolve('node-red'))('js-yaml') as {
      load(text: string): unknown;
    };
    const compose = load(readFileSync(join(folder, 'compose.yaml'), 'utf8')) as {
      services: Record<string, { environment: Record<string, string> }>;
    };
    const read = ['flow.cjs', '../../examples/14-several-node-reds-redis.json'].flatMap((file) => [
      ...readFileSync(join(folder, file), 'utf8').matchAll(/'\$\{(\w+)\}'|: "\$\{(\w+)\}"/g),
    ]);
    const wanted = [...new Set(read.map(([, one, other]) => one ?? other))].sort();
    for (const name of ['node-red-1', 'node-red-2'])
      assert.deepEqual(Object.keys(compose.services[name]!.environment).sort(), wanted);
  });
});
