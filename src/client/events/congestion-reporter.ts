import type { Events } from './emitter';
import { stateEvent } from './wire-form';

/**
 * Tells when an SMSC says that it is congested, so that fewer requests are outstanding, and when as many are again as
 * were set: once each per session, however often the window changes in between.
 */
export class CongestionReporter {
  readonly #events: Events;

  constructor(events: Events) {
    this.#events = events;
  }

  /** For one session: to be called whenever its window changes for that. */
  session(number: number): (windowSize: number, state: number | undefined, isReduced: boolean) => void {
    let wasReduced = false;
    return (window_size, congestion_state, isReduced) => {
      if (isReduced === wasReduced) return;
      wasReduced = isReduced;
      const said = congestion_state === undefined ? {} : { congestion_state };
      const facts = { session: number, window_size, ...said };
      const state = isReduced ? 'congested' : 'relieved';
      void this.#events.emit('throttle', stateEvent('throttle', { state, ...facts }));
    };
  }
}
