import assert from 'node:assert/strict';
import { Smsc } from '../../src/simulator';
import { connection, sendingFlow } from '../support/flows';
import { forEachNodeRed, sharedRuntime, type ProbedMessage } from '../support/runtime';
import { needs } from '../support/skip';
import { Tshark } from '../support/tshark';

const NUMBER = '447700900123';
const action = (msg: ProbedMessage): unknown => msg.smpp?.action;

forEachNodeRed('a flow that records what goes over the wire', (kind) => {
  const runtime = sharedRuntime(kind);
  let tshark: string;
  let smsc: Smsc;

  before(function () {
    tshark = needs(this, 'tshark');
  });

  beforeEach(async () => {
    smsc = new Smsc({ receiptDelay: 0.05 });
    await smsc.start();
  });

  afterEach(async () => {
    await runtime().deploy([]);
    await smsc.stop();
  });

  it('gets a capture as octets, which tshark dissects', async () => {
    const from = runtime().told.length;
    await runtime().deploy(sendingFlow(connection(smsc.port)));
    await runtime().waitForStatus('out', /^bound/);
    const record = (payload: unknown): void => runtime().send('entry', { action: 'record', payload });
    record('start');
    record('status');
    await runtime().message('outcome', (msg) => action(msg) === 'status', { from });
    runtime().send('entry', { payload: 'Hello', topic: NUMBER });
    await runtime().message('heard', (msg) => msg.smpp?.event === 'receipt', { from });
    record({ action: 'export', format: 'pcap' });
    const masked = await runtime().message('outcome', (msg) => action(msg) === 'export', { from });
    assert.equal(masked.smpp?.event, 'recorder');
    const read = new Tshark(tshark, Buffer.from((masked.payload as { data: number[] }).data));
    try {
      assert.deepEqual(read.complaints(), []);
      const submits = read.rows('smpp.command_id == 4', 'smpp.destination_addr');
      assert.deepEqual(submits, [['*'.repeat(NUMBER.length)]]);
      assert.ok(read.rows('smpp.command_id == 5', 'frame.number').length === 1);
    } finally {
      read.remove();
    }
  });

  it('gets text and data, and hears what is wrong with an order', async () => {
    const from = runtime().told.length;
    await runtime().deploy(sendingFlow(connection(smsc.port, { recorderSize: 64 })));
    await runtime().waitForStatus('out', /^bound/);
    runtime().send('entry', { action: 'record', payload: { action: 'export', format: 'text' } });
    const { payload: text } = await runtime().message('outcome', (msg) => action(msg) === 'export', { from });
    assert.match(String(text), /bind_transceiver, sequence_number 1/);
    assert.doesNotMatch(String(text), /secret/);
    const then = runtime().told.length;
    runtime().send('entry', { action: 'record', payload: { action: 'export' } });
    const { payload: data } = await runtime().message('outcome', (msg) => action(msg) === 'export', {
      from: then,
    });
    const [bind] = data as { direction: string; octets: string; explanation: { command: string } }[];
    assert.deepEqual([bind?.direction, bind?.explanation.command], ['out', 'bind_transceiver']);
    runtime().send('entry', { action: 'record', payload: { action: 'export', format: 'pdf' } });
    const failed = await runtime().waitFor('the failure', (told) => told.kind === 'failed', { from: then });
    assert.ok(failed.kind === 'failed' && failed.code === 'INVALID_FIELD');
  });
});
