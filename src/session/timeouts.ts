import type { SessionCore } from './core';
import type { Watch } from './deadlines';
import type { Outbound } from './outbound';

const TIMEOUTS_UNTIL_CLOSE = 3;

/** Notice that the peer takes nothing, does not end what it has begun, or does not answer. */
export function timeouts(core: SessionCore, outbound: Outbound): Watch[] {
  const { activity, window, control, options } = core;
  // What the peer has sent in time may lie unread.
  const whileReading = (dueAt: number | undefined): number | undefined => (core.reading ? dueAt : undefined);
  const late = (since: number | undefined): number | undefined =>
    since === undefined ? undefined : since + options.responseTimeout;
  return [
    // First of all, for it explains why responses are missing.
    {
      dueAt: () => late(outbound.stalledSince),
      onDue: () => core.close('peer-stalled', 'it takes nothing of what is written'),
    },
    {
      dueAt: () => whileReading(late(activity.unfinishedSince)),
      onDue: () => core.close('peer-stalled', 'a PDU began and did not end'),
    },
    { dueAt: () => whileReading(window.dueAt()), onDue: (now) => expire(core, now) },
    { dueAt: () => whileReading(control.dueAt()), onDue: (now) => void control.expire(now) },
  ];
}

function expire(core: SessionCore, now: number): void {
  const { window, times } = core;
  if (window.hold(now, TIMEOUTS_UNTIL_CLOSE)) return core.look();
  window.expire(now);
  if (window.timeoutsInARow < TIMEOUTS_UNTIL_CLOSE) return times.requests.missing(window.timeoutsInARow);
  times.requests.silent();
  core.close('no-responses', `${window.timeoutsInARow} requests in a row got no response`);
}

/** enquire_link got no answer. Its answers may only be slow: over the next connection they get longer. */
export function silent(core: SessionCore): void {
  const { window, times, closing } = core;
  if (closing) return;
  times.enquiries.silent();
  if (window.timeoutsInARow > 0) times.requests.silent();
  core.close('peer-silent', 'no answer to enquire_link');
}
