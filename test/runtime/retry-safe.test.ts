import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Smsc, type SubmitEvent } from '../../src/simulator';
import { Runtime, forEachNodeRed, type FlowNode } from '../support/runtime';

const EXAMPLE = join(__dirname, '..', '..', 'examples', '22-retry-safe-http.json');
const HELLO = { to: '447700900123', text: 'Hello' };

interface Answer {
  readonly status: number;
  readonly replayed: boolean;
  readonly body: string;
}

forEachNodeRed('the example of an HTTP endpoint that is safe to be asked again', (kind) => {
  let smsc: Smsc;
  let submits: SubmitEvent[];
  let runtime: Runtime;
  let userDir: string;

  /** The example, with an SMSC outside of the runtime, which goes on when that is killed. */
  const flow = (): FlowNode[] =>
    (JSON.parse(readFileSync(EXAMPLE, 'utf8')) as FlowNode[]).flatMap((node) => {
      if (node.type === 'smpp-simulator') return [];
      if (node.type === 'debug') return [{ ...node, type: 'probe' }];
      if (node.type !== 'smpp-config') return [node];
      return [{ ...node, port: smsc.port, credentials: { systemId: 'example', password: 'example' } }];
    });

  beforeEach(async () => {
    submits = [];
    userDir = mkdtempSync(join(tmpdir(), 'node-red-smpp-retry-'));
    smsc = new Smsc({ receiptDelay: 0, rules: [{ type: 'slow', seconds: 0.1 }] });
    smsc.on('submit', (submit) => submits.push(submit));
    await smsc.start();
    runtime = await Runtime.start(kind(), { userDir });
    await runtime.deploy(flow());
    await runtime.waitForStatus('smpp-retry-safe-http-out', /^bound/);
  });
  afterEach(async () => {
    await runtime.kill();
    await smsc.stop();
  });

  async function ask(key: string | undefined, message: object = HELLO): Promise<Answer> {
    const headers = {
      'Content-Type': 'application/json',
      ...(key === undefined ? {} : { 'Idempotency-Key': key }),
    };
    const response = await fetch(new URL('/messages', runtime.url), {
      method: 'POST',
      headers,
      body: JSON.stringify(message),
    });
    const replayed = response.headers.get('Idempotent-Replayed') === 'true';
    return { status: response.status, replayed, body: await response.text() };
  }
  const texts = (): string[] => submits.map(({ text }) => text ?? '').sort();

  it('answers repeats as the first, at the same time, later, and after a kill', async () => {
    const together = await Promise.all(Array.from({ length: 10 }, () => ask('a')));
    assert.deepEqual(new Set(together.map(({ status, body }) => `${status} ${body}`)).size, 1);
    assert.equal(together.filter(({ replayed }) => replayed).length, 9);
    const [first] = together as [Answer];
    assert.equal(first.status, 200);
    assert.match(first.body, /^\{"id":"[0-9a-f]{24}","message_id":".+"\}$/);
    assert.deepEqual(await ask('a'), { ...first, replayed: true });

    await runtime.kill({ keepUserDir: true });
    runtime = await Runtime.start(kind(), { userDir });
    assert.deepEqual(await ask('a'), { ...first, replayed: true });
    assert.deepEqual(texts(), ['Hello']);

    const another = await ask('b');
    assert.equal(another.status, 200);
    assert.notEqual(another.body, first.body);
    assert.deepEqual(texts(), ['Hello', 'Hello']);
  });

  it('sends one message, where it is killed before it answers and asked again', async () => {
    const lost = ask('a').catch(() => undefined);
    await runtime.until('the message', () => (submits.length > 0 ? true : undefined));
    await runtime.kill({ keepUserDir: true });
    await lost;
    const before = submits.length;
    runtime = await Runtime.start(kind(), { userDir });
    const [one, other] = await Promise.all([ask('a'), ask('a')]);
    assert.deepEqual([one.status, one.body], [200, other.body]);
    assert.ok(submits.length - before <= 1, 'only what had no answer is repeated');
  });

  it('refuses another text with a known key, no key, and what is no message, each with its status', async () => {
    assert.equal((await ask('a')).status, 200);
    const conflict = await ask('a', { ...HELLO, text: 'Other' });
    assert.equal(conflict.status, 409);
    assert.match(conflict.body, /"code":"IDEMPOTENCY_CONFLICT"/);
    assert.equal((await ask(undefined)).status, 400);
    assert.equal((await ask('c', { text: 'Hello' })).status, 400);
    assert.equal((await ask('x'.repeat(256))).status, 400);
    assert.equal((await ask('c')).status, 200);
    assert.deepEqual(texts(), ['Hello', 'Hello']);
  });
});
