import assert from 'node:assert/strict';
import { Registry } from '../../nodes/registry';
import { tellOrphans } from '../../nodes/removed';
import { openMemoryStore, type FailureEvent } from '../../src/index';
import { items } from '../../src/store/conformance/harness';

describe('What was queued for a connection that is no more', () => {
  it('is told of, each message, however many they are', async () => {
    const registry = new Registry();
    const told: FailureEvent[] = [];
    registry.join({
      nodeId: 'n',
      announce: (event: FailureEvent) => told.push(event),
      deployed: () => undefined,
    });
    const store = openMemoryStore({ capacity: 0, whenFull: 'reject' });
    for (let at = 0; at < 25; at++) await store.queue.enqueue(items(`${at}-`, 1000));
    const warnings: string[] = [];
    const orphan = { nodeId: 'n', label: 'shop', reason: 'account-changed', store } as const;
    await tellOrphans(registry, (text) => warnings.push(text), [orphan]);
    assert.equal(new Set(told.map(({ id }) => id)).size, 25_000);
    assert.ok(told.every(({ event, code }) => event === 'failure' && code === 'REMOVED'));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /25000 queued messages were removed/);
  });

  it('says so where it may have been delivered', async () => {
    const registry = new Registry();
    const told: FailureEvent[] = [];
    registry.join({
      nodeId: 'n',
      announce: (event: FailureEvent) => told.push(event),
      deployed: () => undefined,
    });
    const store = openMemoryStore({ capacity: 0, whenFull: 'reject' });
    await store.queue.enqueue(items('m-', 2));
    const [lease] = await store.queue.take(1, { signal: AbortSignal.timeout(1000) });
    lease!.state.redelivered = true;
    await store.queue.release([lease!]);
    const orphan = { nodeId: 'n', label: 'shop', reason: 'account-changed', store } as const;
    await tellOrphans(registry, () => undefined, [orphan]);
    assert.deepEqual(
      told.map(({ redelivered, maybe_delivered }) => [redelivered, maybe_delivered]),
      [
        [true, true],
        [false, undefined],
      ],
    );
  });
});
