import type { PduOf } from '../protocol';
import { stateNumber, type ReceiptState } from './receipt-states';

type SubmitSm = PduOf<'submit_sm'>;

export type Recipient = Pick<SubmitSm, 'dest_addr_ton' | 'dest_addr_npi' | 'destination_addr'>;

/** Fields of a message that replace_sm may change. */
type Changing = Pick<SubmitSm, 'schedule_delivery_time' | 'validity_period' | 'registered_delivery'>;
type Lasting = Pick<SubmitSm, 'service_type' | 'source_addr_ton' | 'source_addr_npi' | 'source_addr'> &
  Pick<SubmitSm, 'protocol_id' | 'priority_flag' | 'data_coding'>;

/** What is kept of a broadcast. */
export interface Broadcast {
  /** Where it goes: those of its areas that are known here. */
  readonly areas: readonly Buffer[];
  /** Its broadcast_content_type in hexadecimal digits. */
  readonly contentType: string;
  /** The user_message_reference that it was given by. */
  readonly reference: number | undefined;
}

/** A message that the SMSC has taken, as far as later requests and its receipt need it. */
export interface TakenMessage extends Readonly<Lasting>, Changing {
  readonly message_id: string;
  /** What its receipt calls it. */
  readonly receipt_id: string;
  readonly system_id: string;
  /** None for a broadcast. */
  readonly recipients: readonly Recipient[];
  /** Epoch milliseconds. */
  readonly submittedAt: number;
  readonly finalAt: number;
  /** Monotonic milliseconds: from then on it is at its end, whatever the clock shows. */
  readonly dueAt: number;
  /** Of broadcast_sm. */
  readonly broadcast: Broadcast | undefined;
  /** Its octets as Latin-1: a string costs a third of a Buffer. */
  short_message: string;
  /** Its beginning, as far as the receipt repeats it; empty where no receipt is asked for. */
  text: string;
  /** When it was cancelled, before its end; epoch milliseconds. */
  cancelledAt: number | undefined;
  /** What it counts for in the store, and among those whose receipts are to come; the store's own. */
  stored: number;
  reserved: number;
}

/** What has become of a message at a time. */
export interface MessageStatus {
  /** Undefined: on its way. */
  readonly state: ReceiptState | undefined;
  /** The value of the field message_state. */
  readonly message_state: number;
  /** Epoch milliseconds; undefined while on its way. */
  readonly doneAt: number | undefined;
}

const CAPACITY = 10_000;
const MOST_OCTETS = 16 * 1024 * 1024;
/** Messages whose receipts are to come, and what they take, the forgotten ones too. */
const MOST_RESERVED = 100_000;
const RESERVED_OCTETS = 32 * 1024 * 1024;
/** Octets that keeping a message costs beside its recipients, texts and areas, and each of these. Measured. */
const OVERHEAD = 800;
const PER_RECIPIENT = 450;
const PER_BUFFER = 200;

function octetsOf({ recipients, short_message, broadcast, text }: TakenMessage): number {
  let octets = OVERHEAD + recipients.length * PER_RECIPIENT + short_message.length + 2 * text.length;
  if (broadcast) for (const area of broadcast.areas) octets += area.length + PER_BUFFER;
  return octets;
}

/** The newest messages of an SMSC, by their ids; older ones are forgotten. */
export class MessageStore {
  readonly #outcome: ReceiptState;
  readonly #capacity: number;
  readonly #messages = new Map<string, TakenMessage>();
  /** One for many: a new one walks over all that was deleted in front. None while nothing is to go: it keeps that alive. */
  #oldest: Iterator<string> | undefined;
  #octets = 0;
  #reserved = 0;
  #reservedOctets = 0;

  constructor(outcome: ReceiptState, capacity = CAPACITY) {
    this.#outcome = outcome;
    this.#capacity = capacity;
  }

  add(message: TakenMessage): void {
    this.#forget(message.message_id);
    message.stored = octetsOf(message);
    this.#messages.set(message.message_id, message);
    this.#octets += message.stored;
    if (!this.#isOver) this.#oldest = undefined;
    while (this.#isOver) {
      const next = (this.#oldest ??= this.#messages.keys()).next();
      if (next.done) this.#oldest = undefined;
      else this.#forget(next.value);
    }
  }

  get #isOver(): boolean {
    return this.#messages.size > this.#capacity || this.#octets > MOST_OCTETS;
  }

  #forget(messageId: string): void {
    const message = this.#messages.get(messageId);
    if (!message) return;
    this.#messages.delete(messageId);
    this.#octets -= message.stored;
  }

  /** Whether there is room to keep a message until its receipt goes out; then {@link release} gives it back. */
  reserve(message: TakenMessage): boolean {
    const octets = octetsOf(message);
    if (this.#reserved >= MOST_RESERVED || this.#reservedOctets + octets > RESERVED_OCTETS) return false;
    this.release(message);
    message.reserved = octets;
    this.#reserved++;
    this.#reservedOctets += octets;
    return true;
  }

  release(message: TakenMessage): void {
    if (message.reserved === 0) return;
    this.#reserved--;
    this.#reservedOctets -= message.reserved;
    message.reserved = 0;
  }

  /** One message of an account. */
  find(systemId: string, messageId: string): TakenMessage | undefined {
    const message = this.#messages.get(messageId);
    return message?.system_id === systemId ? message : undefined;
  }

  /** All messages of an account that fit, oldest first. */
  all(systemId: string, fits: (message: TakenMessage) => boolean): TakenMessage[] {
    return [...this.#messages.values()].filter((message) => message.system_id === systemId && fits(message));
  }

  /** `now` in monotonic milliseconds. */
  status({ cancelledAt, finalAt, dueAt }: TakenMessage, now: number): MessageStatus {
    if (cancelledAt !== undefined) return reached('DELETED', cancelledAt);
    if (now >= dueAt) return reached(this.#outcome, finalAt);
    return { state: undefined, message_state: stateNumber('ENROUTE'), doneAt: undefined };
  }

  clear(): void {
    this.#messages.clear();
    this.#oldest = undefined;
    this.#octets = 0;
    this.#reserved = 0;
    this.#reservedOctets = 0;
  }
}

function reached(state: ReceiptState, doneAt: number): MessageStatus {
  return { state, message_state: stateNumber(state), doneAt };
}
