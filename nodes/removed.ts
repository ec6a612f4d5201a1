import {
  failureEvent,
  listOrphans,
  type DeliveryState,
  type FailureEvent,
  type QueueItem,
} from '../src/index';
import type { Orphan, Registry } from './registry';

const REMOVED = 'the connection was deleted or disabled';

/** What was queued for connections that are no more fails, and is told to whoever listens. */
export async function tellOrphans(
  registry: Registry,
  warn: (text: string) => void,
  orphans: readonly Orphan[],
): Promise<void> {
  for (const { nodeId, label, store } of orphans) {
    const tell = (item: QueueItem, state?: DeliveryState): void =>
      registry.current(nodeId)?.announce(removedEvent(item, REMOVED, state));
    const { removed } = await store.queue.purge({
      onRemoved: (items, states) => items.forEach((item, at) => tell(item, states?.[at])),
    });
    await store.close();
    if (removed > 0)
      warn(`[smpp-config:${label}] ${removed} queued messages were removed (REMOVED): ${REMOVED}`);
  }
}

/** Names the directories of queues that belong to no connection: they may hold messages, and stay. */
export async function tellForgotten(
  registry: Registry,
  queues: string,
  warn: (text: string) => void,
): Promise<void> {
  for (const { clientId, directory } of await listOrphans(queues, registry.clientIds)) {
    if (!registry.isNews(directory)) continue;
    warn(
      `[smpp-config] the queue in ${directory} belongs to no connection that is enabled; enable its own, or give ` +
        `one the clientId "${clientId}" to have its messages sent; if nobody needs them, delete the directory`,
    );
  }
}

/** The end of a message that no client has any more. */
export function removedEvent(item: QueueItem, why: string, state?: DeliveryState): FailureEvent {
  return failureEvent(item, state, { code: 'REMOVED', text: `removed from the queue: ${why}` });
}
