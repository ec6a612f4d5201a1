import { sleep, repeat, within, type Repeated } from '../../../waiting';
import { chunksOf } from '../../chunks';
import type { Home, Notice } from '../../sharing';
import type { Argument, RedisCalls } from '../connection/calls';
import { HomeReader, type ReceivedNotice } from './home-reader';
import type { EventHandlers } from './events';
import { HOME_SCRIPTS } from '../lua/home';

/** Milliseconds for which an instance lives without being heard of, and between two signs of life. */
const LIFE = 10_000;
const HEARTBEAT = 3000;
/** Of dead instances per sign of life. */
const MOVED_AT_ONCE = 1000;
/** Notices per call of the handler, and per script. */
const AT_ONCE = 100;
/** Milliseconds before a handler that failed is asked again. */
const PAUSE = 1000;
/** Milliseconds that a close waits for the handler, and for the server. */
const CLOSE_WAIT = 2000;

export interface RedisHomeOptions {
  readonly calls: RedisCalls;
  /** What the stream of events tells, which is read over the same connection. */
  readonly events: EventHandlers;
  /** A handler of {@link RedisHome.listen} failed; it is asked again. */
  onFailure(error: unknown): void;
  /** Milliseconds without a sign of life after which an instance is dead; default 10 s. For tests. */
  readonly life?: number;
}

/**
 * Notices for instances, in a stream for each, and who lives. An instance that lives no more is found dead by one of the
 * others, which moves what is left in its stream into its own in the same step. Until then it takes notices: nothing is
 * lost, whoever dies when.
 */
export class RedisHome implements Home {
  readonly instance: string;
  readonly #options: RedisHomeOptions;
  readonly #life: number;
  readonly #heartbeat: Repeated;
  readonly #reader: HomeReader;
  readonly #closing = new AbortController();
  /** Read, and not handled yet. */
  #backlog: ReceivedNotice[] = [];
  /** Handled, and not deleted yet. */
  #handled: string[] = [];
  #handler: ((notices: readonly Notice[]) => unknown) | undefined;
  #handling: Promise<void> | undefined;
  /** Since when it lives without a break; monotonic milliseconds. */
  #livesSince = Infinity;

  private constructor(options: RedisHomeOptions) {
    const { calls, life = LIFE } = options;
    this.#options = options;
    this.#life = life;
    this.instance = calls.instance;
    this.#heartbeat = repeat(calls.clock, (HEARTBEAT * life) / LIFE, () => this.#beat());
    this.#reader = new HomeReader(calls, options.events, (told) => {
      this.#backlog.push(...told);
      this.#handle();
      return this.#backlog.length;
    });
  }

  /** Resolves when others can tell it something. */
  static async open(options: RedisHomeOptions): Promise<RedisHome> {
    const home = new RedisHome(options);
    await home.#beat();
    await home.#reader.start();
    home.#heartbeat.start();
    return home;
  }

  async tell(notices: readonly Notice[]): Promise<readonly Notice[]> {
    const untaken = [...chunksOf(notices, AT_ONCE)].map((some) => this.#tell(some));
    return (await Promise.all(untaken)).flat();
  }

  async #tell(notices: readonly Notice[]): Promise<Notice[]> {
    const args = notices.flatMap(({ instance, octets }): Argument[] => [instance, octets]);
    const places = (await this.#options.calls.run(HOME_SCRIPTS.tell, args)) as number[];
    return places.flatMap((place) => notices[place] ?? []);
  }

  listen(handler: (notices: readonly Notice[]) => unknown): void {
    this.#handler = handler;
    this.#handle();
  }

  /** What has not been handled is left to the others, or to whoever comes next. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const { calls } = this.#options;
    this.#heartbeat.stop();
    this.#reader.close();
    this.#closing.abort();
    await within(calls.clock, CLOSE_WAIT, Promise.resolve(this.#handling));
    const left = this.#forgetHandled().then(() => calls.run(HOME_SCRIPTS.leave, [this.instance]));
    await within(calls.clock, CLOSE_WAIT, left);
  }

  async #beat(): Promise<void> {
    const { calls } = this.#options;
    const now = calls.clock.monotonic();
    const mayTakeOver = Math.min(calls.connectedFor, now - this.#livesSince) >= this.#life;
    const args = [this.instance, this.#life, mayTakeOver ? 1 : 0, MOVED_AT_ONCE];
    const [lived] = (await calls.run(HOME_SCRIPTS.heartbeat, args)) as [number, number];
    if (lived === 0) this.#livesSince = now;
    await this.#forgetHandled();
  }

  #handle(): void {
    this.#handling ??= this.#handleAll().finally(() => (this.#handling = undefined));
  }

  async #handleAll(): Promise<void> {
    const { calls } = this.#options;
    const { signal } = this.#closing;
    while (this.#handler && this.#backlog.length > 0 && !signal.aborted) {
      const some = this.#backlog.slice(0, AT_ONCE);
      try {
        await this.#handler(some.map(({ instance = this.instance, octets }) => ({ instance, octets })));
      } catch (error) {
        this.#options.onFailure(error);
        await sleep(calls.clock, PAUSE, signal);
        continue;
      }
      this.#backlog = this.#backlog.slice(some.length);
      this.#handled.push(...some.map(({ id }) => id));
      await this.#forgetHandled().catch(() => undefined);
    }
  }

  /** Also what could not be deleted before, as the server was away. */
  async #forgetHandled(): Promise<void> {
    const { calls } = this.#options;
    while (this.#handled.length > 0) {
      const ids = this.#handled.slice(0, 1000);
      await calls.command(['XDEL', calls.keys.of(`home:${this.instance}`), ...ids]);
      const deleted = new Set(ids);
      this.#handled = this.#handled.filter((id) => !deleted.has(id));
      this.#reader.forget(ids);
    }
  }
}
