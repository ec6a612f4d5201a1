import { isThenable } from '../../observability';
import { SmppError } from '../../protocol';
import { onAbort } from '../../waiting';
import { answered } from './answers';
import { PartError } from '../config/errors';
import type { Correlator, Lease, OutboundQueue, Store } from '../../store';
import { partFailed, wrongResult, type PartFaults } from './part-faults';
import { Takes } from './takes';

/** Not asynchronous. */
const SYNCHRONOUS: readonly PropertyKey[] = ['hasten', 'told'];

/** May take as long as they like. */
const WAITING: readonly string[] = ['take', 'close', 'compact'];

interface Wanted {
  readonly words: string;
  readonly fits: (given: unknown, args: readonly unknown[]) => boolean;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isNone = (value: unknown): boolean => value === undefined || value === null;
const isListOf = (value: unknown, fits: (each: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(fits);
const has = (value: unknown, ...names: string[]): boolean =>
  names.every((name) => typeof (Object(value) as Record<string, unknown>)[name] === 'string');
const isEntry = (value: unknown): boolean => has(value, 'messageId', 'id', 'source', 'destination');

/** What it must give, where anything else would be sent or told as it is. */
const WANTED: Readonly<Record<string, Wanted>> = {
  'queue enqueue': {
    words: 'the ids of what it was given, when it has that',
    fits: (given, [items]) =>
      isListOf(given, (id) => typeof id === 'string') && lengthOf(given) === lengthOf(items),
  },
  'queue purge': {
    words: '{ removed, items }, a whole number from 0 and a list',
    fits: (given) => {
      const { removed, items } = Object(given) as Record<string, unknown>;
      return isCount(removed) && (isNone(items) || isListOf(items, (item) => has(item, 'id')));
    },
  },
  'correlator get': {
    words: 'a list of entries, each with messageId, id, source and destination',
    fits: (given) => isNone(given) || isEntry(given) || isListOf(given, isEntry),
  },
  'state get': { words: 'a Buffer, or undefined', fits: (given) => isNone(given) || Buffer.isBuffer(given) },
  'state list': {
    words: 'a list of [key, Buffer]',
    fits: (given) =>
      isListOf(
        given,
        (pair) => Array.isArray(pair) && typeof pair[0] === 'string' && Buffer.isBuffer(pair[1]),
      ),
  },
  'deadLetters list': {
    words: '{ total, letters }, a whole number from 0 and a list of dead letters',
    fits: (given) => {
      const { total, letters } = Object(given) as Record<string, unknown>;
      return isCount(total) && isListOf(letters, isLetter);
    },
  },
  'deadLetters replay': {
    words: '{ replayed, missing } as lists of ids',
    fits: (given) => {
      const { replayed, missing } = Object(given) as Record<string, unknown>;
      return [replayed, missing].every((ids) => isListOf(ids, (id) => typeof id === 'string'));
    },
  },
  'deadLetters purge': { words: 'a whole number from 0', fits: isCount },
  'state increment': { words: 'a whole number from 0', fits: isCount },
  'queue stats': {
    words: '{ queued, delayed, leased } as whole numbers from 0',
    fits: (given) => {
      const { queued, delayed, leased } = Object(given) as Record<string, unknown>;
      return [queued, delayed, leased].every(isCount);
    },
  },
};

const lengthOf = (list: unknown): unknown => (Object(list) as { length?: unknown }).length;

function isLetter(given: unknown): boolean {
  const { item, reason, failedAt } = Object(given) as Record<string, unknown>;
  return has(item, 'id') && has(reason, 'code', 'text') && typeof failedAt === 'number';
}

type Method = (...args: unknown[]) => unknown;

export interface Guarding {
  /** The option, or the part of a store. */
  readonly part: string;
  /** Tells of failures that nobody else tells of. */
  readonly faults?: PartFaults;
  /** Also an `SmppError` becomes one of this part: else it is passed on as it is. */
  readonly always?: boolean;
  /** Methods that are called another way. */
  readonly instead?: Readonly<Record<string, Method>>;
}

/**
 * The object as it is, but that its methods give a promise, whatever they do, and what they fail with is an
 * `SmppError` that names the part. What an aborted `signal` makes them reject with stays what it is.
 */
export function guardMethods<T extends object>(target: T, guarding: Guarding): T {
  const guarded = new Map<PropertyKey, Method>();
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      const own = typeof name === 'string' ? guarding.instead?.[name] : undefined;
      const method = (...args: unknown[]): unknown => Reflect.apply(member, target, args);
      const known = guarded.get(name) ?? own ?? guardMethod(method, String(name), guarding);
      guarded.set(name, known);
      return known;
    },
  });
}

function guardMethod(method: Method, name: string, guarding: Guarding): Method {
  const { part, faults, always } = guarding;
  const wanted = WANTED[`${part} ${name}`];
  if (SYNCHRONOUS.includes(name)) return method;
  return async (...args) => {
    try {
      const asked = method(...args);
      const result = await inTime(name, asked, guarding);
      if (wanted && !wanted.fits(result, args)) throw wrongResult(part, name, result, wanted.words);
      faults?.worked(part, name);
      return result;
    } catch (error) {
      if (isAborted(args.at(-1))) throw error;
      if (error instanceof SmppError && !(error instanceof PartError) && always !== true) throw error;
      const failure = error instanceof PartError ? error : partFailed(part, name, error);
      throw faults?.failed(part, name, failure) ?? failure;
    }
  };
}

/** Of those that only look something up the answer is given up. */
function inTime(name: string, asked: unknown, { part, faults }: Guarding): unknown {
  if (faults && isThenable(asked) && (part === 'state' || name === 'get'))
    return answered(faults, part, name, asked);
  if (!faults || WAITING.includes(name) || !isThenable(asked)) return asked;
  return faults.watch(part, name, asked);
}

function isAborted(options: unknown): boolean {
  return (options as { signal?: AbortSignal } | undefined)?.signal?.aborted === true;
}

/** As far as sending relies on it. */
function isLease(lease: unknown): lease is Lease {
  const { item, state } = Object(lease) as { item?: unknown; state?: unknown };
  const { id, command, segments, source, destination } = Object(item) as Record<string, unknown>;
  const { accepted, history } = Object(state) as Record<string, unknown>;
  const isWritten = [id, command, source, destination].every((field) => typeof field === 'string');
  const isWhole =
    Array.isArray(segments) && segments.length > 0 && segments.every((one) => Buffer.isBuffer(one));
  return isWritten && isWhole && Array.isArray(accepted) && Array.isArray(history);
}

function soundLeases(given: unknown, faults?: PartFaults): readonly Lease[] {
  const good = Array.isArray(given) ? given.filter(isLease) : [];
  if (good.length > 0 && good.length < (given as unknown[]).length) {
    // What it is cannot be told, so nothing can be settled: it stays on loan.
    const bad = (given as unknown[]).find((lease) => !isLease(lease));
    faults?.failed('queue', 'take', wrongResult('queue', 'take', bad, 'leases, each with item and state'));
  }
  return good;
}

/** A store that was brought along: each of its parts fails as itself. */
export function guardStore(store: Store, faults: PartFaults): Store {
  const parts: Partial<Record<PropertyKey, object>> = {
    queue: guardQueue(store.queue, faults),
    correlator: guardMethods(store.correlator, { part: 'correlator', faults }),
    state: guardMethods(store.state, { part: 'state', faults }),
    ...(store.deadLetters ? { deadLetters: guardMethods(store.deadLetters, { part: 'deadLetters' }) } : {}),
  };
  const rest = guardMethods(store, { part: 'queue' });
  return new Proxy(store, { get: (_, name) => parts[name] ?? (Reflect.get(rest, name) as unknown) });
}

/** A correlator beside the store's. Its `put` and `get` are not "the queue", whatever they fail with. */
export function guardCorrelator(correlator: Correlator, faults: PartFaults): Correlator {
  return guardMethods(correlator, { part: 'correlator', faults, always: true });
}

/**
 * A queue's `take` ends when its signal does, also where the queue knows of no signal. To give none at all would be
 * asked again at once, for ever: that is a failure, too.
 */
export function guardQueue(queue: OutboundQueue, faults?: PartFaults): OutboundQueue {
  const taken = guardMethod((max, options) => queue.take(max as number, options as never), 'take', {
    part: 'queue',
  });
  const enqueue = guardMethod((items, options) => asked(queue, items, options, faults), 'enqueue', {
    part: 'queue',
    ...(faults ? { faults } : {}),
  });
  const guarded: OutboundQueue = guardMethods(queue, {
    part: 'queue',
    ...(faults ? { faults } : {}),
    instead: {
      enqueue,
      take: (max, options) => takes.take(max as number, options as { signal: AbortSignal }),
    },
  });
  const takes = new Takes(
    (max, options) => taken(max, options) as Promise<unknown>,
    (leases) => Promise.resolve(guarded.release(leases)),
    (given) => soundLeases(given, faults),
  );
  return guarded;
}

/** Milliseconds after its signal has aborted. */
const LAST_CALL = 1000;

/** Who stops waits a moment, and then no longer, for a queue that knows of no signal. */
function asked(
  queue: OutboundQueue,
  items: unknown,
  given: unknown,
  faults: PartFaults | undefined,
): unknown {
  const options = given as { signal?: AbortSignal } | undefined;
  const work: unknown = queue.enqueue(items as never, options);
  const signal = options?.signal;
  if (!faults || !signal || !isThenable(work)) return work;
  return new Promise((resolve, reject) => {
    let ended = (): void => undefined;
    const text = 'no answer until the client was stopped, and nobody knows whether it has the message';
    const last = (): void => {
      const failed = (): void => reject(partFailed('queue', 'enqueue', new Error(text)));
      ended = faults.deadlines.after(LAST_CALL, failed, true);
    };
    const off = onAbort(signal, last);
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => {
        off();
        ended();
      });
  });
}
