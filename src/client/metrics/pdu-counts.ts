import { Counts, OTHER } from '../../observability';
import { STATUSES, commandName, isCommandName, isResponse, statusName } from '../../protocol';

/** All command_ids of the specifications have nine bits, beside the highest, which responses have. */
const COMMAND_BITS = 0x1ff;
const RESPONSE_SLOT = 0x200;
const SLOTS = 0x400;
/** The slot of all commands that no specification defines: no request has the command_id 0. */
const UNKNOWN_SLOT = 0;
/** Statuses that no specification defines and that have a count of their own. */
const VENDOR_STATUSES = 50;

const KNOWN: ReadonlySet<number> = new Set(Object.values(STATUSES).map(([code]) => code));

/** Where a command_id is counted; a response beside its request. */
export function slotOf(id: number): number {
  const low = id & 0x7fffffff;
  if (low > COMMAND_BITS) return UNKNOWN_SLOT;
  return isResponse(id) ? low | RESPONSE_SLOT : low;
}

/** The name of what is counted in a slot. */
export function nameOfSlot(slot: number): string {
  const id = slot >= RESPONSE_SLOT ? ((slot & COMMAND_BITS) | 0x80000000) >>> 0 : slot;
  const name = commandName(id);
  return isCommandName(name) ? name : OTHER;
}

/** How many PDUs of which command and command_status went in one direction. Counting hashes nothing where all is well. */
export class PduCounts {
  /** Requests, and responses of status 0. */
  readonly #plain = new Float64Array(SLOTS);
  /** Other responses, by `status * SLOTS + slot`. */
  readonly #refusals = new Counts<number>({
    known: (key) => KNOWN.has(Math.floor(key / SLOTS)),
    others: VENDOR_STATUSES,
  });

  add(id: number, status: number): void {
    const slot = slotOf(id);
    // Requests have none, whatever the peer writes there.
    if (status === 0 || slot < RESPONSE_SLOT) this.#plain[slot] = (this.#plain[slot] as number) + 1;
    else this.#refusals.add(status * SLOTS + slot);
  }

  /** `status` is undefined for requests. */
  *each(): Iterable<{
    readonly command: string;
    readonly status: string | undefined;
    readonly count: number;
  }> {
    for (const [slot, count] of this.#plain.entries()) {
      if (count === 0) continue;
      const status = slot < RESPONSE_SLOT ? undefined : statusName(0);
      yield { command: nameOfSlot(slot), status, count };
    }
    for (const [key, count] of this.#refusals)
      yield { command: nameOfSlot(key % SLOTS), status: statusName(Math.floor(key / SLOTS)), count };
    if (this.#refusals.rest > 0) yield { command: OTHER, status: OTHER, count: this.#refusals.rest };
  }
}
