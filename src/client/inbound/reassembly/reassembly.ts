import type { JoinedMessage, MessagePart } from '../../../text';
import type { Joined, Joiner, ReassemblyParts } from './joiner';
import { LocalReassembly } from './local-reassembly';
import { SharedReassembly } from './shared-reassembly';

/** Joins the parts of long messages: those that this client hears, or those of all instances that share its store. */
export class Reassembly implements Joiner {
  readonly #parts: ReassemblyParts;
  #incomplete: ((message: JoinedMessage) => Promise<boolean>) | undefined;
  #chosen: Joiner | undefined;

  constructor(parts: ReassemblyParts) {
    this.#parts = parts;
  }

  onIncomplete(handler: (message: JoinedMessage) => Promise<boolean>): void {
    this.#incomplete = handler;
  }

  get waiting(): number {
    return this.#chosen?.waiting ?? 0;
  }

  start(): void {
    this.#joiner.start();
  }

  add(part: MessagePart): Promise<Joined> {
    return this.#joiner.add(part);
  }

  reopen(message: JoinedMessage, last?: MessagePart): Promise<void> {
    return this.#joiner.reopen(message, last);
  }

  told(message: JoinedMessage): Promise<void> {
    return this.#joiner.told(message);
  }

  async stop(): Promise<void> {
    await this.#chosen?.stop();
  }

  /** Not before it is needed: of a plugin's store it is known when it is open whether it is shared. */
  get #joiner(): Joiner {
    return (this.#chosen ??= this.#choose());
  }

  #choose(): Joiner {
    const { shared } = this.#parts.store.capabilities;
    const joiner = shared ? new SharedReassembly(this.#parts) : new LocalReassembly(this.#parts);
    if (this.#incomplete) joiner.onIncomplete(this.#incomplete);
    return joiner;
  }
}
