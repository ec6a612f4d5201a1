import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import { FakeClock } from '../support/clock';
import { pass } from '../support/until';
import {
  Inbox,
  closes,
  closing,
  deploy,
  helper,
  load,
  logged,
  until,
  useHelper,
  type FlowNode,
} from './support/helper';
import { Centre } from './support/smsc';

type Facts = Record<string, unknown>;
const smppOf = (msg: NodeMessage): Facts => msg.smpp as Facts;
const SUBMIT_SM = 4;

describe('a deploy', () => {
  useHelper();
  let centre: Centre;
  let other: Centre | undefined;
  beforeEach(async () => {
    centre = await Centre.start();
  });
  afterEach(async () => {
    await helper.clearFlows();
    await centre.smsc.stop();
    await other?.smsc.stop();
    other = undefined;
  });

  const naz = { systemId: 'naz', password: 'secret' };
  const credentials = (values: object): object => ({ [centre.id]: values });
  const receive = (msg: NodeMessage, id = 'out'): void => helper.getNode(id).receive(msg);
  const text = (payload: unknown): NodeMessage => ({ payload, topic: '447700900123' });
  /** Closes when it is let, and so does a deploy of it. */
  const slow = (name: string): FlowNode => ({ id: 'slow', type: 'slow-to-close', name, wires: [] });

  /** Waits until so many messages are queued. */
  async function queued(count: number): Promise<void> {
    const result = new Inbox('result');
    for (let found: unknown; found !== count;) {
      receive({ action: 'status' });
      found = ((await result.next()).payload as Facts).queued;
    }
  }

  it('leaves what is queued to the next instance of the connection', async () => {
    const flow = centre.flow([centre.out({ wires: [['result']] })], { autoConnect: false });
    await load(flow, credentials(naz));
    receive(text(['a', 'b']));
    await queued(2);
    await deploy(flow, 'full', credentials(naz));
    await queued(2);
    const taken: unknown[] = [];
    centre.smsc.on('submit', ({ text: said }) => taken.push(said));
    receive({ action: 'connect' });
    await until(() => taken.length === 2, 'both messages');
    assert.deepEqual(taken, ['a', 'b']);
  });

  describe('after which the connection names another account', () => {
    const other = { systemId: 'other', password: '' };
    const failures = { events: ['failure'], wires: [['failures']] };
    const flowOf = (): FlowNode[] =>
      centre.flow([centre.out(), centre.in(failures), { id: 'failures', type: 'helper' }], {
        autoConnect: false,
      });

    async function refused(): Promise<void> {
      await load(flowOf(), credentials(naz));
      receive({ ...text('a'), _msgid: 'm1' });
      await queued(1);
      await deploy(flowOf(), 'full', credentials(other));
      receive({ action: 'connect' });
      await until(() => logged('ERROR', 'out').length === 1, 'the refusal');
    }

    it('keeps what is queued, says whose it is and what can be done, and sends nothing', async () => {
      let binds = 0;
      centre.smsc.on('bind', () => binds++);
      await refused();
      const [line] = logged('ERROR', 'out');
      assert.match(line ?? '', /belongs to the account naz at 127.0.0.1, not to other at 127.0.0.1/);
      assert.match(line ?? '', /holds 1 message:.*old host and system ID.*"claim".*"purge"/);
      assert.equal(binds, 0);
      await deploy(flowOf(), 'full', credentials(naz));
      await queued(1);
    });

    it('sends it under the new account as soon as it is claimed', async () => {
      await load(flowOf(), credentials(naz));
      receive(text('a'));
      await queued(1);
      await deploy(changed(flowOf(), centre.id, { autoConnect: true }), 'full', credentials(other));
      await until(() => logged('ERROR', centre.id).length === 1, 'the refusal');
      const taken: unknown[] = [];
      centre.smsc.on('submit', ({ text: said }) => taken.push(said));
      receive({ action: 'claim' });
      await until(() => taken.length === 1, 'the message');
    });

    it('fails it when it is purged, and goes on', async () => {
      await refused();
      const inbox = new Inbox('failures');
      receive({ action: 'purge' });
      const msg = await inbox.next();
      assert.deepEqual([msg._msgid, msg.topic, smppOf(msg).code], ['m1', '447700900123', 'REMOVED']);
      await queued(0);
      receive({ action: 'connect' });
      await until(() => centre.smsc.sessions.length === 1, 'the session');
    });

    it('does not mind a queue that holds nothing', async () => {
      await load(flowOf(), credentials(naz));
      await queued(0);
      await deploy(flowOf(), 'full', credentials(other));
      receive({ action: 'connect' });
      await until(() => centre.smsc.sessions.length === 1, 'the session');
      assert.deepEqual(logged('WARN', centre.id), []);
    });
  });

  it('keeps what is queued while the connection is wrongly configured', async () => {
    const flow = centre.flow([centre.out()], { autoConnect: false });
    await load(flow, credentials(naz));
    receive(text('a'));
    await queued(1);
    await deploy(changed(flow, centre.id, { port: 'x' }), 'full', credentials(naz));
    assert.match(logged('ERROR', centre.id).join(), /port/);
    await deploy(flow, 'full', credentials(naz));
    await queued(1);
  });

  it('fails what is queued when the connection was deleted, and says so in the log', async () => {
    const flow = centre.flow([centre.out()], { autoConnect: false, name: 'Carrier' });
    await load(flow, credentials(naz));
    receive(text('a'));
    await queued(1);
    await deploy(
      flow.filter(({ id }) => id !== centre.id),
      'full',
    );
    await until(
      () =>
        logged('WARN').some((line) =>
          /\[smpp-config:Carrier\] 1 queued message.*\(REMOVED\).*deleted/.test(line),
        ),
      'the log line',
    );
  });

  it('does not connect before every smpp-in listens', async () => {
    const phone = { source_addr: '447700900123', destination_addr: '70123', text: 'Hi' };
    centre.smsc.on('bind', () => void centre.smsc.deliver(phone).catch(() => undefined));
    await load(centre.flow([centre.in()]));
    assert.equal((await new Inbox('result').next()).payload, 'Hi');
  });

  it('that does not touch the connection leaves its session alone', async () => {
    const flow = centre.flow([centre.out(), centre.in()]);
    await load(flow);
    await until(() => centre.smsc.sessions.length === 1, 'the session');
    const [session] = centre.smsc.sessions;
    await deploy(changed(flow, 'out', { name: 'new' }), 'nodes');
    await deploy(changed(flow, 'in', { rawPdu: true }), 'nodes');
    assert.equal(centre.smsc.sessions.length, 1);
    assert.equal(centre.smsc.sessions[0]?.id, session?.id);
  });

  it('holds messages that come in while their smpp-in restarts', async () => {
    const flow = centre.flow([centre.in(), slow('before')]);
    await load(flow);
    await until(() => centre.smsc.sessions.length === 1, 'the session');
    const next = changed(changed(flow, 'in', { name: 'new' }), 'slow', { name: 'after' });
    const closed = closes('slow');
    let letClose = (): void => undefined;
    closing.until = new Promise((resolve) => (letClose = resolve));
    const deployed = deploy(next, 'nodes');
    await closed;
    let isAnswered = false;
    const answered = centre.smsc.deliver({
      source_addr: '447700900123',
      destination_addr: '70123',
      text: 'Hi',
    });
    void answered.then(() => (isAnswered = true));
    await pass();
    assert.equal(isAnswered, false);
    letClose();
    await deployed;
    const result = new Inbox('result');
    assert.equal((await result.next()).payload, 'Hi');
    assert.equal((await answered)[0]?.command_status, 0);
    assert.deepEqual(logged('WARN', centre.id), []);
  });

  it('lets the next instance of an smpp-out tell of what the last one took', async () => {
    const flow = centre.flow([centre.out(), { id: 'elsewhere', type: 'helper' }], { autoConnect: false });
    await load(flow);
    receive(text('a'));
    await queued(1);
    await deploy(changed(flow, 'out', { name: 'new', wires: [['elsewhere']] }), 'nodes');
    const elsewhere = new Inbox('elsewhere');
    receive({ action: 'connect' });
    const msg = await elsewhere.next();
    assert.deepEqual([msg.payload, smppOf(msg).event], ['a', 'accepted']);
  });

  it('lets the next instances tell of what was answered while they restarted', async () => {
    await centre.smsc.stop();
    const clock = new FakeClock();
    centre = await Centre.start({ rules: [{ type: 'slow', seconds: 0.2 }], clock });
    const nodes = [centre.out(), centre.in({ events: ['response'], wires: [['responses']] })];
    const flow = centre.flow([...nodes, { id: 'responses', type: 'helper' }]);
    await load(flow);
    await until(() => centre.smsc.sessions.length === 1, 'the session');
    const seen: number[] = [];
    centre.smsc.on('pdu', ({ octets }) => seen.push(octets.readUInt32BE(4)));
    receive({ ...text('a'), _msgid: 'm1' });
    await until(() => seen.includes(SUBMIT_SM), 'the message');
    const closed = closes('out');
    const deployed = deploy(flow, 'full');
    await closed;
    // Not waited for: the flow may run again before it ends.
    const answered = clock.advance(250);
    await deployed;
    const [result, responses] = [new Inbox('result'), new Inbox('responses')];
    const accepted = await result.next();
    assert.deepEqual([accepted._msgid, smppOf(accepted).event], ['m1', 'accepted']);
    const response = await responses.next();
    assert.deepEqual([response._msgid, response.payload], ['m1', 'ESME_ROK']);
    await answered;
  });

  it('loses nothing in the middle of traffic', async () => {
    await centre.smsc.stop();
    centre = await Centre.start({ rules: [{ type: 'slow', seconds: 0.02 }] });
    const flow = centre.flow([centre.out({ completeWhen: 'queued', wires: [[]] })], { windowSize: 5 });
    await load(flow, credentials(naz));
    const taken: string[] = [];
    centre.smsc.on('submit', ({ text: said }) => taken.push(said ?? ''));
    const texts = Array.from({ length: 60 }, (_, index) => `message ${index}`);
    receive(text(texts));
    for (const type of ['full', 'full', 'nodes'] as const) {
      await pass(60);
      await deploy(
        changed(flow, centre.id, { windowSize: type === 'nodes' ? 6 : 5 }),
        type,
        credentials(naz),
      );
    }
    await until(() => new Set(taken).size === texts.length, 'all messages');
    assert.deepEqual(taken, texts);
    assert.deepEqual(logged('ERROR'), []);
  });
});

function changed(flow: readonly FlowNode[], id: string, change: object): FlowNode[] {
  return flow.map((node) => (node.id === id ? { ...node, ...change } : node));
}
