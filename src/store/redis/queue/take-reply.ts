import type { BackendContext } from '../../backend';
import { chunksOf } from '../../chunks';
import { takeIn } from '../../foreign';
import { refusedItem } from '../../refused';
import type { DeadLetter, DeadReason, Priority, QueueItem } from '../../types';
import { newDeliveryState } from '../../delivery-state';
import type { RedisCalls } from '../connection/calls';
import {
  addedAt,
  fieldsOf,
  readRecord,
  readState,
  type Fields,
  type ReadItem,
  type RecordCodec,
} from './record';
import { RedisLease } from './lease';
import { SCRIPTS } from '../lua/queue-scripts';

/** Of one answer at most so many are asked for at once. */
const AT_ONCE = 1000;

/** An entry that was leased at the server and is not a message of ours as it should be. */
interface UnreadEntry extends Fields {
  readonly p: number;
  readonly entry: string;
  readonly state: string;
  read: ReadItem | undefined;
}

/** What cannot be sent, and the name of the entry that is to go with it. */
export interface Refused {
  readonly name: string;
  readonly letter: DeadLetter;
  readonly field: string;
}

export interface TakenBatch {
  readonly leases: RedisLease[];
  readonly refused: readonly Refused[];
}

/** Makes leases of what the script `take` answers; records of other programs pass intake first, in their order. */
export class TakeReplyReader {
  readonly #calls: RedisCalls;
  readonly #codec: RecordCodec;
  readonly #context: Pick<BackendContext, 'prepare' | 'clock' | 'random'>;

  constructor(
    calls: RedisCalls,
    codec: RecordCodec,
    context: Pick<BackendContext, 'prepare' | 'clock' | 'random'>,
  ) {
    this.#calls = calls;
    this.#codec = codec;
    this.#context = context;
  }

  /**
   * `answer`: from its third element on. What was made of a record is stored before it is leased, so that reference numbers
   * and accepted segments outlive a crash. Rejects where intake itself fails for now.
   */
  read(answer: readonly unknown[]): TakenBatch | Promise<TakenBatch> {
    const all: (RedisLease | UnreadEntry)[] = [];
    const foreign: UnreadEntry[] = [];
    for (let at = 0; at < answer.length; at += 3) {
      const p = answer[at] as number;
      const entries = answer[at + 1] as [Buffer, unknown][];
      const states = answer[at + 2] as (Buffer | null)[];
      for (let index = 0; index < entries.length; index++) {
        const [id, list] = entries[index] as [Buffer, unknown];
        const state = states[index]?.toString() ?? '';
        const one = readEntry(p, id.toString('latin1'), list, state);
        all.push(one);
        if (!(one instanceof RedisLease) && !one.read) foreign.push(one);
      }
    }
    return foreign.length === 0 ? this.#takenOf(all) : this.#prepare(foreign).then(() => this.#takenOf(all));
  }

  #takenOf(all: readonly (RedisLease | UnreadEntry)[]): TakenBatch {
    const leases: RedisLease[] = [];
    const refused: Refused[] = [];
    for (const one of all) {
      if (one instanceof RedisLease) leases.push(one);
      else if (one.read && 'item' in one.read) leases.push(leaseOf(one, one.read.item));
      else if (one.read)
        refused.push({
          name: `${one.p}:${one.entry}`,
          letter: this.#letter(one, one.read.reason),
          field: one.field,
        });
    }
    return { leases, refused };
  }

  #letter({ p, entry, value: record }: UnreadEntry, reason: DeadReason): DeadLetter {
    const id = Buffer.from(this.#context.random(12)).toString('hex');
    const item = refusedItem(record, id, addedAt(entry), p as Priority);
    return { item, state: newDeliveryState(item), reason, failedAt: this.#context.clock.now(), record };
  }

  async #prepare(foreign: readonly UnreadEntry[]): Promise<void> {
    for (const chunk of chunksOf(foreign, AT_ONCE)) {
      const names = chunk.map(({ p, entry }) => `${p}:${entry}`);
      const before = (await this.#calls.run(SCRIPTS.preparedBefore, names)) as (Buffer | null)[];
      const made: { readonly leased: UnreadEntry; readonly name: string; readonly octets: Buffer }[] = [];
      for (const [at, leased] of chunk.entries()) {
        const octets = before[at];
        leased.read = octets ? readRecord(octets) : await this.#intake(leased);
        if (!octets && 'item' in leased.read)
          made.push({ leased, name: names[at] as string, octets: this.#codec.writeItem(leased.read.item) });
      }
      if (made.length === 0) continue;
      const args = [...made.map(({ name }) => name), ...made.map(({ octets }) => octets)];
      const kept = (await this.#calls.run(SCRIPTS.prepare, args)) as Buffer[];
      for (const [at, { leased, octets }] of made.entries()) {
        const stored = kept[at];
        if (stored && !stored.equals(octets)) leased.read = readRecord(stored);
      }
    }
  }

  async #intake({ p, field, value }: UnreadEntry): Promise<ReadItem> {
    if (field !== 'json') {
      const text = 'the entry has no field json; add one with XADD … json \'{"short_message": "Hi", …}\'';
      return { reason: { code: 'INVALID_RECORD', text } };
    }
    return takeIn(value, p as Priority, (message) => this.#context.prepare(message));
  }
}

/** What another program has put there is not read yet. */
function readEntry(p: number, entry: string, list: unknown, state: string): RedisLease | UnreadEntry {
  const { field, value } = fieldsOf(list);
  if (field !== 'm') return { p, entry, field, value, state, read: undefined };
  const read = readRecord(value);
  if ('reason' in read) return { p, entry, field, value, state, read };
  return new RedisLease(p, entry, read.item, readState(state, read.item), state, false);
}

const leaseOf = ({ p, entry, state, field }: UnreadEntry, item: QueueItem): RedisLease =>
  new RedisLease(p, entry, item, readState(state, item), state, field !== 'm');
