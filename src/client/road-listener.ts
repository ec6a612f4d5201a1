import type { Announcer } from './announcer';
import type { Outcomes } from './outcomes';
import type { OpenParts } from './parts';
import type { Receiving } from './receiving';
import type { RoadListener } from './road';
import type { Sender } from './sender';

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
