import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { connect as open, createServer, type AddressInfo, type Socket } from 'node:net';
import { systemClock } from '../../src/clock';
import { TokenBucket } from '../../src/flow-control';
import { openMemoryStore } from '../../src/index';
import { SocketTransport } from '../../src/session';
import { Waiters } from '../../src/store/waiters';
import { silence } from '../support/peer';
import { until } from '../support/until';
import { Benches } from './setup';

const MANY = 10_000;

/** Listeners of one socket, of every event. */
function listenersOf(socket: Socket): number {
  return socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0);
}

describe('However many wait', () => {
  const benches = new Benches();
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  before(() => process.on('warning', warned));
  afterEach(() => benches.end());
  after(async () => {
    await new Promise(setImmediate);
    process.off('warning', warned);
    assert.deepEqual(warnings, []);
  });

  it('for a slot of one window, with one signal, there is one listener, and none when they are gone', async () => {
    const { session } = await benches.bound({ script: { submit_sm: silence }, windowSize: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const asked = Array.from({ length: MANY }, () =>
      session.request({ command: 'submit_sm', destination_addr: '447700900123' }, signal),
    );
    const outcomes = Promise.allSettled(asked);
    await until(() => getEventListeners(signal, 'abort').length > 0);
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    controller.abort(new Error('enough'));
    session.destroy();
    const reasons = (await outcomes).map((outcome) =>
      outcome.status === 'rejected' ? (outcome.reason as Error).message : 'resolved',
    );
    assert.equal(reasons.filter((reason) => reason === 'enough').length, MANY - 1);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('for permits or room, with one signal, there is one listener, and none when they are gone', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const bucket = new TokenBucket({ rate: 0.001, burst: 1, clock: systemClock });
    await bucket.acquire(1, { signal });
    const permits = Array.from({ length: MANY }, () => bucket.acquire(1, { signal }));
    const waiters = new Waiters<number, number>();
    const room = Array.from({ length: MANY }, (_, n) => waiters.wait(n, signal));
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    waiters.serve((n) => (n < 5 ? n : undefined));
    assert.deepEqual(await Promise.all(room.slice(0, 5)), [0, 1, 2, 3, 4]);
    const outcomes = Promise.allSettled([...permits, ...room.slice(5)]);
    controller.abort();
    assert.ok((await outcomes).every(({ status }) => status === 'rejected'));
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('to be written, one socket has as many listeners as before, and one that is ended often no more', async () => {
    const server = createServer((socket) => socket.pause());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket = open((server.address() as AddressInfo).port);
    await new Promise((resolve) => socket.once('connect', resolve));
    const transport = new SocketTransport(socket, 'peer');
    let closed = false;
    transport.start({
      data: () => undefined,
      drained: () => undefined,
      ended: () => undefined,
      closed: () => (closed = true),
    });
    const before = listenersOf(socket);
    for (let n = 0; n < MANY; n++) transport.write(Buffer.alloc(100));
    await new Promise(setImmediate);
    assert.equal(listenersOf(socket), before);
    for (let n = 0; n < 100; n++) transport.end(5);
    assert.ok(listenersOf(socket) <= before + 1);
    await until(() => closed);
    server.close();
  });

  it('for a full queue with one signal, there is one listener', async () => {
    const queue = openMemoryStore({ capacity: 0, whenFull: 'wait', clock: systemClock }).queue;
    assert.ok(queue);
    const controller = new AbortController();
    const leases = Array.from({ length: 1000 }, async () => queue.take(1, { signal: controller.signal }));
    const taken = Promise.allSettled(leases);
    assert.ok(getEventListeners(controller.signal, 'abort').length <= 1);
    controller.abort();
    await taken;
  });
});
