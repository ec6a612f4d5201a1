import { copyDeliveryState, isUntouched, newDeliveryState } from '../../delivery-state';
import { RecordReader, RecordWriter } from '../../record/bytes';
import { readItem, writeItem } from '../../record/message-codec';
import type { DeadLetter, DeadReason, DeliveryState, QueueItem } from '../../types';

/** The first octet of our records: how the rest is written. */
export const VERSION = 1;

/** The name of an entry's field, and its value. */
export interface Fields {
  /** `m`: a message of ours; `json`: another program's. */
  readonly field: string;
  readonly value: Buffer;
}

export type ReadItem = { readonly item: QueueItem } | { readonly reason: DeadReason };

const NEWER: DeadReason = {
  code: 'INVALID_RECORD',
  text: 'a newer version of this package has written it; update this one, then replay it',
};
const DAMAGED: DeadReason = { code: 'INVALID_RECORD', text: 'the record is damaged' };

export class RecordCodec {
  readonly #writer = new RecordWriter();

  /** The octets stay as they are. */
  writeItem(item: QueueItem): Buffer {
    const writer = this.#writer;
    writer.begin(0);
    writer.octet(VERSION);
    writeItem(writer, item);
    return writer.octets;
  }

  writeLetter({ item, state, reason, failedAt, record }: DeadLetter, field = 'json'): Buffer {
    const writer = this.#writer;
    writer.begin(0);
    writer.octet(VERSION);
    writer.double(failedAt);
    writer.text(JSON.stringify(reason));
    writer.text(stateOf(state));
    writer.text(record ? field : '');
    if (record) writer.buffer(record);
    writeItem(writer, item);
    return writer.octets;
  }
}

export function readRecord(octets: Buffer): ReadItem {
  if (octets[0] !== VERSION) return { reason: octets.length > 0 && octets[0] !== 0 ? NEWER : DAMAGED };
  try {
    const item = readItem(new RecordReader(octets, 1));
    return item.priority <= 4 ? { item } : { reason: DAMAGED };
  } catch {
    return { reason: DAMAGED };
  }
}

/** A letter, and the name of the field that its record stood in. Undefined: written by a newer version, or damaged. */
export function readLetter(octets: Buffer): { letter: DeadLetter; field: string } | undefined {
  if (octets[0] !== VERSION) return undefined;
  try {
    const reader = new RecordReader(octets, 1);
    const failedAt = reader.double();
    const reason = JSON.parse(reader.text()) as DeadReason;
    const written = reader.text();
    const field = reader.text();
    const record = field === '' ? {} : { record: reader.copy() };
    const item = readItem(reader, true);
    return { letter: { item, state: readState(written, item), reason, failedAt, ...record }, field };
  } catch {
    return undefined;
  }
}

/** `S` and its JSON; in Redis an `R` in its place marks it as redelivered, also where no JSON follows. */
export function writeState(state: DeliveryState): string {
  return `S${JSON.stringify(copyDeliveryState(state))}`;
}

/** Blank where nothing happened. */
export const stateOf = (state: DeliveryState): string => (isUntouched(state) ? '' : writeState(state));

export function readState(written: string, item: QueueItem): DeliveryState {
  const fresh = newDeliveryState(item);
  if (written === '') return fresh;
  const state = written.length > 1 ? { ...fresh, ...parsed(written.slice(1)) } : fresh;
  if (written.startsWith('R')) state.redelivered = true;
  return state;
}

/** What cannot be read is taken for a message that the SMSC may have seen. */
function parsed(json: string): Partial<DeliveryState> {
  try {
    return JSON.parse(json) as DeliveryState;
  } catch {
    return { redelivered: true };
  }
}

/** The first field of an entry; of one without fields: none. */
export function fieldsOf(list: unknown): Fields {
  const [field, value] = Array.isArray(list) ? (list as Buffer[]) : [];
  return { field: field === undefined ? '' : String(field), value: value ?? Buffer.alloc(0) };
}

/** Milliseconds at which an entry of a stream was added, by the server's clock. */
export const addedAt = (entryId: string): number => Number(entryId.slice(0, entryId.indexOf('-')));
