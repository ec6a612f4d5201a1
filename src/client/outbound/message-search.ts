import { SmppError } from '../../protocol';
import type { CorrelationEntry, Correlator, DeadLetter, FoundMessage, Store } from '../../store';
import type { Acceptances } from './acceptances';
import { entriesOf } from './correlation-entries';

export interface MessageSearchParts {
  readonly store: Pick<Store, 'queue' | 'deadLetters'>;
  readonly correlator: Correlator;
  readonly acceptances: () => Pick<Acceptances, 'written'>;
}

interface Batch {
  readonly ids: Set<string>;
  readonly found: Promise<readonly CorrelationEntry[]>;
}

/** Dead letters that are read at once. */
const LETTERS = 200;

/** Finds what is known of messages that were given before, for requests about them. */
export class MessageSearch {
  readonly #parts: MessageSearchParts;
  /** The search that begins when the one before has ended: all that is asked until then goes with it. */
  #next: Batch | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: MessageSearchParts) {
    this.#parts = parts;
  }

  /**
   * The entry of one message_id, as far as it is known whose it is: of several the one of this `id` or `source`, else
   * the latest.
   */
  async byMessageId(
    messageId: string,
    { id, source }: { readonly id: string | undefined; readonly source: string | undefined },
  ): Promise<CorrelationEntry | undefined> {
    await this.#parts.acceptances().written();
    const all = await entriesOf(this.#parts.correlator, messageId);
    const exact = all.filter((entry) => entry.messageId === messageId);
    const candidates = exact.length > 0 ? exact : all;
    const isIt = (entry: CorrelationEntry): boolean =>
      id === undefined ? entry.source === source : entry.id === id;
    return candidates.findLast(isIt) ?? candidates.at(-1);
  }

  /** The entries of a message that was accepted, or a part of it, by segment and age. */
  async accepted(id: string): Promise<readonly CorrelationEntry[]> {
    await this.#parts.acceptances().written();
    const batch = (this.#next ??= this.#batch());
    batch.ids.add(id);
    const found = (await batch.found).filter((entry) => entry.id === id);
    return found.sort((one, other) => one.segment - other.segment || one.acceptedAt - other.acceptedAt);
  }

  #batch(): Batch {
    const ids = new Set<string>();
    const { correlator } = this.#parts;
    const found = this.#last.then(() => {
      this.#next = undefined;
      if (correlator.find) return correlator.find([...ids]);
      const text = 'this correlator finds no message by its own id: give the message_id of the SMSC';
      throw new SmppError('NOT_SUPPORTED', text);
    });
    this.#last = found.catch(() => undefined);
    return { ids, found };
  }

  /** The message as the queue has it; undefined: it has none, or cannot tell. */
  async queued(id: string): Promise<FoundMessage | undefined> {
    const [found] = (await this.#parts.store.queue.find?.([id])) ?? [];
    return found;
  }

  async failed(id: string): Promise<DeadLetter | undefined> {
    const { deadLetters } = this.#parts.store;
    for (let after: string | undefined; deadLetters;) {
      const page: { letters: DeadLetter[] } = await deadLetters.list({
        limit: LETTERS,
        ...(after === undefined ? {} : { after }),
      });
      const found = page.letters.find(({ item }) => item.id === id);
      if (found || page.letters.length < LETTERS) return found;
      after = page.letters.at(-1)?.item.id;
    }
    return undefined;
  }
}
