import type { Announcer } from './events/reporter';
import type { Outcomes } from './outbound/outcomes';
import type { OpenParts } from './plugins/parts';
import type { Receiving } from './inbound/receiving';
import type { RoadListener } from './outbound/dispatcher';
import type { Sender } from './outbound/sender';

export interface RoadListenerParts extends Pick<OpenParts, 'throttleHandler' | 'pace'> {
  readonly announcer: Announcer;
  readonly outcomes: Outcomes;
  readonly receiving: Receiving;
  readonly sender: () => Sender;
}

/** Whom the road tells of what. */
export function roadListener(parts: RoadListenerParts): RoadListener {
  const { announcer, outcomes, receiving, sender, throttleHandler, pace } = parts;
  return {
    sent: (segment) => announcer.sent(segment),
    responded: (...answer) => announcer.responded(...answer),
    correlated: (entry) => receiving.known(entry),
    landed: (id) => receiving.landed(id),
    accepted: (lease) => outcomes.accepted(lease.item, lease.state),
    failed: (lease, reason) => sender().fail(lease.item, reason, lease.state),
    throttled: (status) =>
      announcer.throttled(status, {
        wait: () => throttleHandler.throttleDelay(),
        rate: () => pace.wish,
        isOver: () => throttleHandler.allowRequest(),
      }),
    storeTried: (failure) => announcer.queueTried(failure),
  };
}
