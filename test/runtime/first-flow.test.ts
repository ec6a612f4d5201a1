import assert from 'node:assert/strict';
import { Smsc, type SubmitEvent } from '../../src/simulator';
import { connection, node, sendingFlow } from '../support/flows';
import { forEachNodeRed, sharedRuntime } from '../support/runtime';

forEachNodeRed('a flow that sends and receives', (kind) => {
  const runtime = sharedRuntime(kind);
  let smsc: Smsc;
  let submits: SubmitEvent[];

  beforeEach(async () => {
    submits = [];
    smsc = new Smsc({ receiptDelay: 0.05 });
    smsc.on('submit', (submit) => submits.push(submit));
    await smsc.start();
  });

  afterEach(async () => {
    await runtime().deploy([]);
    await smsc.stop();
  });

  it('sends a text, hands on its acceptance, and then its receipt under the same id', async () => {
    const from = runtime().told.length;
    await runtime().deploy(sendingFlow(connection(smsc.port)));
    runtime().send('entry', { _msgid: 'm1', payload: 'Hello', topic: '447700900123', kept: true });
    const accepted = await runtime().message('outcome', undefined, { from });
    const receipt = await runtime().message('heard', undefined, { from });

    assert.equal(submits[0]?.text, 'Hello');
    assert.equal(submits[0].destination_addr, '447700900123');
    assert.equal(accepted.smpp?.event, 'accepted');
    assert.equal(accepted.smpp.message_id, submits[0].message_id);
    assert.equal(accepted.smpp.command_status, 'ESME_ROK');
    assert.equal(accepted.kept, true);
    assert.equal(receipt.smpp?.event, 'receipt');
    assert.equal(receipt.smpp.id, accepted.smpp.id);
    assert.equal(receipt._msgid, 'm1');
    assert.equal(receipt.topic, '447700900123');
    assert.equal((receipt.payload as { state: string }).state, 'DELIVRD');
    assert.equal(receipt.smpp.final, true);
  });

  it('completes a message when the centre has taken it, and shows that it is bound', async () => {
    const from = runtime().told.length;
    await runtime().deploy(sendingFlow(connection(smsc.port)));
    await runtime().waitForStatus('out', /^bound/);
    assert.deepEqual(await runtime().waitForStatus('in', /^bound/), {
      fill: 'green',
      shape: 'dot',
      text: 'bound',
    });
    runtime().send('entry', { _msgid: 'm2', payload: 'Hello', topic: '447700900123' });
    await runtime().waitFor(
      'completion',
      (told) => told.kind === 'completed' && told.node === 'out' && told._msgid === 'm2',
      { from },
    );
    assert.equal(submits.length, 1);
  });

  it('fails a message that cannot be sent with a code and a field, and sends nothing', async () => {
    const from = runtime().told.length;
    await runtime().deploy(sendingFlow(connection(smsc.port)));
    runtime().send('entry', { payload: 'Hello' });
    const failed = await runtime().waitFor('the failure', (told) => told.kind === 'failed', { from });
    assert.ok(failed.kind === 'failed');
    assert.ok(failed.code);
    assert.equal(failed.msg.smpp?.event, 'failure');
    assert.equal(failed.msg.smpp.code, failed.code);
    assert.equal(failed.msg.smpp.field, 'destination_addr');
    assert.equal(submits.length, 0);
  });

  it('lets a Catch node see the code', async () => {
    const from = runtime().told.length;
    await runtime().deploy([
      ...sendingFlow(connection(smsc.port)),
      node('catch', 'catch', { scope: null, uncaught: false }, ['caught']),
      node('probe', 'caught'),
    ]);
    runtime().send('entry', { payload: 'Hello', topic: 'nobody' });
    const caught = await runtime().message('caught', undefined, { from });
    assert.equal((caught.error as { code: string }).code, caught.smpp?.code);
  });

  it('brings a long message whole, and an incoming one too', async () => {
    const from = runtime().told.length;
    const text = 'Wer reitet so spät durch Nacht und Wind? '.repeat(10);
    await runtime().deploy(sendingFlow(connection(smsc.port)));
    runtime().send('entry', { payload: text, topic: '447700900123' });
    const accepted = await runtime().message('outcome', undefined, { from });
    assert.equal(accepted.smpp?.segments, submits.length);
    assert.equal(submits.at(-1)?.text, text);
    await smsc.deliver({ source_addr: '447700900999', destination_addr: '12345', text });
    const incoming = await runtime().message('heard', ({ smpp }) => smpp?.event === 'message', { from });
    assert.equal(incoming.payload, text);
    assert.equal(incoming.topic, '447700900999');
  });

  it('answers an incoming message by wiring smpp-in to smpp-out', async () => {
    await runtime().deploy([
      ...sendingFlow(connection(smsc.port)),
      node('smpp-in', 'in2', { connection: 'smsc', events: ['message'] }, ['reply']),
      node('function', 'reply', { func: 'msg.payload = "Thank you"; return msg;', outputs: 1 }, ['out']),
    ]);
    await runtime().waitForStatus('out', /^bound/);
    await smsc.deliver({ source_addr: '447700900999', destination_addr: '12345', text: 'Hi' });
    await runtime().until('the reply', () => submits[0]);
    assert.equal(submits[0]?.text, 'Thank you');
    assert.equal(submits[0].destination_addr, '447700900999');
    assert.equal(submits[0].source_addr, '12345');
  });
});
