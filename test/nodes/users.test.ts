import assert from 'node:assert/strict';
import { pass } from '../support/until';
import { Inbox, deploy, helper, load, logged, until, useHelper, type FlowNode } from './support/helper';
import { Centre } from './support/smsc';

const phone = { source_addr: '447700900123', destination_addr: '70123', text: 'Hi' };
const LONG = 'long '.repeat(60);

describe('who uses a connection', () => {
  useHelper();
  let centre: Centre;
  beforeEach(async () => void (centre = await Centre.start()));
  afterEach(async () => {
    await helper.clearFlows();
    await centre.smsc.stop();
  });

  const bound = (): Promise<void> => until(() => centre.smsc.sessions.length === 1, 'the session');
  const unbound = (): Promise<void> => until(() => centre.smsc.sessions.length === 0, 'no session');
  const disabled = (node: FlowNode): FlowNode => ({ ...node, d: true });
  const LATER = 0x64;

  async function answers(text = 'Hi'): Promise<number[]> {
    const responses = await centre.smsc.deliver({ ...phone, text });
    return responses.map(({ command_status }) => command_status);
  }

  it('is nobody while all its nodes are disabled: it stays away, and says so', async () => {
    await load(centre.flow([disabled(centre.out()), disabled(centre.in())]));
    await until(() => logged('INFO', centre.id).length === 1, 'the line');
    assert.match(logged('INFO', centre.id).join(), /no enabled smpp-out or smpp-in uses this connection/);
    await pass(30);
    assert.equal(centre.smsc.sessions.length, 0);
  });

  for (const kind of ['nodes', 'flows', 'full'] as const)
    it(`comes and goes with deploys of type ${kind}`, async () => {
      const out = centre.out();
      await load(centre.flow([disabled(out)]));
      await deploy(centre.flow([out]), kind);
      await bound();
      await deploy(centre.flow([disabled(out)]), kind);
      await unbound();
      await deploy(centre.flow([centre.in()]), kind);
      await bound();
    });

  it('does not come up again where it was taken down by hand', async () => {
    const out = centre.out();
    await load(centre.flow([out]));
    await bound();
    helper.getNode('out').receive({ action: 'disconnect' });
    await unbound();
    await deploy(centre.flow([disabled(out)]), 'nodes');
    await deploy(centre.flow([out]), 'nodes');
    await pass(30);
    assert.equal(centre.smsc.sessions.length, 0);
  });

  it('keeps what is queued while it stays away', async () => {
    const out = centre.out();
    await load(centre.flow([out], { autoConnect: false }));
    helper.getNode('out').receive({ payload: 'a', topic: '447700900123' });
    await deploy(centre.flow([disabled(out)], { autoConnect: false }), 'nodes');
    await deploy(centre.flow([out], { autoConnect: false }), 'nodes');
    const taken: unknown[] = [];
    centre.smsc.on('submit', ({ text }) => taken.push(text));
    helper.getNode('out').receive({ action: 'connect' });
    await until(() => taken.length === 1, 'the message');
  });

  describe('and who takes its messages', () => {
    it('is nobody: they are accepted with one warning, or kept by the SMSC, as it says', async () => {
      await load(centre.flow([centre.in({ events: ['receipt'] })]));
      await bound();
      assert.deepEqual([await answers(), await answers(LONG)], [[0], [0, 0]]);
      assert.equal(logged('WARN', centre.id).length, 1);
      await deploy(centre.flow([centre.in({ events: ['receipt'] })], { whenNobodyListens: 'later' }), 'full');
      await bound();
      assert.deepEqual([await answers(), await answers(LONG)], [[LATER], [LATER, LATER]]);
      assert.match(logged('WARN', centre.id).at(-1) ?? '', /no smpp-in.*ESME_RX_T_APPN.*add an smpp-in/);
    });

    it('takes receipts in any case', async () => {
      await load(centre.flow([centre.out()], { whenNobodyListens: 'later' }));
      await bound();
      const receipts: number[] = [];
      centre.smsc.on('pdu', ({ octets }) => {
        if (octets.readUInt32BE(4) === 0x80000005) receipts.push(octets.readUInt32BE(8));
      });
      helper.getNode('out').receive({ payload: 'x', topic: '447700900123' });
      await until(() => receipts.length === 1, 'the answer');
      assert.deepEqual(receipts, [0]);
    });

    const wanted: Record<string, (node: FlowNode) => FlowNode[]> = {
      'is disabled': (node) => [disabled(node)],
      'lies in a flow that is disabled': (node) => [
        { id: 'off', type: 'tab', disabled: true },
        { ...node, z: 'off' },
      ],
      'lies in a subflow whose only instance is disabled': (node) => [
        { id: 'sub', type: 'subflow', in: [], out: [] },
        { ...node, z: 'sub' },
        disabled({ id: 'instance', type: 'subflow:sub' }),
      ],
      'is disabled in a subflow and names the connection by a variable of it': (node) => [
        {
          id: 'sub',
          type: 'subflow',
          in: [],
          out: [],
          env: [{ name: 'SMSC', type: 'conf-type', value: '' }],
        },
        { ...disabled(node), connection: '${SMSC}', events: '${SMPP_EVENTS}', z: 'sub' },
        {
          id: 'instance',
          type: 'subflow:sub',
          env: [
            { name: 'SMSC', type: 'conf-type', value: node.connection },
            { name: 'SMPP_EVENTS', type: 'str', value: 'message' },
          ],
        },
      ],
      'is wrongly configured': (node) => [{ ...node, events: ['message', 'news'] }],
    };
    for (const [how, nodes] of Object.entries(wanted))
      it(`is an smpp-in that ${how}: the SMSC keeps them until it is back`, async () => {
        const node = centre.in();
        await load(centre.flow([centre.out(), ...nodes(node)]));
        await bound();
        assert.deepEqual([await answers(), await answers(LONG)], [[LATER], [LATER, LATER]]);
        assert.match(logged('WARN', centre.id).join(), /disabled or wrongly configured: .*ESME_RX_T_APPN/);
        await deploy(centre.flow([centre.out(), node]), 'full');
        await bound();
        const result = new Inbox('result');
        assert.deepEqual(await answers(LONG), [0, 0]);
        assert.equal((await result.next()).payload, LONG);
      });

    it('is nobody where the smpp-in lies in a subflow that is not used', async () => {
      const template = [
        { id: 'sub', type: 'subflow', in: [], out: [] },
        { ...centre.in(), z: 'sub' },
      ];
      await load(centre.flow([centre.out(), ...template]));
      await bound();
      assert.deepEqual(await answers(), [0]);
    });
  });

  describe('and another one with its account', () => {
    const naz = { systemId: 'naz', password: '' };
    const second = (change: object = {}): FlowNode => ({
      ...centre.config(),
      id: 'second',
      name: 'B',
      ...change,
    });
    const shared = (id: string): string[] =>
      logged('WARN', id).filter((line) => line.includes('use one account'));

    async function loadBoth(change: object, credentials: object = naz): Promise<void> {
      const nodes = [centre.out(), centre.out({ id: 'out2', connection: 'second' })];
      await load(
        [...centre.flow(nodes, { name: 'A', autoConnect: false }), second({ autoConnect: false, ...change })],
        {
          [centre.id]: naz,
          second: credentials,
        },
      );
      await pass();
    }

    it('is told in the log of both, with both names', async () => {
      await loadBoth({ host: 'localhost' });
      for (const id of [centre.id, 'second']) {
        assert.equal(shared(id).length, 1);
        for (const name of ['"A"', '"B"', 'naz at localhost']) assert.ok(shared(id)[0]?.includes(name));
      }
    });

    it('is found among the hosts to fail over to, and the receivers', async () => {
      const failover = [{ host: '127.0.0.1', port: centre.smsc.port }];
      await loadBoth({ host: 'elsewhere.example', failover });
      assert.equal(shared('second').length, 1);
    });

    it('is none with another system ID, another port, or nobody who uses it', async () => {
      await loadBoth({}, { systemId: 'Naz', password: '' });
      assert.deepEqual(shared('second'), []);
      await helper.unload();
      await loadBoth({ port: centre.smsc.port - 1 });
      assert.deepEqual(shared(centre.id), []);
      await helper.unload();
      await load([...centre.flow([centre.out()], { autoConnect: false }), second()]);
      await pass();
      assert.deepEqual(shared(centre.id), []);
    });
  });
});
