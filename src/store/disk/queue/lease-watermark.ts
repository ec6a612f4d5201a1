import type { Committer } from '../commit/committer';
import type { StoreChange } from '../commit/requests';
import { damagedRecord, type OnDamage } from '../record/damage';
import { roomFor } from '../lmdb/space';
import { lastMessage, type Tables } from '../lmdb/tables';
import type { StoreTime } from '../commit/time';
import { decodeJson, type Records } from '../record/records';

const KEY = Buffer.from('lent');
const PRIORITIES = 5;
const FIRST_STEP = 512;
const LARGEST_STEP = 16_384;

interface StoredMarks {
  /** Per priority, the sequence number up to which messages may have been lent in this run. */
  readonly lent: readonly number[];
  /** Per priority, up to which they may have been on loan when a run ended without closing. */
  readonly suspect: readonly number[];
  /** Messages put off until then or earlier may have been on loan as well; by the store's time. */
  readonly suspectUntil: number;
  readonly nextSeq: number;
  /** Whether the run was closed with nothing on loan. */
  readonly clean: boolean;
}

/**
 * Knows which messages the SMSC may have seen before a crash, at the price
 * of one small write per several hundred messages instead of one per message:
 *
 *   sequence  ──── settled ────┃━━ on loan ━━┃ ··· not lent ··· ┃ ···········▶
 *                                                      the mark, written before
 *
 * Nothing behind the mark is lent. After a crash whatever is left before it
 * counts as seen, at most a step too many.
 */
export class LoanMarks {
  readonly #tables: Tables;
  readonly #committer: Committer;
  readonly #records: Records;
  /** Written and synced. */
  #lent: readonly number[];
  /** Asked for. */
  #wanted: readonly number[];
  readonly #suspect: readonly number[];
  readonly #suspectUntil: number;
  readonly #isEmpty: (priority: number) => boolean;
  readonly #failed: (error: unknown) => void;
  #step = FIRST_STEP;
  /** The first sequence number that was never given out. */
  readonly firstFreeSeq: number;

  constructor(parts: {
    tables: Tables;
    committer: Committer;
    records: Records;
    time: StoreTime;
    onDamage: OnDamage;
    isEmpty: (priority: number) => boolean;
    failed: (error: unknown) => void;
  }) {
    this.#tables = parts.tables;
    this.#committer = parts.committer;
    this.#failed = parts.failed;
    this.#records = parts.records;
    const last = parts.tables.priorities.map(lastMessage);
    const before = readMarks(parts.tables, parts.onDamage) ?? {
      ...NO_MARKS,
      lent: last,
      clean: last.every((seq) => seq === 0),
    };
    this.#suspect = before.suspect.map((seq, priority) =>
      before.clean ? seq : Math.max(seq, before.lent[priority] ?? 0),
    );
    this.#suspectUntil = before.clean ? before.suspectUntil : parts.time.now();
    this.firstFreeSeq = Math.max(before.nextSeq, 1 + Math.max(...last, ...before.lent, ...before.suspect));
    this.#lent = new Array<number>(PRIORITIES).fill(0);
    this.#wanted = [...this.#lent];
    this.#isEmpty = parts.isEmpty;
  }

  /** Moves the marks to the first messages, so that the first loans need not wait. */
  async open(): Promise<void> {
    const fronts = this.#tables.priorities.map(
      (table) => [...table.keys({ limit: 1 })][0]?.seq ?? this.firstFreeSeq,
    );
    await this.#move(fronts.map((seq) => seq + this.#step));
  }

  /** Whether a message found in its priority may be lent now; if not, that is on its way. */
  allows(priority: number, seq: number): boolean {
    const lent = this.#lent[priority] as number;
    const late = seq > lent;
    if (late) this.#step = Math.min(2 * this.#step, LARGEST_STEP);
    if (seq + this.#step / 2 > lent) this.#want(priority, seq + this.#step);
    return !late;
  }

  #want(priority: number, seq: number): void {
    if (seq - this.#step / 2 <= (this.#wanted[priority] as number)) return;
    // An empty priority has nothing that could be taken for lent, and its next message will not have to wait.
    const wanted = this.#wanted.map((mark, at) =>
      at === priority || this.#isEmpty(at) ? Math.max(mark, seq) : mark,
    );
    this.#move(wanted).catch(this.#failed);
  }

  async #move(wanted: readonly number[]): Promise<void> {
    this.#wanted = wanted;
    // Not when the promise resolves: whoever waits for messages is served before.
    const done = (): void => {
      this.#lent = this.#lent.map((mark, at) => Math.max(mark, wanted[at] as number));
    };
    const failed = (): void => void (this.#wanted = this.#lent);
    await this.#write({ lent: wanted, nextSeq: 0, clean: false }, { done, failed });
  }

  /** Whether the SMSC may have seen a message in an earlier run. */
  suspects(priority: number, seq: number, notBefore: number | undefined): boolean {
    if (notBefore !== undefined) return notBefore <= this.#suspectUntil;
    return seq <= (this.#suspect[priority] as number);
  }

  /** Nothing is on loan, and nothing will be. */
  async close(nextSeq: number): Promise<void> {
    await this.#write({ lent: new Array<number>(PRIORITIES).fill(0), nextSeq, clean: true });
  }

  #write(
    marks: Pick<StoredMarks, 'lent' | 'nextSeq' | 'clean'>,
    told: Pick<StoreChange, 'done' | 'failed'> = {},
  ): Promise<void> {
    const stored: StoredMarks = { ...marks, suspect: this.#suspect, suspectUntil: this.#suspectUntil };
    const octets = this.#records.json(stored);
    const apply = (): void => this.#tables.meta.put(KEY, octets);
    return this.#committer.make([{ room: roomFor([octets.length], 1), apply, ...told }], false);
  }
}

const NO_MARKS: StoredMarks = {
  lent: new Array<number>(PRIORITIES).fill(0),
  suspect: new Array<number>(PRIORITIES).fill(0),
  suspectUntil: 0,
  nextSeq: 1,
  clean: true,
};

/** Undefined where they are lost: then all that is stored may have been on loan. */
function readMarks({ meta }: Tables, onDamage: OnDamage): StoredMarks | undefined {
  const octets = meta.get(KEY);
  if (!octets) return NO_MARKS;
  const decoded = decodeJson<StoredMarks>(octets);
  if ('value' in decoded) return decoded.value;
  onDamage(damagedRecord('The mark of what was on loan', decoded.unreadable));
  return undefined;
}
