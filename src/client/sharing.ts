import type { Dispatcher } from './outbound/dispatcher';
import type { Homing } from './outbound/homing';
import type { Outcomes } from './outbound/outcomes';
import type { Sender } from './outbound/sender';
import type { OpenParts } from './plugins/parts';

export interface SharingParts extends Pick<OpenParts, 'whenOpen' | 'store' | 'bucket'> {
  readonly homing: Homing;
  readonly outcomes: Outcomes;
  readonly sender: Sender;
  readonly dispatcher: Dispatcher;
}

/** What a client hears from others that share its store, from when that is open. */
export function hearOthers(parts: SharingParts): void {
  const { whenOpen, store, bucket, homing, outcomes, sender, dispatcher } = parts;
  whenOpen(() => {
    // A rate limiter of the user's is not the store's.
    if (bucket) store.limiter?.onCalm(() => dispatcher.calmed());
    homing.listen({
      accepted: ({ id, state }) => outcomes.acceptedElsewhere(id, state),
      failed: ({ item, reason, state }) => sender.fail(item, reason, state),
      receipt: (id, receipt) => outcomes.receipt(id, receipt),
      overdue: (before) => outcomes.overdue(before),
    });
  });
}
