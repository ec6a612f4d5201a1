import type { Entry } from './entry';

/** Messages that are recorded at a time, and octets of one and of all, heads included. */
export const MOST_MESSAGES = 100;
const MOST_OCTETS = 256 * 1024;
const MOST_OCTETS_OF_ALL = 8 * 1024 * 1024;
/** What an entry takes beside its octets, about. */
const ENTRY = 100;
/** Milliseconds for which a message is recorded. */
export const KEPT_FOR = 86_400_000;
/** Requests without response that are remembered. */
const MOST_AWAITED = 10_000;
/** A message has 255 segments at most, and each may be sent several times. */
const MOST_IDS = 1000;

/** PDUs that belong to one message. */
export interface MessageRecord {
  readonly id: string;
  /** Monotonic milliseconds. */
  readonly since: number;
  readonly entries: Entry[];
  octets: number;
  /** PDUs for which there was no room. */
  missed: number;
  /** What the SMSC calls it. */
  readonly messageIds: Set<string>;
}

/** PDUs of single messages, apart from all others; the first ones of a message stay where there is no room. */
export class MessageRecords {
  readonly #records = new Map<string, MessageRecord>();
  readonly #byMessageId = new Map<string, MessageRecord>();
  /** Whose response is to come, by direction of the request, session and sequence_number. */
  readonly #awaited = { out: new Map<number, MessageRecord>(), in: new Map<number, MessageRecord>() };
  #octets = 0;

  get size(): number {
    return this.#records.size;
  }

  get all(): readonly MessageRecord[] {
    return [...this.#records.values()];
  }

  get(id: string): MessageRecord | undefined {
    return this.#records.get(id);
  }

  /** False where there are too many. */
  open(id: string, now: number): boolean {
    if (this.#records.size >= MOST_MESSAGES) return false;
    this.#records.set(id, { id, since: now, entries: [], octets: 0, missed: 0, messageIds: new Set() });
    return true;
  }

  close(id: string): boolean {
    const record = this.#records.get(id);
    if (!record) return false;
    this.#records.delete(id);
    this.#octets -= record.octets;
    for (const messageId of record.messageIds) this.#byMessageId.delete(messageId);
    for (const awaited of Object.values(this.#awaited))
      for (const [key, other] of awaited) if (other === record) awaited.delete(key);
    return true;
  }

  /** False where there is no room. */
  add(record: MessageRecord, { octets, ...entry }: Entry): boolean {
    const size = octets.length + ENTRY;
    if (record.octets + size > MOST_OCTETS || this.#octets + size > MOST_OCTETS_OF_ALL) {
      record.missed++;
      return false;
    }
    record.octets += size;
    this.#octets += size;
    // A copy that keeps no more than itself.
    const own = Buffer.allocUnsafeSlow(octets.length);
    octets.copy(own);
    record.entries.push({ ...entry, octets: own });
    return true;
  }

  /** The SMSC knows the message by this name. */
  named(record: MessageRecord, messageId: string): void {
    if (messageId === '' || record.messageIds.size >= MOST_IDS) return;
    record.messageIds.add(messageId);
    this.#byMessageId.set(messageId, record);
  }

  withMessageId(messageId: string): MessageRecord | undefined {
    return this.#byMessageId.get(messageId);
  }

  /** The response to this request is the message's, too. */
  await(direction: Entry['direction'], session: number, sequence: number, record: MessageRecord): void {
    const awaited = this.#awaited[direction];
    awaited.set(keyOf(session, sequence), record);
    for (const [oldest] of awaited) {
      if (awaited.size <= MOST_AWAITED) break;
      awaited.delete(oldest);
    }
  }

  /** Whose request a response answers; `direction` of the request. */
  answered(direction: Entry['direction'], session: number, sequence: number): MessageRecord | undefined {
    const awaited = this.#awaited[direction];
    if (awaited.size === 0) return undefined;
    const key = keyOf(session, sequence);
    const record = awaited.get(key);
    if (record) awaited.delete(key);
    return record;
  }
}

/** Exact up to 2²¹ sessions; beyond that two may meet, in what is shown and nothing else. */
function keyOf(session: number, sequence: number): number {
  return session * 0x1_0000_0000 + sequence;
}
