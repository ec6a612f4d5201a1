import type { Clock } from '../../clock';
import type { AdjustableLimiter, CompositeLimiter, ThrottleHandler } from '../../flow-control';
import type { Log } from '../../observability';
import type { ResponseView, Session } from '../../session';
import type { CorrelationEntry, Correlator, DeadReason, Lease, QueueItem, Store } from '../../store';
import type { Settings } from '../config/options';
import type { ConnectionCounters } from '../metrics/counters';
import type { Flight } from './delivery';
import type { Homing } from './homing';
import type { KeyRecords } from './key-records';

/** What the dispatcher tells of the messages that it sends. */
export interface DispatcherListener {
  /** Requests were written, with these sequence numbers; both lists are used again. */
  sent(flights: readonly Flight[], sequenceNumbers: readonly number[], session: Session): void;
  /** `session` is absent where the response came after its time-out. */
  responded(flight: Flight, response: ResponseView, session: Session | undefined): void;
  /** The response did not come, and why. */
  lost(flight: Flight, why: 'timeout' | 'closed', session: Session): void;
  /** The correlator has the message_id. */
  correlated(entry: CorrelationEntry): void;
  /** Final, and settled in the store. */
  accepted(lease: Lease): void;
  /** Final, and settled in the store. */
  failed(lease: Lease, reason: DeadReason): void;
  /** `status`: what the SMSC answered; undefined: it asked another instance for less. */
  throttled(status: string | undefined): void;
  /** Nothing of it is on the wire any more, for now; asked for its message_ids, {@link Acceptances.isAwaited} says more. */
  landed(id: string): void;
  /** The store took what became of messages, or did not, and why. */
  storeTried(failure?: unknown): void;
}

export interface DispatcherParts {
  readonly store: Store;
  readonly correlator: Correlator;
  readonly limiter: CompositeLimiter;
  readonly throttleHandler: ThrottleHandler;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly listener: DispatcherListener;
  readonly homing: Homing;
  /** Hears of a message that was cancelled and came out of the queue afterwards. */
  readonly dropped?: (id: string) => void;
  readonly keys: Pick<KeyRecords, 'settling'>;
  readonly counters: ConnectionCounters | undefined;
  /** Whether the USSD dialogue of a message is over. */
  readonly isSessionOver: (item: QueueItem) => boolean;
  /** The limiter, where its rate is known. */
  readonly bucket: AdjustableLimiter | undefined;
}
