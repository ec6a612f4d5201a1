import type { OutboundQueue } from '../../src/store';

/** Its methods, also where they are those of a class, for a queue of which some are others. */
export function bound(of: OutboundQueue): OutboundQueue {
  return {
    enqueue: (items, options) => of.enqueue(items, options),
    take: (max, options) => of.take(max, options),
    settle: (settlements) => of.settle(settlements),
    extend: (leases) => of.extend(leases),
    release: (leases) => of.release(leases),
    stats: () => of.stats(),
    purge: (options) => of.purge(options),
    close: () => of.close(),
  };
}
