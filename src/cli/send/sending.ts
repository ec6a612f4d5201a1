import {
  DeliveryError,
  MessageError,
  type CompleteWhen,
  type Message,
  type Outcome,
  type SmppClient,
} from '../../index';
import { SmppError } from '../../protocol';
import { CommandError, usageError } from '../errors';
import type { Row } from '../rows';
import type { Journal } from './journal';
import type { Report, Totals } from './report';

export interface SendingParts {
  readonly client: SmppClient;
  readonly report: Report;
  readonly totals: Totals;
  readonly journal: Journal | undefined;
  /** What becomes of rows that were on their way when the run before this ended. */
  readonly unsure: 'send' | 'skip';
  readonly completeWhen: CompleteWhen;
  readonly deliveredTimeout: number;
  /** Messages without an outcome at a time. */
  readonly limit: number;
  /** Ends at the first row that is bad. */
  readonly strict: boolean;
  readonly signal: AbortSignal;
  /** Called before what was begun comes back. */
  readonly ending: () => void;
}

/** Codes of messages that came back because the client was told to end. */
const RETURNED = new Set(['REMOVED', 'STOPPED', 'NOT_QUEUED']);

/** Gives rows to a client, so many at a time, and counts what becomes of them. */
export class Sending {
  readonly #parts: SendingParts;
  #outstanding = 0;
  #wake: (() => void) | undefined;
  #fault: Error | undefined;
  /** Segments that the SMSC has accepted, of rows that wait for their receipts. */
  readonly #acceptedSegments = new Map<string, number>();

  constructor(parts: SendingParts) {
    this.#parts = parts;
    const { client, completeWhen, journal } = parts;
    if (journal && completeWhen === 'delivered')
      client.on('response', (response) => this.#response(response));
  }

  /** Resolves when each row that was begun has its end; also when it was interrupted. */
  async run(rows: AsyncIterable<Row>): Promise<void> {
    const { signal } = this.#parts;
    const wake = (): void => this.#wake?.();
    signal.addEventListener('abort', wake);
    try {
      await this.#readAll(rows);
      while (this.#outstanding > 0 && !this.#isEnding) await this.#changed();
    } catch (error) {
      this.#fault ??= error as Error;
    }
    if (this.#isEnding) await this.#end();
    signal.removeEventListener('abort', wake);
    this.#parts.journal?.flush();
    if (this.#fault) throw this.#fault;
  }

  get #isEnding(): boolean {
    return this.#parts.signal.aborted || this.#fault !== undefined;
  }

  async #readAll(rows: AsyncIterable<Row>): Promise<void> {
    for await (const row of rows) {
      // What is read after the interruption may be half a row.
      if (this.#isEnding || !(await this.#take(row))) return;
      while (this.#outstanding >= this.#parts.limit && !this.#isEnding) await this.#changed();
    }
  }

  /** False: nothing further is to be read. */
  async #take(row: Row): Promise<boolean> {
    const { totals, journal, unsure, report, strict } = this.#parts;
    totals.rows++;
    totals.read = row.offset;
    if (row.fields === undefined) {
      totals.invalid++;
      await report.invalid(row, row.problem ?? 'it cannot be read');
      return !strict;
    }
    const state = journal?.stateOf(row.number, row.fields);
    if (state === 'accepted' || (state === 'sent' && unsure === 'skip')) {
      totals[state === 'accepted' ? 'skipped' : 'unsure']++;
      return true;
    }
    journal?.sent(row.number, row.fields);
    this.#outstanding++;
    void this.#sendOne(row, row.fields)
      .catch((error: unknown) => {
        this.#fault ??= error as Error;
      })
      .finally(() => {
        this.#outstanding--;
        this.#wake?.();
      });
    // A column that is no field is noticed before anything else goes out.
    if (totals.rows === 1) await new Promise(setImmediate);
    return true;
  }

  async #sendOne(row: Row, message: Message): Promise<void> {
    const { client, completeWhen, deliveredTimeout } = this.#parts;
    try {
      const options = { completeWhen, deliveredTimeout, msgid: String(row.number) };
      await this.#succeeded(row, await client.send(message, options));
    } catch (error) {
      if (!(error instanceof SmppError)) throw error;
      await this.#failed(row, error);
    } finally {
      this.#acceptedSegments.delete(String(row.number));
    }
  }

  async #succeeded(row: Row, outcome: Outcome): Promise<void> {
    const { totals, journal, report } = this.#parts;
    totals.accepted++;
    totals.segments += outcome.segments;
    journal?.ended(row.number, 'accepted', outcome.message_ids[0] ?? outcome.id);
    await report.ended(row, outcome);
  }

  async #failed(row: Row, error: SmppError): Promise<void> {
    const { totals, journal, report, strict } = this.#parts;
    const outcome = error instanceof DeliveryError ? error.outcome : undefined;
    if (error instanceof MessageError) {
      journal?.ended(row.number, 'failed', error.code);
      if (error.code === 'UNKNOWN_FIELD' && row.number === 1 && row.line > 1)
        throw unknownColumn(error.field);
      totals.invalid++;
      await report.invalid(row, error.message, error);
      if (strict) throw new StrictEnd();
      return;
    }
    if (this.#isEnding && RETURNED.has(error.code)) {
      if (outcome?.maybe_delivered || error.code === 'STOPPED') totals.unsure++;
      else {
        totals.returned++;
        journal?.ended(row.number, 'returned');
      }
      return;
    }
    totals.failed++;
    // What may have been delivered stays as on its way, so that a resumed run says so.
    const wasAccepted = ['RECEIPT_TIMEOUT', 'UNDELIVERED'].includes(error.code);
    if (!outcome?.maybe_delivered && !wasAccepted)
      journal?.ended(row.number, 'failed', outcome?.command_status ?? error.code);
    await report.failed(row, error);
  }

  /** A row that waits for its receipts is accepted, and not sent again, once all its segments are. */
  #response({
    msgid,
    command_status_code,
    segments = 1,
  }: {
    msgid?: string;
    command_status_code: number;
    segments?: number;
  }): void {
    if (msgid === undefined || command_status_code !== 0) return;
    const count = (this.#acceptedSegments.get(msgid) ?? 0) + 1;
    this.#acceptedSegments.set(msgid, count);
    if (count === segments) this.#parts.journal?.ended(Number(msgid), 'accepted');
  }

  /** What is not on the wire comes back; what is gets drainTimeout for its answer. */
  async #end(): Promise<void> {
    const { client, completeWhen, ending } = this.#parts;
    ending();
    if (completeWhen !== 'queued') {
      await client.purge().catch(() => 0);
      await client.disconnect();
    }
    await client.stop();
    while (this.#outstanding > 0) await this.#changed();
  }

  /** Resolves when a message has its end, or the signal comes. */
  #changed(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

const unknownColumn = (column: string): CommandError =>
  usageError(
    `the column "${column}" is no field of a message: map it (--map ${column}=field), or pass over it (--map ${column}=)`,
    [
      'fields are destination_addr (or to), source_addr (from), short_message (text) and those of docs/reference.md',
    ],
  );

/** `--strict`, and a row was bad: that was told. */
export class StrictEnd extends CommandError {
  constructor() {
    super(1, 'ended at the first bad row (--strict)');
  }
}
