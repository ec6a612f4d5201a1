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

/** The newest messages of a centre, by their ids; older ones are forgotten. */
export class Register {
  readonly #outcome: ReceiptState;
  readonly #capacity: number;
  readonly #messages = new Map<string, TakenMessage>();
  /** One for all: a new one walks over all that was deleted in front. */
  #oldest = this.#messages.keys();

  constructor(outcome: ReceiptState, capacity = CAPACITY) {
    this.#outcome = outcome;
    this.#capacity = capacity;
  }

  add(message: TakenMessage): void {
    this.#messages.delete(message.message_id);
    this.#messages.set(message.message_id, message);
    while (this.#messages.size > this.#capacity) {
      const next = this.#oldest.next();
      // At its end it stays there.
      if (next.done) this.#oldest = this.#messages.keys();
      else this.#messages.delete(next.value);
    }
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

  whereabouts(message: TakenMessage, now: number): Whereabouts {
    const { cancelledAt, finalAt } = message;
    if (cancelledAt !== undefined) return reached('DELETED', cancelledAt);
    if (now >= finalAt) return reached(this.#outcome, finalAt);
    return { state: undefined, message_state: stateNumber('ENROUTE'), doneAt: undefined };
  }

  clear(): void {
    this.#messages.clear();
  }
}

function reached(state: ReceiptState, doneAt: number): Whereabouts {
  return { state, message_state: stateNumber(state), doneAt };
}
