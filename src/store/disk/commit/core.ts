import type { Clock } from '../../../clock';
import type { OnDamage } from '../record/damage';
import type { Records } from '../record/records';
import type { Tables } from '../lmdb/tables';
import type { Committer } from './committer';
import type { StoreTime } from './time';

/** What all parts of one store share. */
export interface StoreCore {
  readonly tables: Tables;
  readonly committer: Committer;
  readonly records: Records;
  readonly clock: Clock;
  readonly time: StoreTime;
  readonly onDamage: OnDamage;
  /** Throws `STORE_CLOSED` from the closing on. */
  readonly check: () => void;
}
