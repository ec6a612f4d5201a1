import type { StoreCore } from '../commit/core';
import { MetaRecord } from '../commit/meta';
import type { StoreChange } from '../commit/requests';
import { lastMessage } from '../lmdb/tables';

const PRIORITIES = 5;
const FIRST_STEP = 512;
const LARGEST_STEP = 16_384;
const ZEROS: readonly number[] = new Array<number>(PRIORITIES).fill(0);

interface StoredWatermark {
  /** Per priority, the sequence number up to which messages may have been leased in this run. */
  readonly upTo: readonly number[];
  /** Per priority, up to which they may have been leased when a run ended without closing. */
  readonly suspect: readonly number[];
  /** Messages put off until then or earlier may have been leased as well; by the store's time. */
  readonly suspectUntil: number;
  readonly nextSeq: number;
  /** Whether the run was closed with nothing leased. */
  readonly clean: boolean;
}

const NOTHING: StoredWatermark = { upTo: ZEROS, suspect: ZEROS, suspectUntil: 0, nextSeq: 1, clean: true };

/**
 * Knows which messages the SMSC may have seen before a crash, at the price
 * of one small write per several hundred messages instead of one per message:
 *
 *   sequence  ──── settled ────┃━━ leased ━━┃ ··· not leased ··· ┃ ···········▶
 *                                                    the watermark, written before
 *
 * Nothing behind the watermark is leased. After a crash whatever is left before it
 * counts as seen, at most a step too many.
 */
export class LeaseWatermark {
  readonly #core: StoreCore;
  readonly #record: MetaRecord<StoredWatermark>;
  /** Written and synced. */
  #upTo = ZEROS;
  /** Asked for. */
  #wanted = ZEROS;
  readonly #suspect: readonly number[];
  readonly #suspectUntil: number;
  readonly #isEmpty: (priority: number) => boolean;
  readonly #failed: (error: unknown) => void;
  #step = FIRST_STEP;
  /** The first sequence number that was never given out. */
  readonly firstFreeSeq: number;

  /** `isEmpty` of a priority; `failed` hears why the watermark could not be moved. */
  constructor(core: StoreCore, isEmpty: (priority: number) => boolean, failed: (error: unknown) => void) {
    this.#core = core;
    this.#isEmpty = isEmpty;
    this.#failed = failed;
    this.#record = new MetaRecord(core, 'leases', 'The mark of what was leased');
    const last = core.tables.priorities.map(lastMessage);
    const read = this.#record.read();
    // Where it is lost, all that is stored may have been leased.
    const isLost = read === null;
    const before = isLost
      ? { ...NOTHING, upTo: last, clean: last.every((seq) => seq === 0) }
      : (read ?? NOTHING);
    const { clean, upTo, suspect } = before;
    this.#suspect = suspect.map((seq, priority) => (clean ? seq : Math.max(seq, upTo[priority] ?? 0)));
    this.#suspectUntil = clean ? before.suspectUntil : core.time.now();
    this.firstFreeSeq = Math.max(before.nextSeq, 1 + Math.max(...last, ...upTo, ...suspect));
  }

  /** Moves it to the first messages, so that the first leases need not wait. */
  async open(): Promise<void> {
    const fronts = this.#core.tables.priorities.map(
      (table) => [...table.keys({ limit: 1 })][0]?.seq ?? this.firstFreeSeq,
    );
    await this.#move(fronts.map((seq) => seq + this.#step));
  }

  /** Whether a message found in its priority may be leased now; if not, that is on its way. */
  allows(priority: number, seq: number): boolean {
    const upTo = this.#upTo[priority] as number;
    const late = seq > upTo;
    if (late) this.#step = Math.min(2 * this.#step, LARGEST_STEP);
    if (seq + this.#step / 2 > upTo) this.#want(priority, seq + this.#step);
    return !late;
  }

  #want(priority: number, seq: number): void {
    if (seq - this.#step / 2 <= (this.#wanted[priority] as number)) return;
    // An empty priority has nothing that could be taken for leased, and its next message will not have to wait.
    const wanted = this.#wanted.map((mark, at) =>
      at === priority || this.#isEmpty(at) ? Math.max(mark, seq) : mark,
    );
    this.#move(wanted).catch(this.#failed);
  }

  async #move(wanted: readonly number[]): Promise<void> {
    this.#wanted = wanted;
    // Not when the promise resolves: whoever waits for messages is served before.
    const done = (): void => {
      this.#upTo = this.#upTo.map((mark, at) => Math.max(mark, wanted[at] as number));
    };
    const failed = (): void => void (this.#wanted = this.#upTo);
    await this.#write({ upTo: wanted, nextSeq: 0, clean: false }, { done, failed });
  }

  /** Whether the SMSC may have seen a message in an earlier run. */
  suspects(priority: number, seq: number, notBefore: number | undefined): boolean {
    if (notBefore !== undefined) return notBefore <= this.#suspectUntil;
    return seq <= (this.#suspect[priority] as number);
  }

  /** Nothing is leased, and nothing will be. */
  async close(nextSeq: number): Promise<void> {
    await this.#write({ upTo: ZEROS, nextSeq, clean: true });
  }

  #write(
    marks: Pick<StoredWatermark, 'upTo' | 'nextSeq' | 'clean'>,
    told: Pick<StoreChange, 'done' | 'failed'> = {},
  ): Promise<void> {
    const stored = { ...marks, suspect: this.#suspect, suspectUntil: this.#suspectUntil };
    return this.#core.committer.make([{ ...this.#record.change(stored), ...told }]);
  }
}
