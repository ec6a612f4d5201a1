import assert from 'node:assert/strict';
import { Smsc } from '../../src/simulator';
import { connection, node, tab } from '../support/flows';
import { until } from '../support/until';
import { forEachNodeRed, sharedRuntime, type FlowNode } from '../support/runtime';

const MENU = `
  if (msg.smpp.event === 'ussd') return null;
  msg.payload = msg.smpp.session === 'new' ? 'Yes?' : 'You said ' + msg.payload;
  if (msg.payload === 'You said bye') msg.smpp.session = 'close';
  return msg;`;

forEachNodeRed('a USSD menu in a flow', (kind) => {
  const runtime = sharedRuntime(kind);
  let smsc: Smsc;

  beforeEach(async () => {
    smsc = new Smsc({ port: 0 });
    await smsc.start();
  });
  afterEach(async () => {
    await runtime().deploy([]);
    await smsc.stop();
  });

  const flow = (name = 'menu'): FlowNode[] => [
    tab,
    connection(smsc.port),
    node('smpp-in', 'in', { connection: 'smsc', events: ['message', 'ussd'] }, ['menu', 'heard']),
    node('probe', 'heard'),
    node('function', 'menu', { name, func: MENU, outputs: 1 }, ['out']),
    node('smpp-out', 'out', { connection: 'smsc' }, ['outcome']),
    node('probe', 'outcome'),
  ];

  it('goes on by a reply, ends by msg.smpp.session "close", and tells where the phone hangs up', async () => {
    const from = runtime().told.length;
    await runtime().deploy(flow());
    await runtime().waitForStatus('out', /^bound/);
    const screen = await smsc.ussd('447700900123', '*100#');
    assert.equal(screen.text, 'Yes?');
    const next = await screen.answer('1');
    assert.deepEqual([next.text, next.session], ['You said 1', 'continue']);
    const last = await next.answer('bye');
    assert.deepEqual([last.text, last.session], ['You said bye', 'close']);
    const heard = await runtime().message('heard', undefined, { from });
    const shown = await runtime().message('outcome', undefined, { from });
    assert.equal(heard.smpp?.session, 'new');
    assert.equal(shown.smpp?.session_id, heard.smpp.session_id);
    const other = await smsc.ussd('447700900124', '*100#');
    const before = runtime().told.length;
    await other.hangUp();
    const ended = await runtime().message('heard', undefined, { from: before });
    assert.deepEqual(
      [ended.payload, ended.topic, ended.smpp?.event, ended.smpp?.session],
      ['abort', '447700900124', 'ussd', 'abort'],
    );
  });

  it('goes on over a deploy in the middle of it', async () => {
    const from = runtime().told.length;
    await runtime().deploy(flow());
    await runtime().waitForStatus('out', /^bound/);
    const screen = await smsc.ussd('447700900125', '*100#');
    const first = await runtime().message('heard', undefined, { from });
    const [old] = smsc.sessions;
    await runtime().deploy(flow('another name'));
    await until(() => smsc.sessions.some(({ id }) => id !== old?.id), 'the next session');
    const before = runtime().told.length;
    const next = await screen.answer('1');
    assert.equal(next.text, 'You said 1');
    const second = await runtime().message('heard', undefined, { from: before });
    assert.equal(second.smpp?.session, 'continue');
    assert.equal(second.smpp.session_id, first.smpp?.session_id);
  });

  it('fails a reply to a dialogue that is over, with its code', async () => {
    await runtime().deploy([
      ...flow(),
      node('catch', 'catch', { scope: ['late'], uncaught: false }, ['caught']),
      node('probe', 'caught'),
      node('probe', 'entry', {}, ['late']),
      node('smpp-out', 'late', { connection: 'smsc' }),
    ]);
    await runtime().waitForStatus('out', /^bound/);
    const from = runtime().told.length;
    runtime().send('entry', { payload: 'x', smpp: { session_id: 'gone' } });
    const { error, smpp } = await runtime().message('caught', undefined, { from });
    assert.equal((error as { code?: string }).code, 'SESSION_OVER');
    assert.equal(smpp?.code, 'SESSION_OVER');
  });
});
