import type { Clock } from '../clock';
import type { QueuedCommand } from '../protocol';
import {
  Reassembler,
  decodeParts,
  decodeText,
  readUserData,
  udhFields,
  type CodingOptions,
  type JoinedMessage,
  type PartInfo,
  type UdhFields,
  type UserData,
} from '../text';
import type { SubmitPdu, SubmittedMessage } from './types';

/** What a part had as its answer, kept with it. */
interface PartContext {
  id: string;
}

/** A message as handlers get it; its text is decoded only where it is read. */
export class Submitted implements SubmittedMessage {
  readonly #data: UserData;
  readonly #coding: CodingOptions;
  #text: { readonly value: string | undefined } | undefined;
  readonly #joined: JoinedMessage | undefined;
  readonly pdu: SubmitPdu;

  /** `joined`: the long message that this part completes; null: it is a part whose text is that of the whole. */
  constructor(pdu: SubmitPdu, data: UserData, coding: CodingOptions, joined?: JoinedMessage | null) {
    this.pdu = pdu;
    this.#data = data;
    this.#coding = coding;
    this.#joined = joined ?? undefined;
    if (joined === null) this.#text = { value: undefined };
  }

  get command(): QueuedCommand {
    return this.pdu.command;
  }

  get source_addr(): string {
    return this.pdu.source_addr;
  }

  get destination_addr(): string {
    return this.destinations[0] ?? '';
  }

  get destinations(): readonly string[] {
    const { pdu } = this;
    if (pdu.command === 'broadcast_sm') return [];
    if (pdu.command !== 'submit_multi') return [pdu.destination_addr];
    return pdu.dest_address.flatMap((one) => (one.dest_flag === 1 ? [one.destination_addr] : []));
  }

  /** SMPP 3.4 section 5.2.17. */
  get wantsReceipt(): boolean {
    return 'registered_delivery' in this.pdu && (this.pdu.registered_delivery & 0x03) !== 0;
  }

  get octets(): Buffer {
    return this.#data.octets;
  }

  get part(): PartInfo | undefined {
    return this.#data.part;
  }

  get udh(): UdhFields | undefined {
    return this.#data.udh && udhFields(this.#data.udh.elements);
  }

  get text(): string | undefined {
    return (this.#text ??= { value: this.#decode() }).value;
  }

  get otherIds(): readonly string[] {
    const own = this.part?.part;
    const others = this.#joined?.parts.filter(({ part }) => part !== own) ?? [];
    return others.map(({ context }) => (context as PartContext | undefined)?.id ?? '');
  }

  #decode(): string | undefined {
    if (this.#joined) return decodeParts(this.#joined.parts, this.#coding).text;
    const { octets, udh } = this.#data;
    try {
      return decodeText(octets, this.pdu.data_coding, { ...this.#coding, udh });
    } catch {
      // Binary, of an unknown coding, or not what its data_coding says: the octets are all there is.
      return undefined;
    }
  }
}

/** What is to be told of the part that a message is, once it is answered. */
export type PartAnswered = (messageId: string | undefined) => void;

/** Makes messages of PDUs, and joins the parts of long ones. What never becomes whole is forgotten. */
export class MessageReader {
  readonly #clock: Clock;
  readonly #coding: CodingOptions;
  readonly #joins: boolean;
  #reassembler = newReassembler();

  constructor(clock: Clock, coding: CodingOptions, joins: boolean) {
    this.#clock = clock;
    this.#coding = coding;
    this.#joins = joins;
  }

  /** `answered` must be called with the message_id, or undefined where the message was not taken: then it may come again. */
  read(pdu: SubmitPdu, systemId: string): { message: Submitted; answered?: PartAnswered } {
    const data = readUserData(pdu);
    if (!this.#joins || !data.part) return { message: new Submitted(pdu, data, this.#coding) };
    const { message: joined, context } = this.#join(pdu, data, data.part, systemId);
    const answered: PartAnswered = (id) => {
      context.id = id ?? '';
      if (id === undefined && joined)
        this.#reassembler.reopen(joined, data.part?.part, this.#clock.monotonic());
    };
    return { message: new Submitted(pdu, data, this.#coding, joined ?? null), answered };
  }

  clear(): void {
    this.#reassembler = newReassembler();
  }

  #join(
    pdu: SubmitPdu,
    { octets, header }: UserData,
    part: PartInfo,
    systemId: string,
  ): { message: JoinedMessage | undefined; context: PartContext } {
    const now = this.#clock.monotonic();
    this.#reassembler.expire(now);
    const context: PartContext = { id: '' };
    const { message } = this.#reassembler.add(
      {
        ...part,
        // Clients may have the same numbers; their parts are not to be mixed.
        source: `${systemId}:${pdu.source_addr}`,
        destination: 'destination_addr' in pdu ? pdu.destination_addr : '',
        data_coding: pdu.data_coding,
        octets: Buffer.from(octets),
        header: header && Buffer.from(header),
        context,
      },
      now,
    );
    return { message, context };
  }
}

/** A message that is sent once more is taken once more, so there are no duplicates to watch for. */
function newReassembler(): Reassembler {
  return new Reassembler({ duplicateWindow: 0 });
}
