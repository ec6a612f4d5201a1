import { nextTurn } from '../../clock';
import { SmppError } from '../../protocol';
import { holdsAnything, isAwaited, isSameAccount, MOST_COUNTED } from '../account';
import type { Foreign, StoreAccount } from '../account';
import type { StoreCore } from './commit/core';
import { roomFor } from './lmdb/space';
import type { BinaryTable, NumberTable } from './lmdb/tables';
import { damagedRecord } from './record/damage';
import { decodeCorrelation, decodeJson, RECORD_FORMAT } from './record/records';

interface StoredIdentity {
  readonly format: number;
  readonly account: StoreAccount;
}

const KEY = Buffer.from('identity');
/** Entries per transaction, or per turn of the event loop. */
const CHUNK = 2000;

/** Whose the store is, by what is written in it and by what it holds. */
export class Identity {
  readonly #core: StoreCore;
  #owner: StoreAccount | undefined;

  /** Throws `STORE_FORMAT` where a version with another format wrote it. */
  constructor(core: StoreCore, directory: string) {
    this.#core = core;
    this.#owner = readOwner(core, directory);
  }

  /** `messages`: how many there are. */
  async foreign(account: StoreAccount, messages: number): Promise<Foreign | undefined> {
    const owner = this.#owner;
    if (!owner || isSameAccount(owner, account)) return undefined;
    const deadLetters = this.#core.tables.dead.count;
    const holdings = { messages, deadLetters, awaitedReceipts: await this.#awaited() };
    return holdsAnything(holdings) ? { owner, holdings } : undefined;
  }

  /** Resolves with the account that had it before, if another. */
  async own({ host, systemId, failover = [] }: StoreAccount): Promise<StoreAccount | undefined> {
    const before = this.#owner;
    const account = { host, systemId, ...(failover.length > 0 ? { failover } : {}) };
    if (JSON.stringify(before) === JSON.stringify(account)) return undefined;
    const changed = before !== undefined && !isSameAccount(before, account);
    const { committer, records, tables } = this.#core;
    const octets = records.json({ format: RECORD_FORMAT, account } satisfies StoredIdentity);
    const change = { room: roomFor([octets.length], 1), apply: () => tables.meta.put(KEY, octets) };
    const written = committer.make([change], before === undefined);
    // Other hosts of the same account are worth no refusal on a disk that is full.
    await (before === undefined || changed ? written : written.catch(() => undefined));
    this.#owner = account;
    return changed ? before : undefined;
  }

  async forgetAwaited(): Promise<void> {
    const { correlation, correlationAge, correlationFinal } = this.#core.tables;
    for (const table of [correlation, correlationAge, correlationFinal]) await this.#clear(table);
  }

  async #clear(table: BinaryTable | NumberTable): Promise<void> {
    const some = (): (Buffer | number)[] => [...table.keys({ limit: CHUNK })];
    for (let keys = some(); keys.length > 0; keys = some()) {
      const apply = (): void => keys.forEach((key) => table.remove(key as never));
      await this.#core.committer.make([{ room: roomFor([], keys.length), apply }]);
    }
  }

  /** Looks at all of them, but not in one go. */
  async #awaited(): Promise<number> {
    const { tables, time, clock } = this.#core;
    const now = time.now();
    let found = 0;
    let after: Buffer | undefined;
    for (;;) {
      let looked = 0;
      for (const [key, octets] of tables.correlation.entries({ after, limit: CHUNK })) {
        looked++;
        after = Buffer.from(key);
        const stored = decodeCorrelation(octets).value;
        if (stored && isAwaited(stored.entry, now)) found++;
      }
      if (looked < CHUNK || found >= MOST_COUNTED) return Math.min(found, MOST_COUNTED);
      await nextTurn(clock);
    }
  }
}

function readOwner({ tables, onDamage }: StoreCore, directory: string): StoreAccount | undefined {
  const octets = tables.meta.get(KEY);
  if (!octets) return undefined;
  const { value, unreadable } = decodeJson<StoredIdentity>(octets);
  if (value && value.format > RECORD_FORMAT) throw newerFormat(directory, value.format);
  if (value) return value.account;
  if (unreadable === 'newer') throw newerFormat(directory, 'unknown');
  onDamage(damagedRecord(`The account that the queue in ${directory} belongs to`, 'damaged'));
  return undefined;
}

function newerFormat(directory: string, format: number | 'unknown'): SmppError {
  return new SmppError(
    'STORE_FORMAT',
    `The queue in ${directory} has a format (${format}) written by a newer version of this package, which reads up ` +
      `to ${RECORD_FORMAT}. Install that version again, or give this connection another queueDirectory; nothing was changed.`,
  );
}
