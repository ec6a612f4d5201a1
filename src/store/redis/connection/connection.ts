import { createHash } from 'node:crypto';
import type { Clock, TimerHandle } from '../../../clock';
import type { SmppError } from '../../../protocol';
import { within } from '../../../waiting';
import { storeClosed } from '../../errors';
import type { RedisAddress } from './address';
import { written, type Argument, type BlockingCalls, type RedisCalls, type Script } from './calls';
import { BlockingConnection } from './blocking';
import { dial, isReply, type Link } from './dial';
import { movesOn, redisFault } from './faults';
import type { Keys } from './keys';
import { lostReply } from './lost-reply';

/** Milliseconds. */
const FIRST_PAUSE = 50;
/** Far less than a lease lasts: who comes back later than the others would find its leases taken. */
const LONGEST_PAUSE = 1000;
/** For so long a call waits for the server. */
const PATIENCE = 5000;
/** With calls on their way and no reply for so long the connection is taken for dead. */
const SILENCE = 5000;
const LOOK_INTERVAL = 1000;
/** For so long a close waits for the replies to what was sent. */
const CLOSE_WAIT = 500;

export interface ConnectionOptions {
  readonly address: RedisAddress;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly instance: string;
  readonly random: (count: number) => Uint8Array;
  away(failure: Error | undefined): void;
}

class Call {
  readonly args: (string | Buffer)[];
  readonly script: Script | undefined;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Monotonic milliseconds until which it waits for the server; 0: it does not wait. */
  until = 0;

  constructor(
    args: (string | Buffer)[],
    script: Script | undefined,
    resolve: (reply: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.args = args;
    this.script = script;
    this.resolve = resolve;
    this.reject = reject;
  }
}

interface Prepared {
  readonly sha: string;
  readonly keys: readonly string[];
}

/** See {@link RedisCalls}. */
export class RedisConnection implements RedisCalls {
  readonly keys: Keys;
  readonly clock: Clock;
  readonly instance: string;
  readonly #options: ConnectionOptions;
  readonly #prepared = new Map<Script, Prepared>();
  readonly #back = new Set<() => void>();
  readonly #blocking = new Set<BlockingConnection>();
  /** What was sent, in its order, and has no reply yet. */
  readonly #sent = new Set<Call>();
  /** What waits for the server, in its order. */
  #waiting: Call[] = [];
  #link: Link | undefined;
  /** What the server knows of them, as far as this connection does. */
  #loaded = new Set<Script>();
  #since = 0;
  #lastReply = 0;
  #closed = false;
  #failure: SmppError | undefined;
  #retryTimer: TimerHandle;
  #waitTimer: TimerHandle;
  #lookTimer: TimerHandle;
  #drained: (() => void) | undefined;

  private constructor(options: ConnectionOptions) {
    this.#options = options;
    this.keys = options.keys;
    this.clock = options.clock;
    this.instance = options.instance;
  }

  /** Resolves when it is connected; rejects with why it cannot be. */
  static async open(options: ConnectionOptions): Promise<RedisConnection> {
    const connection = new RedisConnection(options);
    await connection.#dial();
    return connection;
  }

  get connectedFor(): number {
    return this.#link ? this.clock.monotonic() - this.#since : 0;
  }

  onBack(handler: () => void): () => void {
    this.#back.add(handler);
    return () => this.#back.delete(handler);
  }

  run(script: Script, args: readonly Argument[], more: readonly string[] = []): Promise<unknown> {
    const { sha, keys } = this.#prepare(script);
    const all: (string | Buffer)[] = ['EVALSHA', sha, String(keys.length + more.length), ...keys, ...more];
    for (const arg of args) all.push(written(arg));
    return this.#call(all, script);
  }

  command(args: readonly Argument[]): Promise<unknown> {
    return this.#call(args.map(written));
  }

  blocking(): BlockingCalls {
    const { address, keys } = this.#options;
    const ready = (): Promise<unknown> => this.command(['EXISTS', keys.of('account')]);
    const made = new BlockingConnection(address, keys.of('account'), ready, () =>
      this.#blocking.delete(made),
    );
    this.#blocking.add(made);
    return made;
  }

  /** What was sent is waited for, a while; all else rejects with `STORE_CLOSED`. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of [this.#retryTimer, this.#waitTimer]) this.clock.clearTimeout(timer);
    for (const one of [...this.#blocking]) one.close();
    for (const call of this.#waiting.splice(0)) call.reject(storeClosed());
    if (this.#link && this.#sent.size > 0)
      await within(this.clock, CLOSE_WAIT, new Promise<void>((resolve) => (this.#drained = resolve)));
    this.clock.clearTimeout(this.#lookTimer);
    this.#link?.destroy();
    this.#link = undefined;
    for (const call of this.#sent) call.reject(storeClosed());
    this.#sent.clear();
  }

  #prepare(script: Script): Prepared {
    let prepared = this.#prepared.get(script);
    if (!prepared) {
      const sha = createHash('sha1').update(script.lua).digest('hex');
      prepared = { sha, keys: script.keys.map((name) => this.keys.of(name)) };
      this.#prepared.set(script, prepared);
    }
    return prepared;
  }

  #call(args: (string | Buffer)[], script?: Script): Promise<unknown> {
    if (this.#closed) return Promise.reject(storeClosed());
    return new Promise((resolve, reject) => {
      const call = new Call(args, script, resolve, reject);
      if (this.#link && this.#waiting.length === 0) this.#send(call, this.#link);
      else this.#wait([call]);
    });
  }

  #send(call: Call, link: Link): void {
    const { script } = call;
    if (this.#sent.size === 0) this.#lastReply = this.clock.monotonic();
    this.#sent.add(call);
    let { args } = call;
    // The first time whole: the server may not know it, and to learn that by its answer would change the order.
    if (script && !this.#loaded.has(script)) {
      this.#loaded.add(script);
      args = ['EVAL', script.lua, ...args.slice(2)];
    }
    link.send(args).then(
      (reply) => {
        this.#lastReply = this.clock.monotonic();
        if (this.#isOver(call)) call.resolve(reply);
      },
      (error: unknown) => this.#failed(call, link, error as Error),
    );
  }

  /** Whether it was on its way until now. */
  #isOver(call: Call): boolean {
    const isOver = this.#sent.delete(call);
    if (this.#sent.size === 0) this.#drained?.();
    return isOver;
  }

  #failed(call: Call, link: Link, error: Error): void {
    // Else it was dealt with when the connection broke.
    if (!this.#sent.has(call)) return;
    if (!isReply(error)) return this.#lose(link, error);
    this.#lastReply = this.clock.monotonic();
    this.#isOver(call);
    if (error.message.startsWith('NOSCRIPT') && call.script) {
      this.#loaded.delete(call.script);
      return this.#send(call, link);
    }
    if (!movesOn(error) || this.#closed) return call.reject(redisFault(error, this.#options.address));
    this.#lose(link, error);
    // Nothing of it was done, so it goes before what was made after it.
    this.#wait([call], true);
  }

  #wait(calls: Call[], isFirst = false): void {
    const until = this.clock.monotonic() + PATIENCE;
    for (const call of calls) call.until ||= until;
    this.#waiting = isFirst ? [...calls, ...this.#waiting] : this.#waiting.concat(calls);
    if (this.#waitTimer === undefined) this.#armWait();
  }

  #armWait(): void {
    this.#waitTimer = undefined;
    const now = this.clock.monotonic();
    const failure = this.#failure ?? storeClosed();
    this.#waiting = this.#waiting.filter((call) => {
      if (call.until > now) return true;
      call.reject(failure);
      return false;
    });
    const next = Math.min(...this.#waiting.map(({ until }) => until));
    if (next !== Infinity)
      this.#waitTimer = this.clock.setTimeout(() => this.#armWait(), Math.max(1, next - now));
  }

  /** The connection is gone: what was on its way is sent again, or told as lost. */
  #lose(link: Link, error: Error): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    link.destroy();
    for (const one of this.#blocking) one.drop();
    this.clock.clearTimeout(this.#lookTimer);
    const repeated: Call[] = [];
    for (const call of this.#sent) {
      const { script, args } = call;
      if (this.#closed) call.reject(storeClosed());
      else if (script === undefined || script.whenLost === 'fails') call.reject(lostReply(error));
      else {
        if (script.whenLost === 'marks') args[args.length - 1] = '1';
        repeated.push(call);
      }
    }
    this.#sent.clear();
    this.#drained?.();
    if (this.#closed) return;
    this.#failure = redisFault(error, this.#options.address);
    if (repeated.length > 0) this.#wait(repeated, true);
    this.#options.away(this.#failure);
    this.#redial(FIRST_PAUSE);
  }

  #redial(pause: number): void {
    const spread = 0.5 + (this.#options.random(1)[0] as number) / 512;
    this.#retryTimer = this.clock.setTimeout(() => {
      this.#dial().then(
        () => this.#returned(),
        (error: unknown) => {
          if (this.#closed) return;
          this.#failure = redisFault(error, this.#options.address);
          this.#redial(Math.min(2 * pause, LONGEST_PAUSE));
        },
      );
    }, pause * spread);
  }

  async #dial(): Promise<void> {
    const held: { link?: Link; broken?: Error } = {};
    const ended = (error: Error): void => {
      held.broken = error;
      if (held.link) this.#lose(held.link, error);
    };
    const link = await dial(this.#options.address, this.keys.of('account'), ended);
    held.link = link;
    if (this.#closed || held.broken) {
      link.destroy();
      throw held.broken ?? storeClosed();
    }
    this.#link = link;
    this.#loaded = new Set();
    this.#since = this.clock.monotonic();
    this.#look(link);
  }

  #returned(): void {
    if (!this.#link || this.#closed) return;
    const link = this.#link;
    this.#options.away(undefined);
    for (const call of this.#waiting.splice(0)) {
      call.until = 0;
      this.#send(call, link);
    }
    for (const handler of this.#back) handler();
  }

  /** A server that stands still, or a network that swallows everything, is noticed by the missing replies. */
  #look(link: Link): void {
    this.#lookTimer = this.clock.setTimeout(() => {
      if (this.#sent.size > 0 && this.clock.monotonic() - this.#lastReply > SILENCE)
        return this.#lose(link, new Error(`it has not answered for ${SILENCE / 1000} s`));
      this.#look(link);
    }, LOOK_INTERVAL);
  }
}
