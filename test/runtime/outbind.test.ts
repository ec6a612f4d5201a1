import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { node, tab } from '../support/flows';
import { freePorts } from '../support/servers';
import { forEachNodeRed, sharedRuntime, type DeployType, type FlowNode } from '../support/runtime';

/** A simulator that is told to call, and a connection that it calls. */
function callingFlow(smscPort: number, outbindPort: number, properties: object = {}): FlowNode[] {
  const config: FlowNode = {
    ...{ id: 'smsc', type: 'smpp-config', name: 'Ears', queue: 'memory', port: smscPort },
    ...{ bindType: 'receiver', outbindPort, reconnectMin: 0.1, reconnectMax: 0.3 },
    credentials: { systemId: 'test', password: 'secret', outbindSystemId: 'centre', outbindPassword: 'Pa55' },
    ...properties,
  };
  return [
    tab,
    config,
    node('probe', 'phone', {}, ['simulator']),
    node('smpp-simulator', 'simulator', { port: smscPort }),
    node('smpp-in', 'in', { connection: 'smsc', events: ['message', 'session', 'alert'] }, ['heard']),
    node('probe', 'heard'),
  ];
}

forEachNodeRed('a flow that the SMSC calls', (kind) => {
  const runtime = sharedRuntime(kind);
  let port: number;
  let outbindPort: number;

  beforeEach(async () => {
    [port = 0, outbindPort = 0] = await freePorts(2);
  });
  afterEach(() => runtime().deploy([]));

  async function call(from: number, text: string): Promise<void> {
    const payload = { port: outbindPort, system_id: 'centre', password: 'Pa55' };
    runtime().send('phone', { action: 'outbind', payload });
    await runtime().waitForStatus('in', /^bound/);
    runtime().send('phone', { payload: text, topic: '70123' });
    await runtime().message('heard', (msg) => msg.payload === text, { from });
  }

  for (const type of ['full', 'nodes', 'reload'] as const satisfies readonly DeployType[])
    it(`is called again after a deploy of type ${type}, over the same port`, async () => {
      const from = runtime().told.length;
      const flow = callingFlow(port, outbindPort);
      await runtime().deploy(flow);
      await runtime().waitForStatus('in', /^listening/);
      await call(from, 'before');
      const changed = flow.map((one) => (one.id === 'smsc' ? { ...one, windowSize: 5 } : one));
      await runtime().deploy(type === 'nodes' ? changed : flow, type);
      await runtime().waitForStatus('in', /^listening/);
      await call(from, 'after');
      const sessions = runtime()
        .messages('heard', from)
        .filter(({ smpp }) => smpp?.event === 'session');
      assert.ok(sessions.every(({ smpp }) => smpp?.outbind === true && smpp.code === undefined));
      assert.doesNotMatch(JSON.stringify(runtime().told.slice(from)), /secret|Pa55"/);
    });

  it('closes a stranger and frees the port when it is deployed away', async () => {
    const from = runtime().told.length;
    await runtime().deploy(callingFlow(port, outbindPort));
    await runtime().waitForStatus('in', /^listening/);
    const closed = (): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(outbindPort, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
        socket.on('error', ({ message }) => resolve(message)).on('data', () => resolve('data'));
        socket.on('close', () => resolve('closed'));
      });
    assert.equal(await closed(), 'closed');
    await call(from, 'it');
    runtime().send('phone', { payload: { command: 'alert_notification', source_addr: '447700900123' } });
    const { topic, smpp } = await runtime().message('heard', (msg) => msg.smpp?.event === 'alert', { from });
    assert.deepEqual([topic, smpp?.command], ['447700900123', 'alert_notification']);
    await runtime().deploy([]);
    assert.match(await closed(), /ECONNREFUSED/);
  });

  it('without a password on an address that others reach is a configuration error', async () => {
    const { credentials: _credentials, ...open } = callingFlow(port, outbindPort)[1] as FlowNode;
    const nodes = callingFlow(port, outbindPort).filter(({ id }) => id !== 'smsc');
    await runtime().deploy([...nodes, { ...open, outbindHost: '0.0.0.0' }]);
    await runtime().waitForStatus('in', /^configuration error/);
  });
});
