import type { EventReporter } from './events/reporter';
import type { WireRecorder } from '../recorder';
import type { Outcomes } from './outbound/outcomes';
import type { OpenParts } from './plugins/parts';
import type { RouteQuality } from './quality/route-quality';
import type { Receiving } from './inbound/receiving';
import type { DispatcherListener } from './outbound/dispatcher';
import type { Sender } from './outbound/sender';
import type { Dialogues } from './ussd';

export interface DispatcherListenerParts extends Pick<OpenParts, 'throttleHandler' | 'limiter' | 'counters'> {
  readonly reporter: EventReporter;
  readonly outcomes: Outcomes;
  readonly receiving: Receiving;
  readonly quality: RouteQuality;
  readonly dialogues: Pick<Dialogues, 'accepted'>;
  readonly recorder: Pick<WireRecorder, 'watches' | 'sent'>;
  readonly sender: () => Sender;
}

/** Each handler that is made here has them. */
const NO_COUNTS = { throttled: 0, notThrottled: 0 };

/** What is told of messages on their way: events, outcomes, correlation. */
export function dispatcherListener(parts: DispatcherListenerParts): DispatcherListener {
  const { reporter, outcomes, receiving, quality, recorder, dialogues } = parts;
  const { sender, throttleHandler, limiter, counters } = parts;
  return {
    sent: (flights, sequenceNumbers, session) => {
      if (recorder.watches)
        flights.forEach(({ delivery }, at) =>
          recorder.sent(delivery.lease.item.id, sequenceNumbers[at] as number, session),
        );
      reporter.sent(flights, sequenceNumbers, session);
    },
    responded: (flight, response, session) => reporter.responded(flight, response, session),
    lost: (flight, why, session) => reporter.lost(flight, why, session),
    correlated: (entry) => {
      quality.accepted(entry);
      receiving.known(entry);
    },
    landed: (id) => receiving.landed(id),
    accepted: (lease) => {
      counters?.accepted();
      if (lease.item.session !== undefined) dialogues.accepted(lease.item);
      outcomes.accepted(lease.item, lease.state);
    },
    failed: (lease, reason) => sender().fail(lease.item, reason, lease.state),
    throttled: (status) =>
      reporter.throttled(status, {
        wait: () => throttleHandler.throttleDelay(),
        rate: () => limiter.wish,
        isOver: () => throttleHandler.allowRequest(),
        counts: () => throttleHandler.counts?.() ?? NO_COUNTS,
      }),
    storeTried: (failure) => reporter.queueTried(failure),
  };
}
