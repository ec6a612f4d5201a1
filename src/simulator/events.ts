import { guarded, type Log } from '../observability';
import type { QueuedCommand } from '../protocol';
import type { BindCommand, SessionState } from '../session';
import type { PartInfo } from '../text';

/** One link of a client, as it stands. */
export interface SmscSession {
  /** Counts the links of this centre, from 1. */
  readonly id: number;
  readonly peer: string;
  readonly system_id: string;
  /** Undefined until bound. */
  readonly bind_type: 'transmitter' | 'receiver' | 'transceiver' | undefined;
  /** The client's: 0x33, 0x34, 0x50. */
  readonly interface_version: number;
  readonly state: SessionState;
  /** Submits that came over it, refused ones too. */
  readonly submitted: number;
  /** Drops the link without a word. */
  drop(): void;
  /** Unbinds it properly; resolves when the client has answered, or not for a second. */
  unbind(): Promise<void>;
}

/** A submit that was taken. Beside these it has all fields of its PDU by their specification names. */
export interface SubmitEvent {
  readonly command: QueuedCommand;
  readonly sequence_number: number;
  readonly message_id: string;
  /** The account. */
  readonly system_id: string;
  readonly session: SmscSession;
  /**
   * Of a long message undefined, until the part that completes it has come: then all of it. Also undefined where
   * the octets are no text.
   */
  readonly text: string | undefined;
  /** What the text was decoded from: this part's octets without their user data header. */
  readonly octets: Buffer;
  /** Which part of a long message it is. */
  readonly part?: PartInfo;
  readonly tlvs: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** A submit that was not taken. */
export interface RefusedEvent {
  readonly command: SubmitEvent['command'];
  readonly sequence_number: number;
  readonly system_id: string;
  readonly session: SmscSession;
  /** The refusal; undefined where a rule left it unanswered. */
  readonly command_status: string | undefined;
  readonly tlvs: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** A client tried to bind. */
export interface BindEvent {
  readonly command: BindCommand;
  readonly system_id: string;
  /** ESME_ROK, or why not. */
  readonly command_status: string;
  readonly session: SmscSession;
}

/** A link is gone; `unbind` comes before it where the client unbound first. */
export interface CloseEvent {
  readonly session: SmscSession;
  /** For people. */
  readonly reason: string;
}

/** A receipt has been answered by the client, or given up. */
export interface ReceiptEvent {
  readonly message_id: string;
  readonly system_id: string;
  readonly stat: string;
  /** The client's answer; undefined where there was none. */
  readonly command_status: string | undefined;
}

/** Any PDU, whole. */
export interface PduEvent {
  readonly direction: 'in' | 'out';
  /** Valid during the call only; copy what you keep. */
  readonly octets: Buffer;
  readonly session: SmscSession;
}

export interface SmscEvents {
  submit: SubmitEvent;
  refused: RefusedEvent;
  bind: BindEvent;
  unbind: { readonly session: SmscSession };
  close: CloseEvent;
  receipt: ReceiptEvent;
  pdu: PduEvent;
}

export type SmscEventName = keyof SmscEvents;

type Handler = (event: never) => unknown;

/** Handlers by event. One that throws, or rejects, is logged and harms nobody. */
export class Emitter {
  readonly #handlers = new Map<SmscEventName, Set<Handler>>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  on<E extends SmscEventName>(name: E, handler: (event: SmscEvents[E]) => unknown): void {
    const handlers = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, handlers.add(handler));
  }

  off<E extends SmscEventName>(name: E, handler: (event: SmscEvents[E]) => unknown): void {
    this.#handlers.get(name)?.delete(handler);
  }

  has(name: SmscEventName): boolean {
    return (this.#handlers.get(name)?.size ?? 0) > 0;
  }

  emit<E extends SmscEventName>(name: E, event: SmscEvents[E]): void {
    const failed = (error: unknown): void =>
      this.#log.error({ event: name, stage: 'handler', err: error }, `a handler of "${name}" failed`);
    for (const handler of this.#handlers.get(name) ?? []) {
      guarded(handler as (event: SmscEvents[E]) => unknown, failed)(event);
    }
  }
}
