import type { Agenda } from './agenda';
import type { Emitter, SmscSession } from './events';
import type { Joiner } from './joiner';
import type { SmscSettings } from './options';
import type { Outbox } from './outbox';
import type { Register } from './register';
import type { Act, Faults } from './rules';

/** What the links of one centre share. */
export interface Centre {
  readonly settings: SmscSettings;
  readonly faults: Faults;
  readonly events: Emitter;
  readonly agenda: Agenda;
  readonly register: Register;
  readonly outbox: Outbox;
  readonly joiner: Joiner;
  nextMessageId(): MessageIds;
}

/** How a message is called, in its response and in its receipt. */
export interface MessageIds {
  readonly message_id: string;
  readonly receipt_id: string;
}

/** The link that a request came over. */
export interface Origin extends SmscSession {
  /** Counts one more submit of this link, and returns which it is. */
  countSubmit(): number;
  /** Does to the link what a rule says. */
  perform(act: Act): void;
}
