import { addRoom, type Room } from '../lmdb/space';

/** A change to the tables and to what is known of them in memory. */
export interface StoreChange {
  /** What it may take at most. */
  readonly room: Room;
  /** Puts and removes, within the transaction; must not throw. */
  apply(): void;
  /** It is synced. */
  done?(): void;
  /** It was not made. */
  failed?(refusal: Error): void;
}

/** What one caller asked for. */
export interface Asked extends StoreChange {
  /** Whether it takes room for good: such a one gives way when the disk is full. */
  readonly grows: boolean;
}

/** What goes into one transaction. */
export class CommitBatch {
  readonly asked: Asked[] = [];
  readonly room = { octets: 0, rows: 0, touches: 0 };
  grows = false;
  #appended: Promise<void> | undefined;
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  add(asked: Asked): void {
    this.asked.push(asked);
    this.grows ||= asked.grows;
    addRoom(this.room, asked.room);
  }

  /** Common to all that grow, for they are made or refused together: one of its own for each would cost more than the rest. */
  get appended(): Promise<void> {
    return (this.#appended ??= new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    }));
  }

  settle(refusal: Error | undefined): void {
    if (refusal) this.#reject(refusal);
    else this.#resolve();
  }
}
