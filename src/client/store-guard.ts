import { SmppError } from '../protocol';
import type { Correlator, OutboundQueue, Store } from '../store';
import { partFailed, type PartFaults } from './part-faults';
import { Takes } from './takes';

/** Not asynchronous. */
const SYNCHRONOUS: readonly PropertyKey[] = ['hasten', 'told'];

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

function guardMethod(method: Method, name: string, { part, faults, always }: Guarding): Method {
  if (SYNCHRONOUS.includes(name)) return method;
  return async (...args) => {
    try {
      const result = await method(...args);
      faults?.worked(part, name);
      return result;
    } catch (error) {
      if (isAborted(args.at(-1))) throw error;
      if (error instanceof SmppError && always !== true) throw error;
      const failure = partFailed(part, name, error);
      throw faults?.failed(part, name, failure) ?? failure;
    }
  };
}

function isAborted(options: unknown): boolean {
  return (options as { signal?: AbortSignal } | undefined)?.signal?.aborted === true;
}

/** A store that was brought along: each of its parts fails as itself. */
export function guardStore(store: Store, faults: PartFaults): Store {
  const parts: Partial<Record<PropertyKey, object>> = {
    queue: guardQueue(store.queue),
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
export function guardQueue(queue: OutboundQueue): OutboundQueue {
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
  );
  return guarded;
}
