import type { Clock } from '../../clock';
import { copyDeliveryState } from '../delivery-state';
import type { Settlement } from '../types';
import type { Entry } from './entry';
import type { Held } from './held';
import type { RabbitHome } from './home';
import type { Names } from './names';
import { asDead } from './outgoing';
import type { Outgoing } from './publisher';

export interface SettlementParts {
  readonly clock: Clock;
  readonly names: Names;
  readonly held: Held;
  readonly home: RabbitHome;
}

/** A settlement, and the message of its lease, which is over. */
export interface Ended {
  readonly settlement: Settlement;
  readonly entry: Entry;
}

/**
 * Ends what the broker must have something for: notices first, so that a crash repeats them rather than loses them, then
 * what is put off or dead, and only when that is confirmed the message itself. Gives those whose notice nobody took.
 */
export async function writeSettlements(
  parts: SettlementParts,
  ended: readonly Ended[],
): Promise<Settlement[]> {
  const { clock, names, held, home } = parts;
  const untaken = await home.untaken(ended.map(({ settlement }) => settlement));
  const moved: Entry[] = [];
  const messages: Outgoing[] = [];
  for (const { settlement, entry } of ended) {
    if (settlement.outcome === 'done') {
      held.end(entry);
      continue;
    }
    entry.state = copyDeliveryState(settlement.lease.state);
    moved.push(entry);
    if (settlement.outcome === 'retry') messages.push(held.putOffMessage(entry, settlement.notBefore));
    else {
      const { item, serial, state } = entry;
      const failed = { reason: settlement.reason, failedAt: clock.now() };
      messages.push(asDead(names, { item, serial, state, failed }));
    }
  }
  await held.move(moved, messages);
  return untaken;
}
