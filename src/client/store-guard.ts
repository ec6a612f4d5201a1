import type { Clock } from '../clock';
import { SmppError } from '../protocol';
import { PartError } from './errors';
import type { Correlator, Lease, OutboundQueue, Store } from '../store';
import { partFailed, wrongResult, type PartFaults } from './part-faults';
import { Takes } from './takes';

/** Not asynchronous. */
const SYNCHRONOUS: readonly PropertyKey[] = ['hasten', 'told'];

/** Milliseconds for a look-up: an SMSC waits for the answer to its receipt meanwhile. */
const LONGEST_LOOK = 10_000;

interface Wanted {
  readonly words: string;
  readonly fits: (given: unknown) => boolean;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** What it must give, where anything else would be sent or told as it is. */
const WANTED: Readonly<Record<string, Wanted>> = {
  'state increment': { words: 'a whole number from 0', fits: isCount },
  'queue stats': {
    words: '{ queued, delayed, leased } as whole numbers from 0',
    fits: (given) => {
      const { queued, delayed, leased } = Object(given) as Record<string, unknown>;
      return [queued, delayed, leased].every(isCount);
    },
  },
};

type Method = (...args: unknown[]) => unknown;

export interface Guarding {
  /** The option, or the part of a store. */
  readonly part: string;
  /** Tells of failures that nobody else tells of. */
  readonly faults?: PartFaults;
  /** Also an `SmppError` becomes one of this part: else it is passed on as it is. */
  readonly always?: boolean;
  /** Of a correlator: what its look-ups may take is measured by it. */
  readonly clock?: Clock;
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
  const { part, faults, always, clock } = guarding;
  const wanted = WANTED[`${part} ${name}`];
  if (SYNCHRONOUS.includes(name)) return method;
  return async (...args) => {
    try {
      const asked = method(...args);
      const result = await (clock && name === 'get' ? answered(clock, part, asked) : asked);
      if (wanted && !wanted.fits(result)) throw wrongResult(part, name, result, wanted.words);
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

/** As what was asked for, or rejects where that takes too long. */
function answered(clock: Clock, part: string, asked: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const late = new Error(`no answer within ${LONGEST_LOOK / 1000} s`);
    const timer = clock.setTimeout(() => reject(partFailed(part, 'get', late)), LONGEST_LOOK);
    Promise.resolve(asked)
      .then(resolve, reject)
      .finally(() => clock.clearTimeout(timer));
  });
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
export function guardStore(store: Store, faults: PartFaults, clock: Clock): Store {
  const parts: Partial<Record<PropertyKey, object>> = {
    queue: guardQueue(store.queue, faults),
    correlator: guardMethods(store.correlator, { part: 'correlator', faults, clock }),
    state: guardMethods(store.state, { part: 'state', faults }),
    ...(store.deadLetters ? { deadLetters: guardMethods(store.deadLetters, { part: 'deadLetters' }) } : {}),
  };
  const rest = guardMethods(store, { part: 'queue' });
  return new Proxy(store, { get: (_, name) => parts[name] ?? (Reflect.get(rest, name) as unknown) });
}

/** A correlator beside the store's. Its `put` and `get` are not "the queue", whatever they fail with. */
export function guardCorrelator(correlator: Correlator, faults: PartFaults, clock: Clock): Correlator {
  return guardMethods(correlator, { part: 'correlator', faults, clock, always: true });
}

/**
 * A queue's `take` ends when its signal does, also where the queue knows of no signal. To give none at all would be
 * asked again at once, for ever: that is a failure, too.
 */
export function guardQueue(queue: OutboundQueue, faults?: PartFaults): OutboundQueue {
  const taken = guardMethod((max, options) => queue.take(max as number, options as never), 'take', {
    part: 'queue',
  });
  const guarded: OutboundQueue = guardMethods(queue, {
    part: 'queue',
    instead: { take: (max, options) => takes.take(max as number, options as { signal: AbortSignal }) },
  });
  const takes = new Takes(
    (max, options) => taken(max, options) as Promise<unknown>,
    (leases) => guarded.release(leases),
    (given) => soundLeases(given, faults),
  );
  return guarded;
}
