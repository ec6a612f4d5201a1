import assert from 'node:assert/strict';
import {
  SmppClient,
  type FailureEvent,
  type Lease,
  type SmppClientOptions,
  type SmppError,
  type Store,
} from '../../src/index';
import { settle, type FakeClock } from '../support/clock';
import type { Peer, PeerLink } from '../support/peer';
import { HELLO } from './setup';
import { until } from '../support/until';

/** What is done to a client in some order, at some distance. */
export const OPERATIONS = [
  'connect',
  'disconnect',
  'pause',
  'resume',
  'purge',
  'send',
  'send short-lived',
  'send long',
  'enqueue',
  'configure',
  'replay',
  'purge dead letters',
  'drop the link',
  'expire',
  'stop',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** How far the next operation is away. */
export interface Distance {
  readonly unit: 'microtasks' | 'macrotasks' | 'ms';
  readonly count: number;
}

export async function pass({ unit, count }: Distance): Promise<void> {
  if (unit === 'ms') return new Promise((resolve) => setTimeout(resolve, count));
  for (let n = 0; n < count; n++) {
    if (unit === 'microtasks') await Promise.resolve();
    else await new Promise((resolve) => setImmediate(resolve));
  }
}

const STOPPED_BY = ['STOPPED', 'NOT_QUEUED', 'STORE_CLOSED', 'NOT_BOUND', 'QUEUE_UNAVAILABLE'];
/** Seconds of the fake clock that a stop may take, with the default drainTimeout. */
const LONGEST_STOP = 20;

let cases = 0;

/** One client with a store that outlives it, whatever is done to it. */
export class Case {
  readonly clock: FakeClock;
  readonly client: SmppClient;
  readonly #store: Store;
  readonly #peer: Peer;
  readonly #calls: Promise<unknown>[] = [];
  readonly #sent: Promise<unknown>[] = [];
  readonly #queued = new Set<string>();
  readonly #over = new Map<string, string[]>();
  readonly #wrong: string[] = [];
  readonly #name = `esme${++cases}`;
  #replayed = false;

  constructor(peer: Peer, store: Store, clock: FakeClock, options: SmppClientOptions = {}) {
    this.clock = clock;
    this.#store = store;
    this.#peer = peer;
    this.client = new SmppClient({
      port: peer.port,
      systemId: this.#name,
      queue: store,
      clock,
      random: () => 0.5,
      log: () => undefined,
      drainTimeout: 2,
      ...options,
    });
    this.client.on('failure', (event) => this.#end(event.id ?? '', codeOf(event)));
    this.client.on('response', (event) => {
      if (event.command_status === 'ESME_ROK') this.#end(event.id as string, 'accepted');
    });
  }

  #end(id: string, how: string): void {
    this.#over.set(id, [...(this.#over.get(id) ?? []), how]);
  }

  do(operation: Operation): void {
    const { client } = this;
    const work: Record<Operation, () => unknown> = {
      connect: () => client.connect(),
      disconnect: () => client.disconnect(),
      pause: () => client.pause(),
      resume: () => client.resume(),
      purge: () => client.purge(),
      send: () => this.#send({}),
      'send short-lived': () => this.#send({ expires: this.clock.now() + 1500 }),
      'send long': () => this.#send({ short_message: 'long '.repeat(80) }),
      enqueue: () => client.enqueue([HELLO, HELLO]).then((ids) => ids.forEach((id) => this.#queued.add(id))),
      configure: () => client.configure({ windowSize: 3, sendRate: 50 }),
      replay: () => ((this.#replayed = true), client.replay()),
      'purge dead letters': () => client.purgeDeadLetters(),
      'drop the link': () => this.#links.at(-1)?.socket.destroy(),
      expire: () => this.clock.advance(2000),
      stop: () => client.stop(),
    };
    const call = Promise.resolve(work[operation]());
    this.#calls.push(
      call.catch((cause: unknown) => {
        const error = cause as SmppError;
        if (!STOPPED_BY.includes(error.code)) this.#wrong.push(`${operation}: ${String(error)}`);
      }),
    );
  }

  /** Of all links of the peer, which others use as well. */
  get #links(): PeerLink[] {
    return this.#peer.links.filter(({ received }) => received[0]?.system_id === this.#name);
  }

  #send(fields: object): void {
    const sent = this.client.send({ ...HELLO, ...fields });
    this.#sent.push(
      sent.then(
        ({ id }) => this.#queued.add(id ?? ''),
        () => undefined,
      ),
    );
  }

  /** Stops it, and says what is wrong then; an empty list: nothing. */
  async stop(handlerTimeout = 0): Promise<string[]> {
    const wrong = this.#wrong;
    const stopped = await this.#within(LONGEST_STOP, this.client.stop());
    if (!stopped) return [...wrong, `stop() did not resolve within ${LONGEST_STOP} s`];
    await this.#returned(handlerTimeout);
    await settle();
    if (!(await this.#within(5, Promise.all(this.#sent)))) wrong.push('a send() was never settled');
    if (!(await this.#within(5, Promise.all(this.#calls)))) wrong.push('a call was never settled');
    await until(() => this.clock.pendingTimers === 0, 'the end of all timers');
    if (this.client.state !== 'disconnected') wrong.push(`it is ${this.client.state}`);
    await this.#account(wrong);
    return wrong;
  }

  /** A store that answers late has what was lent back when it has answered. */
  async #returned(handlerTimeout: number): Promise<void> {
    const end = Date.now() + handlerTimeout;
    while (Date.now() < end && (await this.#store.queue.stats()).leased > 0)
      await new Promise((resolve) => setTimeout(resolve, 1));
  }

  async #account(wrong: string[]): Promise<void> {
    const { leased, queued, delayed } = await this.#store.queue.stats();
    if (leased > 0) wrong.push(`${leased} messages are on loan`);
    const left = new Map<string, number>();
    const signal = AbortSignal.timeout(1000);
    let leases: Lease[] = [];
    if (queued > delayed) leases = await this.#store.queue.take(1000, { signal });
    for (const { item } of leases) left.set(item.id, (left.get(item.id) ?? 0) + 1);
    for (const id of new Set([...this.#queued, ...this.#over.keys(), ...left.keys()])) {
      const over = this.#over.get(id) ?? [];
      const places = (left.get(id) ?? 0) + (over.length > 0 ? 1 : 0);
      if (places === 0 && delayed === 0) wrong.push(`${id} is neither in the queue nor told`);
      if ((left.get(id) ?? 0) > 1) wrong.push(`${id} is twice in the queue`);
      const isLate = over.includes('accepted') && places > 1;
      if (places > 1 && !this.#replayed && !isLate) wrong.push(`${id} is in the queue and ${over.join()}`);
      const failures = over.filter((how) => how !== 'accepted');
      if (failures.length > 1 && !this.#replayed) wrong.push(`${id} is told twice: ${over.join()}`);
    }
    await this.#store.queue.release(leases);
  }

  /** Whether it came in time, by the fake clock. */
  async #within(seconds: number, work: Promise<unknown>): Promise<boolean> {
    let done = false;
    work.then(
      () => (done = true),
      () => (done = true),
    );
    await settle();
    for (let n = 0; n < seconds * 4 && !done; n++) {
      await this.clock.advance(250);
      if (!done) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    // A disk runs on a clock of its own.
    for (let n = 0; n < 2000 && !done; n++) await new Promise((resolve) => setTimeout(resolve, 2));
    return done;
  }
}

function codeOf(event: FailureEvent): string {
  return event.code;
}

/** Those of many cases that went wrong, each with its name. */
export async function failuresOf(cases: readonly (() => Promise<string>)[], atOnce = 40): Promise<string[]> {
  const failures: string[] = [];
  for (let at = 0; at < cases.length; at += atOnce) {
    const results = await Promise.all(cases.slice(at, at + atOnce).map((one) => one()));
    failures.push(...results.filter((result) => result !== ''));
  }
  return failures;
}

/** A store of the user's whose every answer takes a few turns, or milliseconds, longer. */
export function lateStore(store: Store, delay: () => Distance): Store {
  const late = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          await pass(delay());
          const result = (await Reflect.apply(member, target, args)) as unknown;
          await pass(delay());
          return result;
        };
      },
    });
  const parts: Partial<Record<PropertyKey, object>> = {
    queue: late(store.queue),
    correlator: late(store.correlator),
    state: late(store.state),
    ...(store.deadLetters ? { deadLetters: late(store.deadLetters) } : {}),
  };
  const rest = late(store);
  return new Proxy(store, { get: (_, name) => parts[name] ?? (Reflect.get(rest, name) as unknown) });
}

export function assertNone(failures: readonly string[]): void {
  assert.deepEqual(failures.slice(0, 10), [], `${failures.length} interleavings went wrong`);
}
