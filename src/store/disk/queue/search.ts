import { nextTurn } from '../../../clock';
import type { FoundMessage } from '../../types';
import type { StoreCore } from '../commit/core';
import type { StoreChange } from '../commit/requests';
import { recordsOf } from '../record/blocks';
import { endOf } from '../record/keys';
import { decodeItem, type StoredItem } from '../record/records';
import type { QueueChanges } from './changes';
import type { Messages } from './messages';
import type { FoundBlock, Ready } from './ready';

/** Blocks that are looked at before others get their turn. */
const AT_ONCE = 50;

export interface SearchParts {
  readonly core: StoreCore;
  readonly messages: Messages;
  readonly changes: QueueChanges;
  readonly ready: Ready;
}

/** Looks for messages by their ids, through all that is stored: an index would cost each message. */
export class Search {
  readonly #parts: SearchParts;
  readonly #check: () => void;

  /** `check` throws where the queue is closed. */
  constructor(parts: SearchParts, check: () => void) {
    this.#parts = parts;
    this.#check = check;
  }

  async find(ids: readonly string[]): Promise<readonly FoundMessage[]> {
    const found: FoundMessage[] = [];
    await this.#each(ids, ({ priority }, stored) => found.push(this.#told(priority, stored)));
    return found;
  }

  /** Resolves when what it returns is gone for good. */
  async remove(ids: readonly string[]): Promise<readonly FoundMessage[]> {
    const { ready, changes, core } = this.#parts;
    const removed: FoundMessage[] = [];
    const drops: StoreChange[] = [];
    await this.#each(ids, (block, stored) => {
      const told = this.#told(block.priority, stored);
      const entry = told.leased ? undefined : ready.takeOut(block, stored.seq);
      if (!entry) return;
      removed.push({ ...told, state: entry.state });
      drops.push(changes.drop(entry));
    });
    if (drops.length > 0) await core.committer.make(drops);
    return removed;
  }

  #told(priority: number, stored: StoredItem): FoundMessage {
    const { changes, ready, core } = this.#parts;
    const leased = changes.leased.has(stored.seq) || changes.dropping.has(stored.seq);
    const { notBefore = 0, state } = ready.knownOf(priority, stored);
    return { item: stored.item, state, leased, delayed: !leased && notBefore > core.time.now() };
  }

  /** What is found of them is told at once, before anything else happens to it. */
  async #each(
    given: readonly string[],
    tell: (block: FoundBlock, stored: StoredItem) => void,
  ): Promise<void> {
    const ids = new Set(given);
    const { core, ready } = this.#parts;
    for (const [priority, table] of core.tables.priorities.entries()) {
      let after = endOf(0);
      for (let more = true; more; await nextTurn(core.clock)) {
        this.#check();
        more = false;
        const range = { after, to: endOf(ready.endOf(priority)), limit: AT_ONCE };
        for (const [key, octets] of table.entries(range)) {
          more = true;
          after = key;
          this.#lookInto({ priority, key, octets }, ids, tell);
        }
      }
    }
  }

  #lookInto(
    block: FoundBlock,
    ids: ReadonlySet<string>,
    tell: (block: FoundBlock, stored: StoredItem) => void,
  ): void {
    const { key, octets } = block;
    for (const [index, record] of recordsOf(octets, key.count).entries()) {
      const stored = record && decodeItem(record).value;
      if (!stored || !ids.has(stored.item.id)) continue;
      if (!this.#parts.messages.goneOf(key).has(index)) tell(block, stored);
    }
  }
}
