import type { Clock } from '../../../clock';
import type { DeadLetter, Settlement } from '../../types';
import type { Argument } from '../connection/calls';
import type { OpenLeases, RedisLease } from './lease';
import { stateOf, type RecordCodec } from './record';

export interface Settling {
  /** As the script wants them. */
  readonly args: Argument[];
  /** The leases that are ended so. */
  readonly ended: RedisLease[];
}

/** Ends the leases here, and says what the script is to be told; what is over is left out. */
export function settlementArgs(
  settlements: readonly Settlement[],
  leases: OpenLeases,
  { codec, clock }: { readonly codec: RecordCodec; readonly clock: Clock },
): Settling {
  const args: Argument[] = [];
  const ended: RedisLease[] = [];
  // By priority: entries alone, and those of which more is kept or told.
  const plain: Argument[][] = [];
  const touched: Argument[][] = [];
  for (let place = 0; place < settlements.length; place++) {
    const settlement = settlements[place] as Settlement;
    const lease = leases.end(settlement.lease);
    if (!lease) continue;
    ended.push(lease);
    const hasNotice = settlement.outcome !== 'retry' && settlement.notice !== undefined;
    if (settlement.outcome !== 'retry' && settlement.notice) {
      args.push('n', lease.name, place, settlement.notice.instance, settlement.notice.octets);
    }
    switch (settlement.outcome) {
      case 'done': {
        const lists = hasNotice || lease.isForeign || lease.written !== '' ? touched : plain;
        (lists[lease.p] ??= []).push(lease.entry);
        break;
      }
      case 'retry':
        args.push('r', lease.name, Math.max(0, Math.ceil(settlement.notBefore - clock.now())));
        args.push(stateOf(settlement.lease.state));
        break;
      case 'dead': {
        const { item } = lease;
        const { state } = settlement.lease;
        const letter: DeadLetter = { item, state, reason: settlement.reason, failedAt: clock.now() };
        args.push('x', lease.name, item.id, codec.writeLetter(letter));
      }
    }
  }
  for (const [kind, lists] of [
    ['d', plain],
    ['t', touched],
  ] as const)
    lists.forEach((entries, p) => args.push(kind, p, entries.length, ...entries));
  return { args, ended };
}
