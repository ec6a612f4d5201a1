import { BoundedMap } from '../../collections';

/** What the SMSC calls full for one message while it accepts others: so often, then it is set aside. */
const PATIENCE = 3;
/** A message that is called full so often while nobody else gets a chance: then others are tried. */
const ALONE_PATIENCE = 4;
/** The same where one must not overtake another. */
const STRICT_PATIENCE = 10;
const REMEMBERED = 10_000;

/** How often the SMSC had no room for a message. */
interface Fullness {
  /** While others were accepted. */
  readonly times: number;
  /** In a row, without anybody accepted. */
  readonly alone: number;
  /** Messages accepted when it was last told so. */
  readonly accepted: number;
  readonly asides: number;
}

/** A recipient whose messages were set aside, and none accepted since. */
interface Mailbox {
  /** Messages accepted, for others, when it was last called full. */
  readonly accepted: number;
  /** It was called full again after others were accepted: it is not the SMSC. */
  readonly proven: boolean;
}

/** What to do when the SMSC has no room for a message. */
export interface FullVerdict {
  /** Let others go first: they fare better, or have waited for it long enough to be tried. */
  readonly setAside: boolean;
  /** It may be the SMSC that is full. */
  readonly pause: boolean;
}

/** Tells one full mailbox from a full SMSC: both answer ESME_RMSGQFUL. */
export class FullMailboxes {
  /** By the id of the message, also while it is set aside: one that was is not waited for again. */
  readonly #full = new BoundedMap<Fullness>(REMEMBERED);
  /** By recipient: what one message has shown need not be shown again by each that follows it. */
  readonly #mailboxes = new BoundedMap<Mailbox>(REMEMBERED);
  #accepted = 0;
  readonly #alonePatience: number;

  /** `strictOrder`: nothing is to be accepted before what was sent before it. */
  constructor(strictOrder: boolean) {
    this.#alonePatience = strictOrder ? STRICT_PATIENCE : ALONE_PATIENCE;
  }

  /** The SMSC took a message for this recipient. */
  accepted(recipient: string): void {
    this.#accepted++;
    this.#mailboxes.delete(recipient);
  }

  /** The SMSC has no room for this message. */
  full(id: string, recipient: string): FullVerdict {
    const before = this.#full.get(id) ?? { times: 0, alone: 0, accepted: this.#accepted, asides: 0 };
    const overtaken = before.accepted < this.#accepted;
    const times = before.times + (overtaken || before.times === 0 ? 1 : 0);
    const alone = overtaken ? 0 : before.alone + 1;
    const proven = this.#isProven(recipient);
    const known = proven || before.asides > 0 || (overtaken && times >= PATIENCE);
    const setAside = known || alone >= this.#alonePatience;
    const asides = before.asides + (setAside ? 1 : 0);
    this.#full.set(id, { times, alone: setAside ? 0 : alone, accepted: this.#accepted, asides });
    if (setAside) this.#mailboxes.set(recipient, { accepted: this.#accepted, proven });
    return { setAside, pause: !(proven || (setAside && overtaken)) };
  }

  #isProven(recipient: string): boolean {
    const mailbox = this.#mailboxes.get(recipient);
    return mailbox !== undefined && (mailbox.proven || mailbox.accepted < this.#accepted);
  }

  /** How often it was set aside, from 1: its delay grows with it. */
  turns(id: string): number {
    return Math.max(1, this.#full.get(id)?.asides ?? 0);
  }

  forget(id: string): void {
    this.#full.delete(id);
  }
}
