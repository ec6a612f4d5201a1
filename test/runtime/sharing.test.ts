import assert from 'node:assert/strict';
import { Smsc, type SubmitEvent } from '../../src/simulator';
import { amqpUrl, ownPrefix, redisUrl } from '../support/brokers';
import { connection, node, sendingFlow } from '../support/flows';
import { Runtime, forEachNodeRed, type FlowNode } from '../support/runtime';
import type { RuntimeKind } from '../support/tools';
import { until } from '../support/until';

const QUEUES = ['redis', 'rabbitmq'] as const;

type Answer = { readonly status: number; readonly body: { readonly [field: string]: unknown } };

/** POST /sms is answered when the message is delivered, or with the code of its failure. */
const httpFlow: readonly FlowNode[] = [
  node('http in', 'request', { url: '/sms', method: 'post' }, ['read']),
  node(
    'function',
    'read',
    { func: 'msg.topic = msg.payload.to; msg.payload = msg.payload.text; return msg;' },
    ['deliver'],
  ),
  node('smpp-out', 'deliver', { connection: 'smsc', completeWhen: 'delivered', deliveredTimeout: 60 }, [
    'answer',
  ]),
  node(
    'function',
    'answer',
    { func: 'msg.payload = { ...msg.smpp, state: msg.smpp.receipt.state }; return msg;' },
    ['response'],
  ),
  node('catch', 'caught', { scope: ['deliver'] }, ['failed']),
  node(
    'function',
    'failed',
    {
      func: 'msg.statusCode = 502; msg.payload = { code: msg.error.code, text: msg.error.message }; return msg;',
    },
    ['response'],
  ),
  node('http response', 'response'),
];

async function post(runtime: Runtime, text: string): Promise<Answer> {
  const response = await fetch(`${runtime.url}sms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ to: '447700900123', text }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const texts = (count: number): string[] => Array.from({ length: count }, (_, at) => `message ${at}`);

for (const queue of QUEUES)
  forEachNodeRed(`two Node-REDs on one queue in ${queue}`, (kind) => {
    let smsc: Smsc;
    let submits: SubmitEvent[];
    let first: Runtime;
    let second: Runtime;
    let env: Record<string, string>;
    let keyPrefix: string;

    before(async function () {
      const redis = await redisUrl(this);
      const url = queue === 'redis' ? redis : await amqpUrl(this);
      // Its URL is that of a server, whose password must not be shown.
      env = { SMPP_QUEUE_URL: url, SMPP_CORRELATION_URL: redis };
      [first, second] = await Promise.all([start(kind()), start(kind())]);
    });
    after(async () => {
      // Where the server is not to be had, nothing was started.
      for (const runtime of [first, second] as (Runtime | undefined)[]) await runtime?.stop();
    });

    const start = (what: RuntimeKind): Promise<Runtime> => Runtime.start(what, { env });

    beforeEach(async () => {
      keyPrefix = ownPrefix();
      submits = [];
      smsc = new Smsc({ receiptDelay: 0.05 });
      smsc.on('submit', (submit) => submits.push(submit));
      await smsc.start();
    });
    afterEach(async () => {
      await Promise.all([first.reset(), second.reset()]);
      await smsc.stop();
    });

    /** The same connection for both, but for what is said. */
    function flow(properties: object = {}, out: Readonly<Record<string, unknown>> = {}): FlowNode[] {
      const config = connection(smsc.port, {
        queue,
        clientId: 'shared',
        keyPrefix,
        leaseTime: 2,
        ...properties,
        credentials: {
          systemId: 'test',
          password: 'secret',
          queueUrl: '${SMPP_QUEUE_URL}',
          correlationUrl: queue === 'rabbitmq' ? '${SMPP_CORRELATION_URL}' : '',
        },
      });
      return [
        ...sendingFlow(config, { out, in: { events: ['message', 'receipt', 'failure'] } }),
        ...httpFlow,
      ];
    }
    const bound = async (...runtimes: Runtime[]): Promise<void> => {
      await Promise.all(runtimes.map((runtime) => runtime.waitForStatus('out', /^(bound|tx only|rx only)/)));
    };
    const arrived = (): string[] => [...new Set(submits.map(({ text }) => text ?? ''))].sort();
    /** The password of a URL is nowhere to be read. */
    const quiet = (runtime: Runtime): void => {
      for (const url of Object.values(env)) {
        const { password } = new URL(url);
        if (password !== '' && password !== 'guest') assert.equal(runtime.output.includes(password), false);
      }
    };

    it('send by the one and hear the receipt by the other: who waits for it is answered', async () => {
      await Promise.all([
        first.deploy(flow({ bindType: 'transmitter' }, { completeWhen: 'delivered' })),
        second.deploy(flow({ bindType: 'receiver' })),
      ]);
      await bound(first, second);
      const { status, body } = await post(first, 'Hello');
      assert.deepEqual([status, body.event, body.state], [200, 'delivered', 'DELIVRD']);
      first.send('entry', { payload: 'Hello again', topic: '447700900123' });
      const outcome = await first.message('outcome');
      assert.equal(outcome.smpp?.event, 'delivered');
      const heard = await second.until('both receipts', () => {
        const all = second.messages('heard');
        return all.length >= 2 ? all : undefined;
      });
      assert.deepEqual(
        heard.map(({ smpp }) => [smpp?.event, smpp?.id]).sort(),
        [body.id, outcome.smpp?.id].map((id) => ['receipt', id]).sort(),
      );
      assert.deepEqual(first.messages('heard'), []);
      quiet(first);
    });

    it('send by the one what the other queued, which is answered', async () => {
      await Promise.all([first.deploy(flow({ bindType: 'receiver' })), second.deploy(flow())]);
      await bound(first, second);
      first.send('entry', { payload: 'Hello', topic: '447700900123' });
      const { smpp } = await first.message('outcome');
      assert.deepEqual([smpp?.event, submits.length], ['accepted', 1]);
      const answers = await Promise.all(texts(10).map((text) => post(first, text)));
      assert.deepEqual(
        [...new Set(answers.map(({ status, body }) => `${status} ${String(body.state)}`))],
        ['200 DELIVRD'],
      );
    });

    it('answer who waits with the failure that the other one learned of', async () => {
      await smsc.stop();
      smsc = new Smsc({ rules: [{ type: 'status', status: 'ESME_RINVDSTADR' }] });
      await smsc.start();
      await Promise.all([first.deploy(flow({ bindType: 'receiver' })), second.deploy(flow())]);
      await bound(first, second);
      const { status, body } = await post(first, 'Hello');
      assert.deepEqual([status, body.code], [502, 'REFUSED']);
      const failed = [...first.messages('heard'), ...second.messages('heard')];
      assert.deepEqual(
        failed.map(({ smpp }) => [smpp?.event, smpp?.command_status]),
        [['failure', 'ESME_RINVDSTADR']],
      );
    });

    it('finish what one that is killed had begun, and answer who waits at the other', async () => {
      await smsc.stop();
      smsc = new Smsc({ receiptDelay: 0.05, rules: [{ type: 'slow', seconds: 0.05 }] });
      smsc.on('submit', (submit) => submits.push(submit));
      await smsc.start();
      const some = { windowSize: 5, maxUnsettled: 20 };
      const doomed = await start(kind());
      try {
        await Promise.all([doomed.deploy(flow(some, { completeWhen: 'queued' })), second.deploy(flow(some))]);
        await bound(doomed, second);
        const all = texts(200);
        doomed.send('entry', ...all.map((payload) => ({ payload, topic: '447700900123' })));
        const answers = Promise.all(texts(10).map((text) => post(second, `waited for: ${text}`)));
        await until(() => submits.length > 30, 'some to be sent');
        const queued = doomed.messages('outcome').map(({ payload }) => String(payload));
        await doomed.kill();
        assert.ok(queued.length > 0 && arrived().length < 210, `${arrived().length} had come`);
        await until(() => queued.every((text) => arrived().includes(text)), 'the rest', 30_000);
        const unanswered = (await answers).filter(({ status }) => status !== 200);
        assert.deepEqual(unanswered, []);
        const repeated = submits.length - arrived().length;
        assert.ok(repeated <= 20 + 5, `${repeated} of ${arrived().length} came twice`);
      } finally {
        await doomed.kill();
      }
    });

    it('leave to the other what is queued where the connection of one is deleted', async () => {
      const waiting = flow({ autoConnect: false }, { completeWhen: 'queued' });
      await first.deploy(waiting);
      first.send('entry', ...texts(20).map((payload) => ({ payload, topic: '447700900123' })));
      await first.until('all to be queued', () =>
        first.messages('outcome').length === 20 ? true : undefined,
      );
      await first.deploy([]);
      await first.waitForLog(new RegExp(`20 messages stay in ${queue} at .*${keyPrefix} and shared`));
      assert.equal(submits.length, 0);
      await second.deploy(flow());
      await until(() => arrived().length === 20, 'all to come', 30_000);
    });
  });
