import { SmppError } from '../../protocol';
import type { CorrelationEntry, Store } from '../../store';
import { MessageError } from '../config/errors';
import type { Outcome } from '../events/outcome';
import { DeliveryError, failureText } from '../events/outcome-form';
import {
  cancelledOutcome,
  failedOutcome,
  queryOutcome,
  waitingOutcome,
  type Part,
} from '../events/managed-form';
import { checkReplaceable, type ManagedRequest } from '../message/managed';
import { Cancelling, alreadyFailed, unknownMessage } from './cancelling';
import type { SendOptions } from './completion';
import type { DirectRequests } from './direct-requests';
import type { Dispatcher } from './dispatcher';
import { MessageSearch, type MessageSearchParts } from './message-search';

export interface ManagingParts extends Omit<MessageSearchParts, 'store'> {
  readonly store: Store;
  readonly direct: DirectRequests;
  readonly dispatcher: () => Dispatcher;
}

/** One message_id that a request is about, and what is known of it. */
interface Target {
  readonly messageId: string;
  readonly entry: CorrelationEntry | undefined;
}

/** Times that a message is looked for, which may go from one place to the next meanwhile. */
const ROUNDS = 3;

/** Queries, cancels and replaces of one message, wherever that is by now: in the queue, on the wire, or at the SMSC. */
export class Managing {
  readonly #parts: ManagingParts;
  readonly #search: MessageSearch;
  readonly #cancelling: Cancelling;

  constructor(parts: ManagingParts) {
    this.#parts = parts;
    this.#search = new MessageSearch(parts);
    this.#cancelling = new Cancelling({ ...parts, search: this.#search });
  }

  /** What an earlier run was to drop when its turn comes is still to be dropped. */
  open(): Promise<void> {
    return this.#cancelling.open();
  }

  /** A marked message has come. */
  dropped(id: string): void {
    this.#cancelling.dropped(id);
  }

  /**
   * Resolves with what came of it. Rejects as {@link DirectRequests.ask} does, with {@link MessageError}
   * (`UNKNOWN_MESSAGE`, `ALREADY_FAILED`, `STILL_QUEUED`, `NOT_REPLACEABLE`, `CODING_MISMATCH`), with `IN_FLIGHT` where
   * another process is sending it, and with `PARTLY_CANCELLED`.
   */
  ask(request: ManagedRequest, options: SendOptions): Promise<Outcome> {
    return this.#parts.direct.waiting(async () => {
      if (request.messageIds.length === 0) return this.#byId(request, request.id as string, options);
      return this.#at(await this.#named(request), request, options);
    });
  }

  async #named({ messageIds, id, source }: ManagedRequest): Promise<Target[]> {
    const targets: Target[] = [];
    for (const messageId of messageIds)
      targets.push({ messageId, entry: await this.#search.byMessageId(messageId, { id, source }) });
    return targets;
  }

  #byId(request: ManagedRequest, id: string, options: SendOptions): Promise<Outcome> {
    if (request.replaces) return this.#replaceById(request, id, options);
    return request.command === 'cancel_sm'
      ? this.#cancelById(request, id, options)
      : this.#queryById(request, id, options);
  }

  #at(targets: readonly Target[], request: ManagedRequest, options: SendOptions): Promise<Outcome> {
    if (request.command === 'cancel_sm') return this.#cancelAt(targets, request, options);
    if (request.command === 'query_sm') return this.#queryAt(targets, request, options);
    return this.#replaceAt(targets, request, options);
  }

  // --- query ---

  async #queryById(request: ManagedRequest, id: string, options: SendOptions): Promise<Outcome> {
    for (let round = 0; round < ROUNDS; round++) {
      const delivery = this.#parts.dispatcher().deliveryOf(id);
      const held = delivery && { item: delivery.lease.item, state: 'SENDING' };
      const queued = held ? undefined : await this.#search.queued(id);
      if (held) return waitingOutcome(request, options.msgid, held.item, held.state);
      if (queued) {
        const state = queued.leased ? 'SENDING' : queued.delayed ? 'DELAYED' : 'QUEUED';
        return waitingOutcome(request, options.msgid, queued.item, state);
      }
      const targets = await this.#accepted(id);
      if (targets.length > 0) return this.#queryAt(targets, request, options);
      const letter = await this.#search.failed(id);
      if (letter) return failedOutcome(request, options.msgid, letter);
    }
    throw unknownMessage(id, this.#parts.store);
  }

  /** Of each segment the entry of its last transmission. */
  async #accepted(id: string): Promise<Target[]> {
    const latest = new Map<number, CorrelationEntry>();
    for (const entry of await this.#search.accepted(id)) latest.set(entry.segment, entry);
    return [...latest.values()].map((entry) => ({ messageId: entry.messageId, entry }));
  }

  async #queryAt(
    targets: readonly Target[],
    request: ManagedRequest,
    options: SendOptions,
  ): Promise<Outcome> {
    const parts: Part[] = [];
    for (const target of targets)
      parts.push({ ...target, outcome: await this.#one(target, request, options) });
    return queryOutcome(request, options.msgid, parts);
  }

  #one({ messageId, entry }: Target, request: ManagedRequest, options: SendOptions): Promise<Outcome> {
    return this.#parts.direct.ask(request.build(messageId, entry), options);
  }

  // --- cancel ---

  async #cancelById(request: ManagedRequest, id: string, options: SendOptions): Promise<Outcome> {
    const cancelled = await this.#cancelling.cancel(id);
    if (cancelled.where !== 'smsc' && cancelled.entries.length === 0)
      return cancelledOutcome(request, options.msgid, cancelled, []);
    const targets = cancelled.entries.map((entry) => ({ messageId: entry.messageId, entry }));
    const outcome = await this.#cancelAt(targets, request, options);
    return { ...outcome, cancelled: cancelled.where };
  }

  async #cancelAt(
    targets: readonly Target[],
    request: ManagedRequest,
    options: SendOptions,
  ): Promise<Outcome> {
    const done: string[] = [];
    let refusal: DeliveryError | undefined;
    let last: Outcome | undefined;
    for (const target of targets) {
      try {
        last = await this.#one(target, request, options);
        done.push(target.messageId);
      } catch (error) {
        if (!(error instanceof DeliveryError) || error.code !== 'REFUSED') throw withDone(error, done);
        refusal ??= error;
      }
    }
    if (!refusal && last) return { ...last, ...cancelledFacts(targets, done) };
    if (done.length === 0) throw refusal ?? unknownMessage(request.id ?? '', this.#parts.store);
    const text = `${done.length} of ${targets.length} segments are cancelled, the others not: ${refusal?.message ?? ''}`;
    const outcome = refusal?.outcome as DeliveryError['outcome'];
    throw new DeliveryError(text, { ...outcome, code: 'PARTLY_CANCELLED', message_ids: done });
  }

  // --- replace ---

  async #replaceById(request: ManagedRequest, id: string, options: SendOptions): Promise<Outcome> {
    for (let round = 0; round < ROUNDS; round++) {
      const delivery = this.#parts.dispatcher().deliveryOf(id);
      if (delivery) {
        // What cannot be replaced later need not be waited for.
        if (delivery.flying === 0) throw stillQueued(id);
        await this.#parts.dispatcher().cancellations.until(delivery);
        await this.#parts.dispatcher().written();
      }
      if (await this.#search.queued(id)) throw stillQueued(id);
      const targets = await this.#accepted(id);
      if (targets.length > 0) return this.#replaceAt(targets, request, options);
      const letter = await this.#search.failed(id);
      if (letter) throw alreadyFailed(id, failureText(letter.state, letter.reason));
    }
    throw unknownMessage(id, this.#parts.store);
  }

  async #replaceAt(
    targets: readonly Target[],
    request: ManagedRequest,
    options: SendOptions,
  ): Promise<Outcome> {
    const [target] = targets as [Target, ...Target[]];
    if (targets.length > 1) checkReplaceable({ ...(target.entry ?? NOTHING), segments: targets.length });
    const outcome = await this.#one(target, request, options);
    return { ...outcome, message_id: target.messageId, message_ids: [target.messageId], segments: 1 };
  }
}

const NOTHING = { id: '', segments: 1, source: '', destination: '' };

function cancelledFacts(targets: readonly Target[], done: string[]): Partial<Outcome> {
  const [message_id = ''] = done;
  const segments = targets[0]?.entry?.segments ?? targets.length;
  return { message_id, message_ids: done, segments, cancelled: 'smsc' };
}

/** Says of a failure which segments had been cancelled before. */
function withDone(error: unknown, done: string[]): unknown {
  if (done.length === 0 || !(error instanceof SmppError)) return error;
  const text = `${error.message}; ${done.length} segments before it are cancelled`;
  if (error instanceof DeliveryError) return new DeliveryError(text, { ...error.outcome, message_ids: done });
  return new SmppError(error.code, text, { cause: error, retriable: error.retriable });
}

function stillQueued(id: string): MessageError {
  const text = `message ${id} has not been sent yet, so there is nothing at the SMSC that could be replaced`;
  const remedy = 'cancel it by its id and send the new text, or wait until it is accepted';
  return new MessageError('STILL_QUEUED', 'id', text, undefined, remedy);
}
