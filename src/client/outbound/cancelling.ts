import { SmppError } from '../../protocol';
import {
  isAccepted,
  messageIdsOf,
  newDeliveryState,
  type CorrelationEntry,
  type DeliveryState,
  type FoundMessage,
  type QueueItem,
  type Store,
} from '../../store';
import { MessageError } from '../config/errors';
import { failureText } from '../events/outcome-form';
import { CANCELLED } from './cancellations';
import type { Delivery } from './delivery';
import type { Dispatcher } from './dispatcher';
import type { MessageSearch } from './message-search';

export interface CancellingParts {
  readonly store: Store;
  readonly search: MessageSearch;
  readonly dispatcher: () => Dispatcher;
}

/** Where a message was when it was cancelled, and what of it the SMSC has accepted by then: that is to be cancelled there. */
export interface CancelledMessage {
  readonly where: 'queue' | 'smsc' | 'when-taken';
  readonly entries: readonly CorrelationEntry[];
}

const MARK = 'cancelled:';
/** Milliseconds for which a mark is kept: messages live no longer by far. */
const MARK_TTL = 30 * 86_400_000;
/** Times that a message is looked for, which may go from one place to the next meanwhile. */
const ROUNDS = 3;

/**
 * Takes messages back. From the first step on it is not sent from here any more, wherever it is found: its place is looked
 * for in the order of its way, so that it cannot slip past. Its sender hears of `CANCELLED`, once.
 */
export class Cancelling {
  readonly #parts: CancellingParts;

  constructor(parts: CancellingParts) {
    this.#parts = parts;
  }

  async open(): Promise<void> {
    const { store, dispatcher } = this.#parts;
    if (store.queue.remove) return;
    for (const [key] of await store.state.list(MARK)) dispatcher().cancellations.mark(key.slice(MARK.length));
  }

  dropped(id: string): void {
    const { store } = this.#parts;
    if (!store.queue.remove) void store.state.delete([MARK + id]).catch(() => undefined);
  }

  async cancel(id: string): Promise<CancelledMessage> {
    const { cancellations } = this.#parts.dispatcher();
    if (!cancellations.mark(id)) {
      const text = 'too many messages wait to be dropped: cancel it later';
      throw new SmppError('WAITING_FULL', text, { retriable: true });
    }
    let stays = false;
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const found = await this.#look(id);
        if (found) return found;
      }
      await this.#refuse(id);
      stays = true;
      await this.#parts.store.state.set(MARK + id, Buffer.of(1), MARK_TTL);
      return { where: 'when-taken', entries: [] };
    } finally {
      if (!stays) cancellations.unmark(id);
    }
  }

  /** By the order of a message's way: queue, leased, accepted. */
  async #look(id: string): Promise<CancelledMessage | undefined> {
    const { store, search, dispatcher } = this.#parts;
    const [removed] = (await store.queue.remove?.([id])) ?? [];
    if (removed) return this.#removed(removed);
    const delivery = dispatcher().deliveryOf(id);
    if (delivery) return this.#leased(delivery);
    // On its way back to the queue, or settled.
    if (dispatcher().held.has(id)) await dispatcher().written();
    const entries = await search.accepted(id);
    const segments = new Set(entries.map(({ segment }) => segment)).size;
    if (entries.length === 0 || (segments < (entries[0]?.segments ?? 0) && (await this.#isElsewhere(id))))
      return undefined;
    return { where: 'smsc', entries };
  }

  async #removed({ item, state = newDeliveryState(item) }: FoundMessage): Promise<CancelledMessage> {
    const { disposition } = this.#parts.dispatcher();
    disposition.removed([item], CANCELLED, [state]);
    // That it had been accepted may have been known only here.
    return this.#ended(item, state, isAccepted({ item, state }));
  }

  async #leased(delivery: Delivery): Promise<CancelledMessage> {
    const dispatcher = this.#parts.dispatcher();
    const { item, state } = delivery.lease;
    const ended = dispatcher.cancellations.until(delivery);
    delivery.abandon({ kind: 'cancelled' });
    await ended;
    await dispatcher.written();
    const { end } = delivery;
    if (end?.kind === 'dead') throw alreadyFailed(item.id, failureText(state, end.reason));
    return this.#ended(item, state, end?.kind === 'accepted');
  }

  /** Of what the SMSC has accepted of it the entries: all, or of some segments. */
  async #ended(item: QueueItem, state: DeliveryState, isWhole: boolean): Promise<CancelledMessage> {
    const { search } = this.#parts;
    const entries: CorrelationEntry[] = [];
    for (const messageId of messageIdsOf(state)) {
      const entry =
        messageId === ''
          ? undefined
          : await search.byMessageId(messageId, { id: item.id, source: undefined });
      if (entry?.id === item.id) entries.push(entry);
    }
    return { where: isWhole ? 'smsc' : 'queue', entries };
  }

  async #isElsewhere(id: string): Promise<boolean> {
    return (await this.#parts.search.queued(id))?.leased ?? false;
  }

  /** Throws why it cannot be cancelled, unless it may lie in a queue that nothing can be taken out of. */
  async #refuse(id: string): Promise<void> {
    const { store, search } = this.#parts;
    const letter = await search.failed(id);
    if (letter) throw alreadyFailed(id, failureText(letter.state, letter.reason));
    if (!store.queue.remove) return;
    if (!(await this.#isElsewhere(id))) throw unknownMessage(id, store);
    const text = `message ${id} is being sent by another process that shares the queue: try again in a moment`;
    throw new SmppError('IN_FLIGHT', text, { retriable: true });
  }
}

export function alreadyFailed(id: string, why: string): MessageError {
  return new MessageError('ALREADY_FAILED', 'id', `message ${id} has failed before: ${why}`);
}

/** The error of an id that nothing is known by. */
export function unknownMessage(id: string, { queue }: Pick<Store, 'queue'>): MessageError {
  const place = queue.find
    ? 'it is neither in the queue nor among what was accepted (correlationTtl, finalReceiptTtl) or kept as a dead letter'
    : 'it is not among what was accepted (correlationTtl, finalReceiptTtl) or kept as a dead letter, and this queue cannot be looked through';
  return new MessageError(
    'UNKNOWN_MESSAGE',
    'id',
    `no message with the id ${JSON.stringify(id)} is known: ${place}`,
  );
}
