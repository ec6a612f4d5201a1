import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Smsc, type SmscOptions } from '../../src/simulator';
import { connection, sendingFlow } from '../support/flows';
import { forEachNodeRed, Runtime } from '../support/runtime';
import { until } from '../support/until';

/** Node-RED starts the next instance beside a node that takes longer; 15 s unless its settings say otherwise. */
const closeLimits = { 'Node-RED 4': 15_000, 'Node-RED 5': 6000 };

/** For what ends at once: a close that waits for something takes as long as this, on no machine an end does. */
const PATIENT = { nodeCloseTimeout: 60_000, drainTimeout: 50, within: 30_000 };

forEachNodeRed('closing', (kind) => {
  let runtime: Runtime;
  const cleanUp: (() => unknown)[] = [];

  async function start(nodeCloseTimeout: number): Promise<void> {
    runtime = await Runtime.start(kind(), { settings: { nodeCloseTimeout } });
  }

  afterEach(async () => {
    await (runtime as Runtime | undefined)?.kill();
    for (const clean of cleanUp.splice(0)) await clean();
  });

  async function startSmsc(options: SmscOptions = {}): Promise<Smsc> {
    const smsc = new Smsc(options);
    cleanUp.push(() => smsc.stop());
    await smsc.start();
    return smsc;
  }

  /** A centre that does only what `serve` does. Resolves with its port. */
  async function listen(serve: (socket: Socket) => void): Promise<number> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      serve(socket);
    });
    cleanUp.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  it('unbinds and ends at once where nothing is on its way', async () => {
    const smsc = await startSmsc();
    let unbound = false;
    smsc.on('unbind', () => (unbound = true));
    await start(PATIENT.nodeCloseTimeout);
    await runtime.deploy(sendingFlow(connection(smsc.port, { drainTimeout: PATIENT.drainTimeout })));
    await runtime.waitForStatus('out', /^bound/);
    const took = await runtime.stop();
    assert.ok(unbound, 'the link was dropped without an unbind');
    assert.ok(took < PATIENT.within, `${took} ms`);
    assert.equal(runtime.exitCode, 0);
  });

  it('waits for the answers to what is on its way', async () => {
    const smsc = await startSmsc({ rules: [{ type: 'slow', seconds: 1 }] });
    const limit = closeLimits[kind().name];
    await start(limit);
    let came = 0;
    let answered = 0;
    smsc.on('pdu', ({ direction, octets }) => {
      const command = octets.readUInt32BE(4);
      if (direction === 'in' && command === 4) came++;
      if (direction === 'out' && command === 0x80000004) answered++;
    });
    await runtime.deploy(sendingFlow(connection(smsc.port)));
    await runtime.waitForStatus('out', /^bound/);
    runtime.send('entry', { payload: 'Hello', topic: '447700900123' });
    await until(() => came > 0, 'the message');
    const took = await runtime.stop();
    assert.equal(answered, 1);
    assert.ok(took < limit, `${took} ms`);
  });

  it('ends in time where the centre answers neither submit nor unbind', async () => {
    const limit = closeLimits[kind().name];
    await start(limit);
    let submitted = false;
    const port = await listen((socket) => {
      socket.on('data', (pdu) => {
        if (pdu.readUInt32BE(4) === 4) submitted = true;
        if (pdu.readUInt32BE(4) !== 9) return;
        // A bind_transceiver_resp with ESME_ROK and system_id "dead"; then silence for ever.
        const response = Buffer.from('00000015800000090000000000000000' + '6465616400', 'hex');
        pdu.copy(response, 12, 12, 16);
        socket.write(response);
      });
    });
    await runtime.deploy(sendingFlow(connection(port)));
    await runtime.waitForStatus('out', /^bound/);
    runtime.send('entry', { payload: 'Hello', topic: '447700900123' });
    await until(() => submitted, 'the message');
    const took = await runtime.stop();
    assert.equal(runtime.exitCode, 0);
    assert.ok(took < limit, `${took} ms`);
    assert.doesNotMatch(runtime.output, /Error stopping node|did not close cleanly/);
  });

  it('ends in time where there is nobody to connect to', async () => {
    const smsc = await startSmsc();
    const { port } = smsc;
    await smsc.stop();
    await start(PATIENT.nodeCloseTimeout);
    await runtime.deploy(sendingFlow(connection(port, { drainTimeout: PATIENT.drainTimeout })));
    await runtime.waitForStatus('out', /connecting|disconnected/);
    const took = await runtime.stop();
    assert.ok(took < PATIENT.within, `${took} ms`);
  });
});
