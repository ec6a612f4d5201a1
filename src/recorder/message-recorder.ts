import { DIRECT, commandId, decodePdu, isResponse, type CodecOptions } from '../protocol';
import type { Entry, RecordedLink } from './entry';
import type { Links } from './links';
import { MessageRecords, type MessageRecord } from './messages';
import { PduRing } from './ring';

/** Octets of the ring in which PDUs wait until it is known whose they are. */
const LOOK_BACK = 1024 * 1024;
const DIRECT_IDS: ReadonlySet<number> = new Set(DIRECT.map((command) => commandId(command)));

/** Finds the PDUs of single messages among all: by what the engine says, by responses, and by the SMSC's names. */
export class MessageRecorder {
  readonly #records = new MessageRecords();
  readonly #links: Links;
  readonly #codec: CodecOptions;
  readonly #sessions = new WeakMap<object, RecordedLink>();
  #recent: PduRing | undefined;

  constructor(links: Links, codec: CodecOptions) {
    this.#links = links;
    this.#codec = codec;
  }

  get isOn(): boolean {
    return this.#recent !== undefined;
  }

  get all(): readonly MessageRecord[] {
    return this.#records.all;
  }

  get(id: string): MessageRecord | undefined {
    return this.#records.get(id);
  }

  /** False where there are too many. */
  open(id: string, now: number): boolean {
    if (!this.#records.open(id, now)) return false;
    this.#recent ??= new PduRing(LOOK_BACK, this.#links.drop);
    return true;
  }

  close(id: string): void {
    for (const { session } of this.#records.get(id)?.entries ?? []) this.#links.drop(session);
    this.#records.close(id);
    // Without messages nothing waits to be known.
    if (this.#records.size > 0) return;
    for (const { session } of this.#recent?.entries() ?? []) this.#links.drop(session);
    this.#recent = undefined;
  }

  /** PDUs of this session come from here. */
  enter(session: object, link: RecordedLink): void {
    this.#sessions.set(session, link);
  }

  /** A request with this sequence_number has gone out, and is of this message. */
  sent(id: string, sequence: number, session: object): void {
    const record = this.#records.get(id);
    const link = this.#sessions.get(session);
    if (!record || !link) return;
    this.#keepRecent(record, link, 'out', sequence, isRequest);
    this.#records.await('out', link.session, sequence, record);
  }

  /** A request has come at this time or before that is about this message. */
  received(id: string, time: number, octets: Buffer, session: object): void {
    const record = this.#records.get(id);
    const link = this.#sessions.get(session);
    if (!record || !link) return;
    const sequence = octets.readUInt32BE(12);
    if (!this.#keepRecent(record, link, 'in', sequence, isRequest))
      this.#keep(record, link, { time, direction: 'in', session: link.session, octets });
    if (!this.#keepRecent(record, link, 'out', sequence, isAnswer))
      this.#records.await('in', link.session, sequence, record);
  }

  #keepRecent(
    record: MessageRecord,
    link: RecordedLink,
    direction: Entry['direction'],
    sequence: number,
    fits: (octets: Buffer) => boolean,
  ): boolean {
    const found = this.#recent?.findLast(
      (entry) =>
        entry.session === link.session &&
        entry.direction === direction &&
        entry.octets.readUInt32BE(12) === sequence &&
        fits(entry.octets),
    );
    if (found) this.#keep(record, link, found);
    return found !== undefined;
  }

  /** Any PDU. */
  passes(entry: Entry, link: RecordedLink): void {
    if (this.#recent?.add(entry.time, entry.direction, link.session, entry.octets)) this.#links.add(link);
    this.#attribute(entry, link);
  }

  /** Whose it is, where that shows by itself. */
  #attribute(entry: Entry, link: RecordedLink): void {
    const { octets, direction, session } = entry;
    const id = octets.readUInt32BE(4);
    const sequence = octets.readUInt32BE(12);
    if (isResponse(id)) {
      const record = this.#records.answered(direction === 'in' ? 'out' : 'in', session, sequence);
      if (!record) return;
      this.#keep(record, link, entry);
      if (direction === 'in') this.#records.named(record, this.#messageIdOf(octets));
    } else if (direction === 'out' && DIRECT_IDS.has(id)) {
      const record = this.#records.withMessageId(this.#messageIdOf(octets));
      if (!record) return;
      this.#keep(record, link, entry);
      this.#records.await('out', session, sequence, record);
    }
  }

  #messageIdOf(octets: Buffer): string {
    try {
      const pdu = decodePdu(octets, this.#codec) as unknown as Record<string, unknown>;
      return typeof pdu['message_id'] === 'string' ? pdu['message_id'] : '';
    } catch {
      return '';
    }
  }

  #keep(record: MessageRecord, link: RecordedLink, entry: Entry): void {
    if (this.#records.add(record, entry)) this.#links.add(link);
  }
}

const isRequest = (octets: Buffer): boolean => !isResponse(octets.readUInt32BE(4));
const isAnswer = (octets: Buffer): boolean => !isRequest(octets);
