import {
  EVENT_NAMES,
  SmppClient,
  openMemoryStore,
  type ClientEvents,
  type EventName,
  type MemoryStore,
  type Message,
  type SmppClientOptions,
  type StatusReport,
} from '../../src/index';
import { FakeClock } from '../support/clock';
import { checkLines } from '../support/log-lines';
import { Peer, type Script } from '../support/peer';
import { until } from '../support/until';

export const EVENTS = EVENT_NAMES;

export type SceneOptions = Omit<SmppClientOptions, 'clock'> & { clock?: FakeClock };

/** A client, the centre that it speaks with, its clock, and what it told. */
export interface Scene {
  readonly client: SmppClient;
  readonly peer: Peer;
  readonly clock: FakeClock;
  readonly lines: Record<string, unknown>[];
  /** Events so far, of one name. */
  told<E extends EventName>(name: E): ClientEvents[E][];
}

export const HELLO: Message = {
  short_message: 'Hello',
  destination_addr: '491511234567',
  source_addr: 'Shop',
};

/** `n` messages that can be told apart by their text. */
export function numbered(n: number, fields: Partial<Message> = {}): Message[] {
  return Array.from({ length: n }, (_, index) => ({ ...HELLO, short_message: String(index), ...fields }));
}

/** The texts of submits, in the order of their coming. */
export function textsOf(submits: readonly object[]): string[] {
  return submits.map((pdu) => (pdu as { short_message: Buffer }).short_message.toString('latin1'));
}

/** Keeps what a client tells from now on; what it returns gives the events so far, of one name. */
export function recording(client: SmppClient): Scene['told'] {
  const events: { name: EventName; event: unknown }[] = [];
  for (const name of EVENTS) client.on(name, (event) => void events.push({ name, event }));
  return <E extends EventName>(wanted: E): ClientEvents[E][] =>
    events.filter(({ name }) => name === wanted).map(({ event }) => event as ClientEvents[E]);
}

/** Makes clients and centres, and cleans up after them. */
export class Scenes {
  readonly #ends: (() => Promise<unknown>)[] = [];
  readonly #checks: (() => void)[] = [];

  async peer(script?: Script | ((link: number) => Script)): Promise<Peer> {
    const peer = await Peer.start(script);
    this.#ends.push(() => peer.stop());
    return peer;
  }

  /** A client that is not started. */
  async idle(
    script?: Script | ((link: number) => Script),
    options: SceneOptions = {},
    peer?: Peer,
  ): Promise<Scene> {
    const centre = peer ?? (await this.peer(script));
    const clock = options.clock ?? new FakeClock();
    const lines: Record<string, unknown>[] = [];
    // All that there is at debug, so that each kind of line is seen by the check; `lines` has what was asked for.
    const written: Record<string, unknown>[] = [];
    const client = new SmppClient({
      port: centre.port,
      systemId: 'a',
      password: 'secret',
      clock,
      random: () => 0.5,
      logLevel: 'debug',
      log: (line) => {
        written.push(line);
        if (options.logLevel !== undefined || line['level'] !== 'debug') lines.push(line);
      },
      ...options,
    });
    const told = recording(client);
    this.#checks.push(() => checkLines(written, Object.keys((options.logMetadata ?? {}) as object)));
    this.#ends.push(async () => {
      const stopped = client.stop();
      const ticking = setInterval(() => void clock.advance(1000), 5);
      await stopped;
      clearInterval(ticking);
    });
    return { client, peer: centre, clock, lines, told };
  }

  /** A client that is bound. */
  async bound(
    script?: Script | ((link: number) => Script),
    options: SceneOptions = {},
    peer?: Peer,
  ): Promise<Scene> {
    const scene = await this.idle(script, options, peer);
    await scene.client.start();
    return scene;
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
    // Every line that any client wrote is in the catalogue.
    for (const check of this.#checks.splice(0)) check();
  }
}

/** A store that outlives the client it is given to. */
export function store(clock: FakeClock, capacity = 10_000): MemoryStore {
  return openMemoryStore({ capacity, whenFull: 'reject', clock });
}

/** Moves the clock on in steps until something has happened. */
export async function advanceUntil(
  clock: FakeClock,
  condition: () => boolean,
  step = 100,
  steps = 2000,
): Promise<void> {
  for (let n = 0; n < steps && !condition(); n++) await clock.advance(step);
  await until(condition);
}

/** Waits until the client's status is so. */
export async function untilStatus(
  client: SmppClient,
  isSo: (report: StatusReport) => boolean,
  what = 'the status',
): Promise<void> {
  let report: StatusReport | undefined;
  const asking = setInterval(() => void client.status().then((told) => (report = told)), 5);
  try {
    await until(() => report !== undefined && isSo(report), what);
  } finally {
    clearInterval(asking);
  }
}
