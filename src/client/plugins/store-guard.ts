import { isThenable } from '../../observability';
import type { Correlator, Lease, OutboundQueue, SharedLimiter, Store } from '../../store';
import { onAbort } from '../../waiting';
import { isCount, type Fields } from '../config/stored';
import { guard, guardLimiter, type Method, type Rule } from './guard';
import { partFailed, wrongResult, type PartFaults } from './part-faults';
import { Takes, type Options } from './takes';

/** They answer at once. */
const SYNCHRONOUS: readonly PropertyKey[] = ['hasten', 'told', 'entries', 'listen'];
/** They may take as long as they like. */
const WAITING: readonly string[] = ['take', 'close', 'compact'];

const fieldsOf = (value: unknown): Fields => Object(value) as Fields;
const isText = (value: unknown): boolean => typeof value === 'string';
const isNone = (value: unknown): boolean => value === undefined || value === null;
const isListOf = (value: unknown, fits: (each: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(fits);
const has = (value: unknown, ...names: string[]): boolean =>
  names.every((name) => isText(fieldsOf(value)[name]));
const isEntry = (value: unknown): boolean => has(value, 'messageId', 'id', 'source', 'destination');
const isLetter = (value: unknown): boolean => {
  const { item, reason, failedAt } = fieldsOf(value);
  return has(item, 'id') && has(reason, 'code', 'text') && typeof failedAt === 'number';
};

const COUNT = { wanted: 'a whole number from 0', fits: isCount };

const FOUND = {
  wanted: 'a list of { item, leased, delayed }',
  fits: (given: unknown) => isListOf(given, (one) => has(fieldsOf(one)['item'], 'id')),
};

/** What methods must give, by part and method, where anything else would be sent or told as it is. */
const RESULTS: Readonly<Record<string, Required<Pick<Rule, 'wanted' | 'fits'>>>> = {
  'queue enqueue': {
    wanted: 'the ids of what it was given, when it has that',
    fits: (ids, [items]) => isListOf(ids, isText) && fieldsOf(ids)['length'] === fieldsOf(items)['length'],
  },
  'queue purge': {
    wanted: '{ removed, items }, a whole number from 0 and a list',
    fits: (given) => {
      const { removed, items } = fieldsOf(given);
      return isCount(removed) && (isNone(items) || isListOf(items, (item) => has(item, 'id')));
    },
  },
  'queue stats': {
    wanted: '{ queued, delayed, leased } as whole numbers from 0',
    fits: (given) => {
      const { queued, delayed, leased } = fieldsOf(given);
      return [queued, delayed, leased].every(isCount);
    },
  },
  'queue find': FOUND,
  'queue remove': FOUND,
  'correlator find': { wanted: 'a list of entries', fits: (given) => isListOf(given, isEntry) },
  'correlator get': {
    wanted: 'a list of entries, each with messageId, id, source and destination',
    fits: (given) => isNone(given) || isEntry(given) || isListOf(given, isEntry),
  },
  'state get': { wanted: 'a Buffer, or undefined', fits: (given) => isNone(given) || Buffer.isBuffer(given) },
  'state claim': {
    wanted: 'a Buffer, or undefined',
    fits: (given) => isNone(given) || Buffer.isBuffer(given),
  },
  'state list': {
    wanted: 'a list of [key, Buffer]',
    fits: (given) =>
      isListOf(given, (pair) => Array.isArray(pair) && isText(pair[0]) && Buffer.isBuffer(pair[1])),
  },
  'state increment': COUNT,
  'deadLetters list': {
    wanted: '{ total, letters }, a whole number from 0 and a list of dead letters',
    fits: (given) => isCount(fieldsOf(given)['total']) && isListOf(fieldsOf(given)['letters'], isLetter),
  },
  'deadLetters count': COUNT,
  'deadLetters replay': {
    wanted: '{ replayed, missing } as lists of ids',
    fits: (given) =>
      isListOf(fieldsOf(given)['replayed'], isText) && isListOf(fieldsOf(given)['missing'], isText),
  },
  'deadLetters purge': COUNT,
};

interface Guarding {
  /** The option, or the part of a store. */
  readonly part: string;
  /** Absent: whoever calls tells of failures. */
  readonly faults?: PartFaults;
  /** An `SmppError` becomes one of this part, too. */
  readonly always?: boolean;
  /** Methods that are called another way. */
  readonly instead?: Readonly<Record<string, Method>>;
}

/** The object as it is, but that its methods give a promise, whatever they do, and are {@link guard guarded}. */
function guardMethods<T extends object>(target: T, guarding: Guarding): T {
  const guarded = new Map<PropertyKey, Method>();
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      let method = guarded.get(name);
      if (!method) {
        const call: Method = (...args) => Reflect.apply(member, target, args);
        const isPlain = typeof name === 'symbol' || SYNCHRONOUS.includes(name);
        method = isPlain ? call : (guarding.instead?.[name] ?? guardMethod(call, name, guarding));
        guarded.set(name, method);
      }
      return method;
    },
  });
}

function guardMethod(call: Method, method: string, { part, faults, always = false }: Guarding): Method {
  const isLookup = part === 'state' || method === 'get';
  const rule: Rule = {
    part,
    method,
    promise: isLookup ? 'limited' : WAITING.includes(method) ? 'any' : 'watched',
    passesErrors: !always,
    ...RESULTS[`${part} ${method}`],
  };
  const guarded = guard(rule, call, faults);
  return (...args) => {
    try {
      return Promise.resolve(guarded(...args));
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as it was thrown
      return Promise.reject(error);
    }
  };
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
  return new Proxy(store, {
    get: (_, name) => {
      // Known only when it is open.
      if (name === 'home' && store.home) parts['home'] ??= guardMethods(store.home, { part: 'queue' });
      if (name === 'limiter' && store.limiter) parts['limiter'] ??= guardShared(store.limiter, faults);
      return parts[name] ?? (Reflect.get(rest, name) as unknown);
    },
  });
}

function guardShared(limiter: SharedLimiter, faults: PartFaults): SharedLimiter {
  const guarded = guardLimiter(() => limiter, faults);
  return {
    acquire: (max, options) => guarded.acquire(max, options),
    giveBack: (count) => guarded.giveBack(count),
    setRate: (rate) => limiter.setRate(rate),
    get rate() {
      return limiter.rate;
    },
    calm: (seconds) => limiter.calm(seconds),
    onCalm: (handler) => limiter.onCalm(handler),
  };
}

/** A correlator beside the store's: its `put` and `get` are not "the queue", whatever they fail with. */
export function guardCorrelator(correlator: () => Correlator, faults: PartFaults): Correlator {
  const guarded = (method: 'put' | 'get' | 'expire' | 'find'): Method =>
    guardMethod((...args) => (correlator()[method] as Method)(...args), method, {
      part: 'correlator',
      faults,
      always: true,
    });
  const find = guarded('find');
  const guardedAll = {
    put: guarded('put'),
    get: guarded('get'),
    expire: guarded('expire'),
    get find() {
      return correlator().find && find;
    },
  };
  return guardedAll as unknown as Correlator;
}

/**
 * A queue's `take` ends when its signal does, also where the queue knows of no signal. To give no lease at all is a
 * failure: it would be asked again at once.
 */
export function guardQueue(queue: OutboundQueue, faults?: PartFaults): OutboundQueue {
  const guarding = { part: 'queue', ...(faults ? { faults } : {}) };
  const take = guardMethod((max, options) => queue.take(max as number, options as Options), 'take', {
    part: 'queue',
  });
  const enqueue = (items: unknown, options: unknown): unknown => {
    const work: unknown = queue.enqueue(items as never, options as never);
    const signal = (options as { signal?: AbortSignal } | undefined)?.signal;
    return faults && signal && isThenable(work) ? untilStopped(work, signal, faults) : work;
  };
  const guarded: OutboundQueue = guardMethods(queue, {
    ...guarding,
    instead: {
      enqueue: guardMethod(enqueue, 'enqueue', guarding),
      take: (max, options) => takes.take(max as number, options as Options),
    },
  });
  const takes = new Takes(
    (max, options) => take(max, options) as Promise<unknown>,
    (leases) => Promise.resolve(guarded.release(leases)),
    (given) => soundLeases(given, faults),
  );
  return guarded;
}

/** Milliseconds that an `enqueue` has left after its signal has aborted. */
const LAST_CALL = 1000;

function untilStopped(work: PromiseLike<unknown>, signal: AbortSignal, faults: PartFaults): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const text = 'no answer until the client was stopped, and nobody knows whether it has the message';
    const ends: (() => void)[] = [];
    const last = (): void => reject(partFailed('queue', 'enqueue', new Error(text)));
    ends.push(onAbort(signal, () => ends.push(faults.after(LAST_CALL, last, true))));
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => ends.forEach((end) => end()));
  });
}

/** As far as sending relies on it. */
function isLease(lease: unknown): lease is Lease {
  const { item, state } = fieldsOf(lease);
  const { segments } = fieldsOf(item);
  const { accepted, history } = fieldsOf(state);
  return (
    has(item, 'id', 'command', 'source', 'destination') &&
    isListOf(segments, (one) => Buffer.isBuffer(one)) &&
    (segments as Buffer[]).length > 0 &&
    Array.isArray(accepted) &&
    Array.isArray(history)
  );
}

function soundLeases(given: unknown, faults?: PartFaults): readonly Lease[] {
  const all: readonly unknown[] = Array.isArray(given) ? given : [];
  const good = all.filter(isLease);
  if (good.length > 0 && good.length < all.length) {
    // What it is cannot be told, so nothing can be settled: it stays leased.
    const bad = all.find((lease) => !isLease(lease));
    faults?.failed('queue', 'take', wrongResult('queue', 'take', bad, 'leases, each with item and state'));
  }
  return good;
}
