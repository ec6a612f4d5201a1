import type { Clock } from '../../../clock';
import type { Log } from '../../../observability';
import type { Store } from '../../../store';
import type { AddResult, JoinedMessage, MessagePart } from '../../../text';

export interface ReassemblyParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Where parts are kept: each when it comes, if the store outlives the process, else when the client stops. */
  readonly store: Pick<Store, 'state' | 'capabilities'>;
  /** Milliseconds after the last part. */
  readonly timeout: number;
  /**
   * Milliseconds after which a message that another instance is telling is told by the next one, for that has
   * probably died: longer than handlers may take. Default 60,000.
   */
  readonly claimTime?: number;
  /** Of a shared store: messages of which this instance has heard parts, and that wait. Default 10,000. */
  readonly maxMessages?: number;
}

export type Joined = Omit<AddResult, 'incomplete'>;

/** Joins the parts of long messages. */
export interface Joiner {
  /** Who hears of messages of which parts did not come, and resolves with whether it took them. */
  onIncomplete(handler: (message: JoinedMessage) => Promise<boolean>): void;
  /** Messages of which parts were heard here, and others are missing. */
  readonly waiting: number;
  /** Takes up what an earlier client left waiting. */
  start(): void;
  /**
   * With the whole message, or without while parts are missing: then the part is as safe as the store makes it
   * when this resolves. Who has told of the message says so by {@link told} or {@link reopen}.
   */
  add(part: MessagePart): Promise<Joined>;
  /** The SMSC sends the last part again: the others wait for it as before. Without `last`: all that came wait. */
  reopen(message: JoinedMessage, last?: MessagePart): Promise<void>;
  /** Only now its parts are dropped from the store: a crash before that tells it again. */
  told(message: JoinedMessage): Promise<void>;
  /** Leaves what waits to the next client that opens the store. */
  stop(): Promise<void>;
}
