import assert from 'node:assert/strict';
import { Smsc } from '../../src/simulator';
import { connection, sendingFlow } from '../support/flows';
import { forEachNodeRed, sharedRuntime, type ProbedMessage } from '../support/runtime';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

forEachNodeRed('a flow that sees every PDU', (kind) => {
  const runtime = sharedRuntime(kind);
  let smsc: Smsc;

  beforeEach(async () => {
    smsc = new Smsc({ receiptDelay: 0.05 });
    await smsc.start();
  });

  afterEach(async () => {
    await runtime().deploy([]);
    await smsc.stop();
  });

  it('hears of binds and of answers to what came in, without the password', async () => {
    const from = runtime().told.length;
    const secret = { credentials: { systemId: 'test', password: 'Pa55w0rd' } };
    await runtime().deploy(
      sendingFlow(connection(smsc.port, secret), { in: { events: ['link', 'message'], rawPdu: true } }),
    );
    await runtime().waitForStatus('in', /^bound/);
    await smsc.deliver({ source_addr: '447700900123', destination_addr: '70123', text: 'Hi' });
    const command = (msg: ProbedMessage): unknown => msg.smpp?.command;
    const answer = await runtime().message('heard', (msg) => command(msg) === 'deliver_sm_resp', { from });
    const { event, direction, session, bind_type } = answer.smpp ?? {};
    assert.deepEqual(
      { event, direction, session, bind_type },
      { event: 'link', direction: 'out', session: 1, bind_type: 'transceiver' },
    );
    const heard = runtime().messages('heard', from);
    assert.deepEqual(heard.map(command), [
      'bind_transceiver',
      'bind_transceiver_resp',
      'deliver_sm',
      'deliver_sm_resp',
    ]);
    const octets = Buffer.concat(
      heard.map(({ smpp }) => Buffer.from((smpp?.pdu as { data: number[] }).data)),
    );
    assert.ok(octets.includes('test') && !octets.includes('Pa55w0rd'));
    assert.doesNotMatch(JSON.stringify(heard), /Pa55w0rd/);
  });

  it('gives the trace context of a message back in its outcome and its receipt', async () => {
    const from = runtime().told.length;
    await runtime().deploy(sendingFlow(connection(smsc.port)));
    runtime().send('entry', { _msgid: 'm1', payload: 'Hello', topic: '447700900123', traceparent });
    const outcome = await runtime().message('outcome', undefined, { from });
    const receipt = await runtime().message('heard', undefined, { from });
    for (const msg of [outcome, receipt])
      assert.deepEqual([msg.traceparent, msg.smpp?.traceparent], [traceparent, traceparent]);
  });
});
