import assert from 'node:assert/strict';
import { Smsc, type SubmitEvent } from '../../src/simulator';
import { connection, node, sendingFlow } from '../support/flows';
import { forEachNodeRed, sharedRuntime, type DeployType, type FlowNode } from '../support/runtime';

/** A centre that is slow enough for a deploy to fall among the messages. */
const slow = [{ type: 'slow', seconds: 0.03 }] as const;

forEachNodeRed('deploys while messages are on their way', (kind) => {
  const runtime = sharedRuntime(kind);
  let smsc: Smsc;
  let submits: SubmitEvent[];

  beforeEach(async () => {
    submits = [];
    smsc = new Smsc({ receiptDelay: 0.05, rules: slow });
    smsc.on('submit', (submit) => submits.push(submit));
    await smsc.start();
  });

  afterEach(async () => {
    await runtime().deploy([]);
    await smsc.stop();
  });

  const texts = (count: number): string[] => Array.from({ length: count }, (_, at) => `message ${at}`);
  const sendAll = (all: readonly string[]): void =>
    runtime().send('entry', ...all.map((payload) => ({ payload, topic: '447700900123' })));
  const taken = (): string[] => submits.map(({ text }) => text ?? '');

  async function allTaken(all: readonly string[]): Promise<void> {
    await runtime().until(`all ${all.length} messages (${submits.length} came)`, () =>
      new Set(taken()).size >= all.length ? true : undefined,
    );
    assert.deepEqual([...new Set(taken())].sort(), [...all].sort());
  }

  /** What is changed, so that a deploy of each type restarts the connection. */
  const changes: Record<DeployType, (flow: FlowNode[]) => FlowNode[]> = {
    full: (flow) => flow,
    reload: (flow) => flow,
    flows: (flow) => flow.map((one) => (one.id === 'smsc' ? { ...one, windowSize: 5 } : one)),
    nodes: (flow) => flow.map((one) => (one.id === 'smsc' ? { ...one, windowSize: 5 } : one)),
  };

  for (const type of ['full', 'flows', 'nodes', 'reload'] as const)
    it(`loses nothing in a deploy of type ${type} that restarts the connection`, async () => {
      const flow = sendingFlow(connection(smsc.port));
      await runtime().deploy(flow);
      await runtime().waitForStatus('out', /^bound/);
      const all = texts(100);
      sendAll(all);
      await runtime().until('the first of them', () => submits[9]);
      await runtime().deploy(changes[type](flow), type);
      await allTaken(all);
      const repeated = submits.length - all.length;
      assert.ok(repeated <= 10, `${repeated} were repeated, more than a window`);
    });

  it('loses nothing in a deploy that restarts several sessions, pairs at that', async () => {
    const flow = sendingFlow(connection(smsc.port, { bindType: 'pair', sessions: 2 }));
    await runtime().deploy(flow);
    await runtime().waitForStatus('out', /^bound($| ·)/);
    const all = texts(100);
    sendAll(all);
    await runtime().until('the first of them', () => submits[9]);
    await runtime().deploy(flow, 'full');
    await allTaken(all);
    const repeated = submits.length - all.length;
    assert.ok(repeated <= 20, `${repeated} were repeated, more than two windows`);
    await runtime().until('all sessions', () => (smsc.sessions.length === 4 ? true : undefined));
  });

  it('goes on without a new bind in a deploy that does not touch the connection', async () => {
    let binds = 0;
    smsc.on('bind', () => binds++);
    const flow = sendingFlow(connection(smsc.port));
    await runtime().deploy(flow);
    await runtime().waitForStatus('out', /^bound/);
    const all = texts(50);
    sendAll(all);
    await runtime().until('the first of them', () => submits[4]);
    await runtime().deploy(
      flow.map((one) => (one.id === 'out' ? { ...one, name: 'renamed' } : one)),
      'nodes',
    );
    await allTaken(all);
    assert.equal(submits.length, all.length);
    assert.equal(binds, 1);
  });

  it('keeps what was queued while the centre was away', async () => {
    const { port } = smsc;
    await smsc.stop();
    const flow = sendingFlow(connection(port));
    await runtime().deploy(flow);
    const all = texts(100);
    sendAll(all);
    await runtime().waitForStatus('out', /100$/);
    await runtime().deploy(flow, 'full');
    smsc = new Smsc({ port, receiptDelay: 0.05 });
    smsc.on('submit', (submit) => submits.push(submit));
    await smsc.start();
    await allTaken(all);
    assert.equal(submits.length, all.length);
  });

  it('matches receipts to messages that went out before the deploy', async () => {
    await smsc.stop();
    smsc = new Smsc({ receiptDelay: 1.5 });
    await smsc.start();
    const from = runtime().told.length;
    const flow = sendingFlow(connection(smsc.port));
    await runtime().deploy(flow);
    runtime().send('entry', { payload: 'Hello', topic: '447700900123' });
    const accepted = await runtime().message('outcome', undefined, { from });
    await runtime().deploy(flow, 'full');
    const receipt = await runtime().message('heard', undefined, { from });
    assert.equal(receipt.smpp?.id, accepted.smpp?.id);
  });

  it('tells the outcome of every message that a deploy fell upon, by smpp-out or by smpp-in', async () => {
    const from = runtime().told.length;
    const flow = sendingFlow(connection(smsc.port), { in: { events: ['response', 'failure'] } });
    await runtime().deploy(flow);
    await runtime().waitForStatus('out', /^bound/);
    const all = texts(60);
    sendAll(all);
    await runtime().until('the first of them', () => submits[4]);
    await runtime().deploy(flow, 'full');
    await allTaken(all);
    const told = (): Set<unknown> =>
      new Set(
        runtime()
          .told.slice(from)
          .flatMap((one) => (one.kind === 'sent' && ['out', 'in'].includes(one.node) ? [one.smpp.id] : [])),
      );
    await runtime()
      .until('an outcome of each', () => (told().size >= all.length ? true : undefined))
      .catch(() => {
        assert.fail(`${told().size} outcomes of ${all.length} messages were told`);
      });
  });

  it('fails what is queued for a connection that was deleted, and says so', async () => {
    const { port } = smsc;
    await smsc.stop();
    const flow = sendingFlow(connection(port));
    await runtime().deploy(flow);
    sendAll(texts(7));
    await runtime().waitForStatus('out', /7$/);
    await runtime().deploy([flow[0]!, node('probe', 'entry')], 'full');
    await runtime().waitForLog(/7 queued messages were removed \(REMOVED\)/);
  });
});
