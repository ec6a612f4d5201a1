import { DeliveryError, MessageError, type Outcome } from '../../index';
import type { SmppError } from '../../protocol';
import type { Output } from '../output';
import type { Row } from '../rows';

/** What has come of the rows so far. */
export class Totals {
  /** Rows that were looked at. */
  rows = 0;
  /** Accepted, delivered or queued, as was asked for. */
  accepted = 0;
  failed = 0;
  /** Rows that are no message. */
  invalid = 0;
  /** Accepted in an earlier run. */
  skipped = 0;
  /** Came back unsent when it was interrupted. */
  returned = 0;
  /** On their way when it was interrupted, now or before: it is not known what became of them. */
  unsure = 0;
  segments = 0;
  /** How far the file was read, in octets. */
  read = 0;
}

type Place = Pick<Row, 'number' | 'line'>;

/** Tells what became of each row: as JSON lines, or of those that failed in words. */
export class Report {
  readonly #output: Output;
  readonly #isOne: boolean;

  /** `isOne`: there is but one message, which has no row. */
  constructor(output: Output, isOne: boolean) {
    this.#output = output;
    this.#isOne = isOne;
  }

  async ended(place: Place, outcome: Outcome): Promise<void> {
    const { event, id, correlation_id, message_ids, segments, receipt } = outcome;
    if (this.#output.json) {
      const state = receipt ? { state: receipt['state'], receipt } : {};
      const facts = { id, correlation_id, message_ids, segments, ...state };
      await this.#json(event, place, facts);
    } else if (this.#isOne) {
      const ids = message_ids.length > 0 ? `, message_id ${message_ids.join(' ')}` : `, id ${id}`;
      await this.#output.print(`${event}${ids}${segments > 1 ? ` (${segments} segments)` : ''}`);
    }
  }

  async failed(place: Place, error: SmppError): Promise<void> {
    const outcome = error instanceof DeliveryError ? error.outcome : undefined;
    const { id, correlation_id, message_ids, command_status, maybe_delivered, receipt } = outcome ?? {};
    const said = { id, correlation_id, message_ids, command_status, maybe_delivered, receipt };
    const facts = { code: error.code, ...said, error: error.message };
    if (this.#output.json) await this.#json('failed', place, facts);
    else this.#output.error(this.#at(place, error.message));
  }

  async invalid(place: Place, problem: string, error?: unknown): Promise<void> {
    const facts = error instanceof MessageError ? { code: error.code, field: error.field } : {};
    if (this.#output.json) await this.#json('invalid', place, { ...facts, error: problem });
    else this.#output.error(this.#at(place, problem));
  }

  async summary(
    totals: Totals,
    seconds: number,
    interrupted: string | undefined,
    word: string,
  ): Promise<void> {
    const { rows, accepted, failed, invalid, skipped, returned, unsure, segments } = totals;
    if (this.#output.json) {
      const counts = { rows, accepted, failed, invalid, skipped, returned, unsure, segments };
      await this.#output.printJson({
        event: 'summary',
        ...counts,
        seconds,
        ...(interrupted ? { interrupted } : {}),
      });
      return;
    }
    if (this.#isOne) return;
    const told = this.words(totals, seconds, word);
    await this.#output.print(interrupted ? `interrupted by ${interrupted}; ${told}` : told);
  }

  /** `word`: what messages are that are done. */
  words(totals: Totals, seconds: number, word: string): string {
    const { rows, accepted, failed, invalid, skipped, returned, unsure, segments } = totals;
    const rate = seconds > 0 ? ` (${Math.round(accepted / seconds)}/s)` : '';
    const parts = [
      `${accepted} ${word}`,
      `${failed} failed`,
      ...(invalid > 0 ? [`${invalid} bad`] : []),
      ...(skipped > 0 ? [`${skipped} were accepted before`] : []),
      ...(returned > 0 ? [`${returned} not sent`] : []),
      ...(unsure > 0 ? [`${unsure} of which it is not known`] : []),
    ];
    return `${rows} rows: ${parts.join(', ')}; ${segments} segments in ${seconds} s${rate}`;
  }

  #at({ number, line }: Place, text: string): string {
    return this.#isOne ? text : `line ${line} (row ${number}): ${text}`;
  }

  #json(event: string, { number, line }: Place, facts: Record<string, unknown>): Promise<void> {
    return this.#output.printJson({ event, ...(this.#isOne ? {} : { row: number, line }), ...facts });
  }
}
