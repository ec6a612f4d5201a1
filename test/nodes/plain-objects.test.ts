import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { NodeAPI, NodeMessage } from 'node-red';
import { Inbox, freePort, helper, load, logged, until, useHelper, type FlowNode } from './support/helper';
import { Centre } from './support/smsc';

type Facts = Record<string, unknown>;

const required = createRequire(__filename);
const core = (path: string): ((RED: NodeAPI) => void) => required(`@node-red/nodes/core/${path}.js`) as never;
const CORE = [
  core('function/10-function'),
  core('function/10-switch'),
  core('function/15-change'),
  core('sequence/17-split'),
];

/** What people do with an object in a flow, each on a wire of its own. */
function users(source: string): FlowNode[] {
  const set = (p: string, pt: string, to: string, tot: string) => ({ t: 'set', p, pt, to, tot });
  return [
    {
      id: 'switch',
      type: 'switch',
      property: `${source}.tlvs`,
      propertyType: 'msg',
      rules: [{ t: 'hask', v: 'source_port', vt: 'str' }],
      wires: [['switched']],
    },
    {
      id: 'move',
      type: 'change',
      rules: [set('payload', 'msg', `${source}.tlvs`, 'msg')],
      wires: [['split']],
    },
    {
      id: 'split',
      type: 'split',
      splt: '\\n',
      spltType: 'str',
      arraySplt: 1,
      arraySpltType: 'len',
      wires: [['divided']],
    },
    {
      id: 'function',
      type: 'function',
      outputs: 1,
      func: `msg.payload = 'tlvs: ' + msg.${source}.tlvs + \`\${msg.${source}}\`; return msg;`,
      wires: [['joined']],
    },
    {
      id: 'jsonata',
      type: 'change',
      rules: [set('payload', 'msg', `$string(${source}.tlvs) & $join($keys(${source}.tlvs))`, 'jsonata')],
      wires: [['evaluated']],
    },
    ...['switched', 'divided', 'joined', 'evaluated', 'first', 'second'].map((id) => ({
      id,
      type: 'helper',
    })),
  ];
}
const WIRES = ['first', 'switch', 'move', 'function', 'jsonata', 'second'];

describe('Core nodes, on the first wire as on the others, get on with', () => {
  useHelper();
  let centre: Centre;
  beforeEach(async () => (centre = await Centre.start()));
  afterEach(() => centre.smsc.stop());

  /** All of it has arrived, on each wire. */
  async function works(at: Record<string, Inbox>): Promise<void> {
    const next = async (id: string): Promise<NodeMessage> => (at[id] as Inbox).next();
    assert.ok(await next('switched'));
    assert.equal((await next('divided')).payload, 7);
    assert.equal((await next('joined')).payload, 'tlvs: [object Object][object Object]');
    assert.equal((await next('evaluated')).payload, '{"source_port":7}source_port');
    assert.deepEqual(await next('first'), await next('second'));
    assert.deepEqual(logged('ERROR'), []);
  }
  const inboxes = (): Record<string, Inbox> =>
    Object.fromEntries(
      ['switched', 'divided', 'joined', 'evaluated', 'first', 'second'].map((id) => [id, new Inbox(id)]),
    );

  for (const first of WIRES.slice(0, 5)) {
    const wires = [[first, ...WIRES.filter((one) => one !== first)]];

    it(`a message that came in (${first} first)`, async () => {
      await load(centre.flow([centre.in({ wires }), ...users('smpp')]), {}, CORE);
      const at = inboxes();
      await until(() => centre.smsc.sessions.length > 0);
      await centre.smsc.deliver({
        source_addr: '447700900123',
        destination_addr: '70123',
        text: 'Hi',
        tlvs: { source_port: 7 },
      });
      await works(at);
    });
  }

  it('a request, its payload, and what the simulator took', async () => {
    const port = await freePort();
    const simulator = { id: 'simulator', type: 'smpp-simulator', port, wires: [WIRES] };
    const taker = centre.in({ events: 'request', wires: [WIRES] });
    for (const [source, node, config] of [
      ['smpp', taker, {}],
      ['payload', taker, {}],
      ['smpp', simulator, { port }],
    ] as const) {
      await load(centre.flow([centre.out({ wires: [[]] }), node, ...users(source)], config), {}, CORE);
      const at = inboxes();
      helper.getNode('out').receive({ payload: 'x', topic: '447700900123', smpp: { source_port: 7 } });
      await works(at);
      await helper.unload();
    }
  });

  it('metadata with a property called __proto__, which stays one', async () => {
    await load(
      centre.flow([
        centre.out({ wires: [['sent']] }),
        { id: 'sent', type: 'helper' },
        centre.in({ events: 'response' }),
      ]),
    );
    const [told, sent] = [new Inbox('result'), new Inbox('sent')];
    const metadata = JSON.parse('{"__proto__": {"polluted": true}, "order": 7}') as Facts;
    helper.getNode('out').receive({ payload: 'x', topic: '447700900123', smpp: { metadata } });
    const { smpp } = await told.next();
    assert.equal(JSON.stringify((smpp as Facts).metadata), '{"__proto__":{"polluted":true},"order":7}');
    // Where core clones a message it leaves the name out.
    assert.equal(((await sent.next()).smpp as { metadata: Facts }).metadata.polluted, undefined);
    assert.equal(({} as Facts).polluted, undefined);
  });
});
