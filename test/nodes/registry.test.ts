import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { Registry, type Claim, type ClaimRequest, type Orphan } from '../../nodes/registry';
import type { MemoryStore, QueueItem } from '../../src/index';

function request(change: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    nodeId: 'node',
    label: 'Carrier',
    clientId: 'client',
    memory: { limits: { capacity: 10, whenFull: 'reject' }, correlationCapacity: 10 },
    ...change,
  };
}

/** A claim of a queue in memory. */
function claim(registry: Registry, change: Partial<ClaimRequest> = {}): Claim & { store: MemoryStore } {
  const claimed = registry.claim(request(change));
  assert.ok('claim' in claimed);
  const { store } = claimed.claim;
  assert.ok(store);
  return { ...claimed.claim, store };
}

function item(id: string): QueueItem {
  return {
    id,
    command: 'submit_sm',
    segments: [Buffer.from('x')],
    source: '1',
    destination: '2',
    priority: 2,
    enqueuedAt: 0,
    receiptRequested: true,
  };
}

describe('the registry of stores', () => {
  let registry: Registry;
  beforeEach(() => (registry = new Registry()));

  it('gives the next instance of a node what the last one left', async () => {
    const first = claim(registry);
    await first.store.queue.enqueue([item('a')]);
    first.release(false);
    const second = claim(registry, {
      memory: { limits: { capacity: 1, whenFull: 'reject' }, correlationCapacity: 10 },
    });
    assert.equal(second.store, first.store);
    assert.deepEqual(registry.sweep(), []);
    await assert.rejects(async () => second.store.queue.enqueue([item('b')]), { code: 'QUEUE_FULL' });
  });

  it('keeps a store for a node that cannot use it now', () => {
    const first = claim(registry);
    first.release(false);
    const hold = registry.keep('node');
    assert.deepEqual(registry.sweep(), []);
    hold?.release(false);
    assert.equal(claim(registry).store, first.store);
    assert.equal(registry.keep('unknown'), undefined);
  });

  it('gives up a store that nobody has taken over, and one whose node was deleted', () => {
    claim(registry).release(false);
    claim(registry, { nodeId: 'deleted', clientId: 'other' }).release(true);
    assert.deepEqual(
      registry
        .sweep()
        .map(({ nodeId }) => nodeId)
        .sort(),
      ['deleted', 'node'],
    );
  });

  it('does not take a store away from an instance that came before the last one had closed', () => {
    const slow = claim(registry);
    const next = claim(registry);
    slow.release(true);
    assert.equal(next.store, slow.store);
    assert.deepEqual(registry.sweep(), []);
  });

  it('gives what was left in memory to a queue of another kind, to be moved', () => {
    const first = claim(registry);
    first.release(false);
    const claimed = registry.claim({ ...request(), memory: undefined });
    assert.ok('claim' in claimed);
    assert.equal(claimed.claim.store, undefined);
    assert.equal(claimed.claim.left, first.store);
    claimed.claim.release(false);
    assert.deepEqual(registry.sweep(), []);
  });

  it('refuses a clientId that another node has, and names that one', () => {
    const first = claim(registry, { label: 'First' });
    const second = request({ nodeId: 'second', label: 'Second' });
    assert.deepEqual(registry.claim(second), { takenBy: 'First' });
    first.release(false);
    assert.ok('claim' in registry.claim(second));
  });
});

describe('the registry and the runtime', () => {
  it('knows of a deploy from its first close call to its last node', async () => {
    const registry = new Registry();
    const events = new EventEmitter();
    registry.attach(events, () => undefined);
    const current = (): Promise<void> | undefined => registry.deploying;
    assert.equal(current(), undefined);
    events.emit('flows:stopping');
    const deploying = current();
    assert.ok(deploying);
    events.emit('flows:started');
    await deploying;
    assert.equal(current(), undefined);
  });

  it('sweeps, then tells the connections that all nodes listen', () => {
    const registry = new Registry();
    const events = new EventEmitter();
    const order: string[] = [];
    registry.attach(events, (orphans: readonly Orphan[]) => order.push(`${orphans.length} swept`));
    const member = { nodeId: 'node', deployed: () => void order.push('deployed'), announce: () => undefined };
    registry.join(member);
    claim(registry).release(false);
    events.emit('flows:started');
    registry.leave(member);
    events.emit('flows:started');
    assert.deepEqual(order, ['1 swept', 'deployed', '0 swept']);
  });

  it('listens once, however often the node file is loaded', () => {
    const registry = new Registry();
    const events = new EventEmitter();
    for (let i = 0; i < 20; i++) registry.attach(events, () => undefined);
    assert.equal(events.listenerCount('flows:started'), 1);
  });
});
