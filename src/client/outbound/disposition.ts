import { itSays } from '../../session';
import {
  isAccepted,
  newDeliveryState,
  type DeadReason,
  type KnownStates,
  type Lease,
  type QueueItem,
  type Settlement,
} from '../../store';
import { CANCELLED } from './cancellations';
import { SUSPECT_AFTER, type Delivery, type DeliveryEnd } from './delivery';
import type { FullMailboxes } from './full-mailboxes';
import type { LateAcceptances } from './late-acceptances';
import { infoField } from '../events/wire-form';
import type { DispatcherParts } from './dispatcher-parts';
import { retryDelay } from './retry';
import type { Settler } from './settler';

export interface DispositionParts extends DispatcherParts {
  readonly settler: Settler;
  readonly mailboxes: FullMailboxes;
  readonly late: LateAcceptances;
}

/** With at-most-once, whatever keeps the answer away. */
export const NOT_AGAIN: DeadReason = {
  code: 'OUTCOME_UNKNOWN',
  text: 'it was sent, no response came, and it is not sent again (delivery at-most-once); it may have been delivered',
};

/** The same of a USSD screen. */
export const SCREEN_NOT_AGAIN: DeadReason = {
  code: 'OUTCOME_UNKNOWN',
  text: 'it was sent, no response came, and a USSD screen is not sent again; the phone may show it',
};

/** Of a message whose USSD dialogue ended while it waited. */
export const SESSION_OVER: DeadReason = {
  code: 'SESSION_OVER',
  text: 'its USSD dialogue was over before it could be sent',
};

/** What becomes of a message when its lease ends: done, dead, later again, or back to its place. */
export class Disposition {
  readonly #parts: DispositionParts;

  constructor(parts: DispositionParts) {
    this.#parts = parts;
  }

  settle(lease: Lease, end: DeliveryEnd | undefined): void {
    const { mailboxes } = this.#parts;
    if (end?.kind !== 'set-aside') mailboxes.forget(lease.item.id);
    if (end?.kind === 'accepted') return this.#accepted(lease);
    if (end?.kind === 'dead') return this.dead(lease, end.reason);
    if (end?.kind === 'cancelled') return this.#cancelled(lease);
    if (end?.kind === 'unknown') return this.#unknown(lease, end.linkLost);
    if (end?.kind === 'retry') return this.#retry(lease, end.info);
    if (end?.kind === 'set-aside') return this.#setAside(lease, mailboxes.turns(lease.item.id));
    this.#release(lease);
  }

  dead(lease: Lease, reason: DeadReason): void {
    const { settler, late, homing } = this.#parts;
    if (lease.state.redelivered) late.forget(lease.item.id);
    if (reason.code === 'REFUSED') lease.state.attempts++;
    const notice = lease.item.home && homing.failedNotice(lease.item, reason, lease.state);
    settler.settle(notice ? { outcome: 'dead', lease, reason, notice } : { outcome: 'dead', lease, reason });
  }

  /** It fails, and is no dead letter: a replay would send it after all. */
  #cancelled(lease: Lease): void {
    const { settler, late, homing } = this.#parts;
    if (lease.state.redelivered) late.forget(lease.item.id);
    const notice = lease.item.home && homing.failedNotice(lease.item, CANCELLED, lease.state);
    const done = { outcome: 'done', lease, reason: CANCELLED } as const;
    settler.settle(notice ? { ...done, notice } : done);
  }

  /** The time of these is over; what the SMSC was found to have accepted is accepted. */
  expired(leases: readonly Lease[]): void {
    for (const lease of leases) {
      this.#parts.late.moveTo(lease.item.id, lease.state);
      if (isAccepted(lease)) this.#accepted(lease);
      else this.dead(lease, expiredAt(lease.item.expiresAt ?? 0));
    }
  }

  /** These have gone from the store otherwise: they fail, unless the SMSC was found to have accepted them. */
  removed(items: readonly QueueItem[], reason: DeadReason, states: KnownStates = []): void {
    const { late } = this.#parts;
    items.forEach((item, at) => {
      const lease = { item, state: states[at] ?? newDeliveryState(item), token: undefined };
      late.moveTo(item.id, lease.state);
      this.#ended(lease, isAccepted(lease) ? undefined : reason);
    });
  }

  /** Without a settlement. `reason`: why it failed; undefined: it was accepted. */
  #ended(lease: Lease, reason: DeadReason | undefined): void {
    const { listener, homing, keys } = this.#parts;
    if (lease.item.idempotency) {
      const ended: Settlement = reason ? { outcome: 'dead', lease, reason } : { outcome: 'done', lease };
      keys.settling([ended]).catch(() => undefined);
    }
    const notice = reason
      ? homing.failedNotice(lease.item, reason, lease.state)
      : homing.acceptedNotice(lease);
    if (!reason) listener.accepted(lease);
    if (notice) homing.tell(notice, reason && (() => listener.failed(lease, reason)));
    else if (reason) listener.failed(lease, reason);
  }

  /** These were accepted while they were in the store. */
  acceptedLate(leases: readonly Lease[]): void {
    for (const lease of leases) {
      this.#parts.late.moveTo(lease.item.id, lease.state);
      this.settle(lease, isAccepted(lease) ? { kind: 'accepted' } : { kind: 'unsent' });
    }
  }

  /** With at-most-once: from now on, whatever happens, they are not sent a second time. */
  async commit(deliveries: readonly Delivery[]): Promise<void> {
    const leases = deliveries.map(({ lease }) => lease);
    for (const { state } of leases) state.onTheWire = true;
    try {
      await this.#parts.store.queue.extend(leases);
    } catch (error) {
      for (const { state } of leases) state.onTheWire = false;
      throw error;
    }
  }

  /**
   * The store has it: the end is final. Whose giver heard of it, as the notice was taken, is told there; of one that was
   * accepted no more is to be told here than its response was.
   */
  settled(settlement: Settlement, untaken: boolean): void {
    const { listener } = this.#parts;
    if (settlement.outcome === 'retry') return;
    const { lease, reason, notice } = settlement;
    if (!reason) listener.accepted(lease);
    else if (untaken || !notice) listener.failed(lease, reason);
  }

  /** The SMSC has refused what was on the wire: a crash while it waits must not make its outcome unknown. */
  offTheWire(lease: Lease): void {
    if (!lease.state.onTheWire) return;
    lease.state.onTheWire = false;
    this.#parts.settler.progress(lease);
  }

  #accepted(lease: Lease): void {
    const { settler, mailboxes, late, homing } = this.#parts;
    if (lease.state.redelivered) late.forget(lease.item.id);
    mailboxes.accepted(lease.item.destination);
    const notice = lease.item.home && homing.acceptedNotice(lease);
    settler.settle(notice ? { outcome: 'done', lease, notice } : { outcome: 'done', lease });
  }

  #retry(lease: Lease, info: string | undefined): void {
    const { maxAttempts } = this.#parts.settings;
    const { state } = lease;
    state.attempts++;
    if (state.attempts < maxAttempts) {
      this.#parts.counters?.retried('retry');
      return this.#delay(lease, state.attempts);
    }
    const last = state.history.at(-1)?.reason ?? '';
    const text = `given up after ${state.attempts} attempts (maxAttempts); the last answer was ${last}`;
    const said = info === undefined ? '' : `.${itSays(info)}`;
    this.dead(lease, { code: 'MAX_ATTEMPTS', command_status: last, text: text + said, ...infoField(info) });
  }

  #setAside(lease: Lease, times: number): void {
    this.#parts.counters?.retried('mailbox_full');
    this.#delay(lease, times);
  }

  #delay(lease: Lease, times: number): void {
    const { settler, clock, random, late } = this.#parts;
    if (lease.state.redelivered) late.expect(lease);
    const dueAt = clock.monotonic() + retryDelay(times, random);
    if (lease.state.onTheWire) lease.state.onTheWire = false;
    const retry = {
      outcome: 'retry',
      lease,
      // The store may take it only later, and somebody may have set the clock by then.
      get notBefore() {
        return Math.ceil(clock.now() + Math.max(0, dueAt - clock.monotonic()));
      },
    } as const;
    settler.settle(retry);
  }

  #unknown(lease: Lease, linkLost: boolean): void {
    const { state } = lease;
    const { maxRedeliveries, delivery } = this.#parts.settings;
    if (delivery === 'at-most-once') return this.dead(lease, NOT_AGAIN);
    if (lease.item.session !== undefined) return this.dead(lease, SCREEN_NOT_AGAIN);
    const wentAlone = state.lostLinks >= SUSPECT_AFTER;
    state.redelivered = true;
    state.redeliveries++;
    if (linkLost) state.lostLinks++;
    if (state.redeliveries > maxRedeliveries) {
      const text = `sent ${state.redeliveries} times without an answer (maxRedeliveries ${maxRedeliveries}); it may have been delivered`;
      return this.dead(lease, { code: 'OUTCOME_UNKNOWN', text });
    }
    this.#parts.counters?.redelivered(linkLost ? 'link_lost' : 'timeout');
    // It is what the link was lost by, or had bad luck: the others first.
    if (linkLost && wentAlone) this.#delay(lease, state.lostLinks - SUSPECT_AFTER);
    else this.#release(lease);
  }

  #release(lease: Lease): void {
    if (lease.state.redelivered) this.#parts.late.expect(lease);
    if (lease.state.onTheWire) lease.state.onTheWire = false;
    this.#parts.settler.release(lease);
  }
}

export function expiredAt(expiresAt: number): DeadReason {
  return { code: 'EXPIRED', text: `not sent before it expired at ${new Date(expiresAt).toISOString()}` };
}
