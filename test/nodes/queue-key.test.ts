import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeMessage } from 'node-red';
import { Inbox, deploy, helper, load, logged, until, useHelper } from './support/helper';
import { Centre } from './support/smsc';

type Facts = Record<string, unknown>;
const KEY = 'a passphrase of the operator';

describe('a connection with an encryption key', () => {
  useHelper();
  let centre: Centre;
  let queueDirectory: string;
  beforeEach(async () => {
    centre = await Centre.start();
    queueDirectory = await mkdtemp(join(tmpdir(), 'smpp-key-'));
  });
  afterEach(async () => {
    await helper.clearFlows();
    await centre.smsc.stop();
    delete process.env.SMPP_TEST_KEY;
    await rm(queueDirectory, { recursive: true, force: true });
  });

  const flow = () =>
    centre.flow([centre.out({ wires: [['result']], completeWhen: 'queued' })], {
      autoConnect: false,
      queue: 'disk',
      queueDirectory,
      clientId: 'sealed',
    });
  const credentials = (values: object = {}): object => ({
    [centre.id]: { systemId: 'naz', password: 'secret', ...values },
  });
  const receive = (msg: NodeMessage): void => helper.getNode('out').receive(msg);
  const file = (): Promise<Buffer> => readFile(join(queueDirectory, 'sealed', 'data.mdb'));

  async function act(msg: NodeMessage): Promise<NodeMessage> {
    const result = new Inbox('result');
    receive(msg);
    return result.next();
  }

  it('has no text and no number in its files, and sends what it has after a deploy', async () => {
    process.env.SMPP_TEST_KEY = KEY;
    const key = credentials({ queueKey: '${SMPP_TEST_KEY}' });
    await load(flow(), key);
    await act({ payload: 'code 4711', topic: '447700900123' });
    const octets = await file();
    assert.ok(!octets.includes('code 4711') && !octets.includes('447700900123'));
    const taken: unknown[] = [];
    centre.smsc.on('submit', ({ text }) => taken.push(text));
    await deploy(flow(), 'full', key);
    receive({ action: 'connect' });
    await until(() => taken.length === 1, 'the message');
    assert.deepEqual(taken, ['code 4711']);
  });

  it('is refused its queue without it, by the id of the key', async () => {
    await load(flow(), credentials({ queueKey: KEY }));
    await act({ payload: 'code 4711', topic: '447700900123' });
    await deploy(flow(), 'full', credentials());
    receive({ action: 'connect' });
    await until(() => logged('ERROR', 'out').length > 0, 'the refusal');
    assert.match(logged('ERROR', 'out')[0] ?? '', /encrypted with key id [0-9a-f]{8}.*queueKey/);
  });

  it('is wrong where the variable for it is empty, or it is too weak, and does not show it', async () => {
    process.env.SMPP_TEST_KEY = '';
    await load(flow(), credentials({ queueKey: '${SMPP_TEST_KEY}' }));
    assert.match(logged('ERROR', centre.id)[0] ?? '', /queueKey: .*variable.*is empty/);
    await deploy(flow(), 'full', credentials({ queueKey: 'tooweak' }));
    await until(() => logged('ERROR', centre.id).length > 1, 'the refusal');
    const told = logged('ERROR', centre.id)[1] ?? '';
    assert.match(told, /queueKey: has 7 characters/);
    assert.doesNotMatch(told, /tooweak/);
  });

  it('leaves no copy of what was purged once it is compacted, also without a key', async () => {
    await load(flow(), credentials());
    await act({ payload: 'code 4711', topic: '447700900123' });
    receive({ action: 'purge' });
    for (let left: unknown = 1; left !== 0;)
      left = ((await act({ action: 'status' })).payload as Facts).queued;
    assert.ok((await file()).includes('code 4711'), 'it is there before');
    const { octets_before, octets_after, milliseconds, aside, event } = (await act({ action: 'compact' }))
      .smpp as Facts;
    assert.deepEqual([event, aside], ['compacted', []]);
    assert.ok(Number(octets_before) > 0 && Number(octets_after) > 0 && Number(milliseconds) >= 0);
    assert.ok(!(await file()).includes('code 4711'));
  });

  it('says that a queue in memory has nothing to compact', async () => {
    await load(centre.flow([centre.out()], { autoConnect: false }), credentials());
    receive({ action: 'compact' });
    await until(() => logged('ERROR', 'out').length > 0, 'the refusal');
    assert.match(logged('ERROR', 'out')[0] ?? '', /no file that could be compacted/);
  });
});
