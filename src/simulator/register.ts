import { stateNumber, type ReceiptState } from './receipt-text';

export interface Recipient {
  readonly dest_addr_ton: number;
  readonly dest_addr_npi: number;
  readonly destination_addr: string;
}

/** A message that the centre has taken, as far as later requests and its receipt need it. */
export interface TakenMessage {
  readonly message_id: string;
  /** What its receipt calls it. */
  readonly receipt_id: string;
  readonly system_id: string;
  readonly service_type: string;
  readonly source_addr_ton: number;
  readonly source_addr_npi: number;
  readonly source_addr: string;
  /** None for a broadcast. */
  readonly recipients: readonly Recipient[];
  readonly protocol_id: number;
  readonly priority_flag: number;
  readonly data_coding: number;
  /** Epoch milliseconds. */
  readonly submittedAt: number;
  readonly finalAt: number;
  /** Monotonic milliseconds: from then on it is at its end, whatever the clock shows. */
  readonly dueAt: number;
  /** Of a broadcast: where it goes. */
  readonly areas?: readonly Buffer[];
  schedule_delivery_time: string;
  validity_period: string;
  registered_delivery: number;
  short_message: Buffer;
  text: string;
  /** Cancelled before its end. */
  cancelledAt?: number;
}

/** Where a message is at a time. */
export interface Whereabouts {
  /** Undefined: on its way. */
  readonly state: ReceiptState | undefined;
  readonly message_state: number;
  /** Epoch milliseconds; undefined while on its way. */
  readonly doneAt: number | undefined;
}

const CAPACITY = 10_000;
const MOST_OCTETS = 16 * 1024 * 1024;
/** Messages whose receipts are to come, and what they take, the forgotten ones too. */
const MOST_PROMISED = 100_000;
const PROMISED_OCTETS = 32 * 1024 * 1024;
/** What keeping a message costs beside its recipients, texts and octets, and each of these. Measured. */
const OVERHEAD = 800;
const PER_RECIPIENT = 450;
const PER_BUFFER = 200;

function octetsOf({ recipients = [], short_message, areas = [], text = '' }: Partial<TakenMessage>): number {
  const inBuffers = [short_message ?? '', ...areas].reduce((sum, { length }) => sum + length + PER_BUFFER, 0);
  return OVERHEAD + recipients.length * PER_RECIPIENT + inBuffers + 2 * text.length;
}

/** The newest messages of a centre, by their ids; older ones are forgotten. */
export class Register {
  readonly #outcome: ReceiptState;
  readonly #capacity: number;
  readonly #messages = new Map<string, { readonly message: TakenMessage; readonly octets: number }>();
  /** One for many: a new one walks over all that was deleted in front. None while nothing is to go: it keeps that alive. */
  #oldest: Iterator<string> | undefined;
  readonly #promised = new Map<TakenMessage, number>();
  #octets = 0;
  #promisedOctets = 0;

  constructor(outcome: ReceiptState, capacity = CAPACITY) {
    this.#outcome = outcome;
    this.#capacity = capacity;
  }

  add(message: TakenMessage): void {
    this.#forget(message.message_id);
    const octets = octetsOf(message);
    this.#messages.set(message.message_id, { message, octets });
    this.#octets += octets;
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
    const kept = this.#messages.get(messageId);
    if (kept && this.#messages.delete(messageId)) this.#octets -= kept.octets;
  }

  /** Whether there is room to keep a message until its receipt goes out; then {@link kept} gives it back. */
  promise(message: TakenMessage): boolean {
    const octets = octetsOf(message);
    if (this.#promised.size >= MOST_PROMISED || this.#promisedOctets + octets > PROMISED_OCTETS) return false;
    this.kept(message);
    this.#promised.set(message, octets);
    this.#promisedOctets += octets;
    return true;
  }

  kept(message: TakenMessage): void {
    this.#promisedOctets -= this.#promised.get(message) ?? 0;
    this.#promised.delete(message);
  }

  /** One message of an account. */
  find(systemId: string, messageId: string): TakenMessage | undefined {
    const message = this.#messages.get(messageId)?.message;
    return message?.system_id === systemId ? message : undefined;
  }

  /** All messages of an account that fit, oldest first. */
  all(systemId: string, fits: (message: TakenMessage) => boolean): TakenMessage[] {
    const all = [...this.#messages.values()].map(({ message }) => message);
    return all.filter((message) => message.system_id === systemId && fits(message));
  }

  /** `now` in monotonic milliseconds. */
  whereabouts(message: TakenMessage, now: number): Whereabouts {
    const { cancelledAt, finalAt, dueAt } = message;
    if (cancelledAt !== undefined) return reached('DELETED', cancelledAt);
    if (now >= dueAt) return reached(this.#outcome, finalAt);
    return { state: undefined, message_state: stateNumber('ENROUTE'), doneAt: undefined };
  }

  clear(): void {
    this.#messages.clear();
    this.#promised.clear();
    this.#octets = 0;
    this.#promisedOctets = 0;
  }
}

function reached(state: ReceiptState, doneAt: number): Whereabouts {
  return { state, message_state: stateNumber(state), doneAt };
}
