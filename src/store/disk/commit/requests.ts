import { addRoom, sumOf, type Room } from '../lmdb/space';

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
export class Group {
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

/** Several changes for one caller, with a promise of its own. */
export class Request implements Asked {
  readonly grows: boolean;
  readonly room: Room;
  readonly #changes: readonly StoreChange[];
  readonly #resolve: () => void;
  readonly #reject: (error: Error) => void;

  constructor(
    changes: readonly StoreChange[],
    grows: boolean,
    resolve: () => void,
    reject: (error: Error) => void,
  ) {
    this.#changes = changes;
    this.grows = grows;
    this.#resolve = resolve;
    this.#reject = reject;
    this.room = sumOf(changes.map(({ room }) => room));
  }

  apply(): void {
    for (const change of this.#changes) change.apply();
  }

  done(): void {
    for (const change of this.#changes) change.done?.();
    this.#resolve();
  }

  failed(refusal: Error): void {
    for (const change of this.#changes) change.failed?.(refusal);
    this.#reject(refusal);
  }
}
