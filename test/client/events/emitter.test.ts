import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { EVENT_NAMES, SmppClient, type EventName } from '../../../src/index';
import { Events } from '../../../src/client/events/emitter';
import { createLog } from '../../../src/observability';

const silent = createLog({ level: 'silent' });
const session = { event: 'session' } as never;

describe('Handlers of events', () => {
  let events: Events;
  let calls: string[];
  beforeEach(() => {
    calls = [];
    events = new Events(silent);
  });
  const handler =
    (name: string): (() => void) =>
    () =>
      void calls.push(name);

  it('are called in the order in which they were put on, until they are taken off', () => {
    const [a, b] = [handler('a'), handler('b')];
    events.on('session', a);
    events.on('session', b);
    void events.emit('session', session);
    events.off('session', a);
    events.off('session', a);
    void events.emit('session', session);
    events.off('session', b);
    assert.equal(events.has('session'), false);
    assert.deepEqual(calls, ['a', 'b', 'b']);
  });

  it('are called once where they are put on twice', () => {
    const a = handler('a');
    events.on('session', a);
    events.on('session', a);
    void events.emit('session', session);
    assert.deepEqual(calls, ['a']);
  });

  it('are called once that listen once, also where they fail or put themselves on again', () => {
    events.on('session', () => assert.fail('of a handler'), { once: true });
    const again = (): void => {
      calls.push('again');
      events.on('session', again, { once: true });
    };
    events.on('session', again, { once: true });
    void events.emit('session', session);
    assert.deepEqual(calls, ['again']);
    void events.emit('session', session);
    assert.deepEqual(calls, ['again', 'again']);
  });

  it('are taken off by their signal, of which nothing is left', () => {
    const ending = new AbortController();
    const { signal } = ending;
    events.on('session', handler('a'), { signal });
    events.on('queue', handler('b'), { signal, once: true });
    void events.emit('queue', { event: 'queue' } as never);
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    ending.abort();
    void events.emit('session', session);
    assert.deepEqual(calls, ['b']);
    assert.deepEqual([events.has('session'), getEventListeners(signal, 'abort').length], [false, 0]);
    events.on('session', handler('late'), { signal });
    assert.equal(events.has('session'), false);
  });

  it('leave nothing of their signal when they are taken off by hand', () => {
    const { signal } = new AbortController();
    const a = handler('a');
    events.on('session', a, { signal });
    events.off('session', a);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('are refused for an event that there is not, and where they are no function', () => {
    assert.throws(() => events.on('recepit' as EventName, () => undefined), {
      code: 'UNKNOWN_EVENT',
      message: `"recepit" is no event (did you mean "receipt"?): the events are ${EVENT_NAMES.join(', ')}`,
    });
    assert.throws(() => events.on('session', undefined as never), {
      code: 'INVALID_OPTION',
      message: 'the handler of "session" is no function: give one',
    });
  });

  it('of a client are put on by on and once, and taken off by off', async () => {
    const client = new SmppClient({ logLevel: 'silent' });
    const a = (): void => void calls.push('a');
    client.on('queue', a).once('queue', handler('b'));
    await client.purge();
    client.off('queue', a);
    await client.purge();
    assert.deepEqual(calls, ['a', 'b']);
    await client.stop();
  });
});
