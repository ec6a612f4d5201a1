import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../src/clock';
import {
  SmppClient,
  openDiskStore,
  openMemoryStore,
  type Message,
  type RequestEvent,
  type ResponseEvent,
  type SmppClientOptions,
  type Store,
} from '../../src/index';
import { Smsc, type SubmitEvent } from '../../src/simulator';
import { FakeClock } from '../support/clock';
import { Proxy } from '../support/proxy';
import { FULL_MAILBOX, PACE, POISON, type Fault } from './faults';

export const MOMENTS = ['idle', 'window full', 'during bind', 'during unbind', 'during deploy'] as const;
export const STORES = ['memory', 'disk'] as const;
export type Moment = (typeof MOMENTS)[number];
export type Backend = (typeof STORES)[number];

/** What a cell of the matrix has seen. */
export interface Seen {
  readonly messages: number;
  /** Segments that the centre took more than once. */
  readonly repeats: number;
  readonly links: number;
  /** Milliseconds from the end of the fault to the last message. */
  readonly recovery: number;
}

const COUNT = 24;
const WINDOW = 5;
const account = { host: 'h', systemId: 's' };
const limits = { capacity: 0, whenFull: 'reject' } as const;
const PATIENCE = 60_000;
/** Of fake time, per turn of real time. */
const STRIDE = 4000;
/** Longer faults have a clock that runs fast. */
const LONGEST_REAL = 5000;

/** The system's clock, which knows how many of its timers run. */
class CountingClock implements Clock {
  readonly #timers = new Set<unknown>();
  #set = 0;
  now = (): number => systemClock.now() + this.#set;
  monotonic = systemClock.monotonic;

  get pendingTimers(): number {
    return this.#timers.size;
  }

  setTimeout = (callback: () => void, ms: number): unknown => {
    const timer = systemClock.setTimeout(() => (this.#timers.delete(timer), callback()), ms);
    this.#timers.add(timer);
    return timer;
  };

  step(ms: number): void {
    this.#set += ms;
  }

  clearTimeout = (timer: unknown): void => {
    this.#timers.delete(timer);
    systemClock.clearTimeout(timer);
  };
}

function messages(): Message[] {
  return Array.from({ length: COUNT }, (_, n) => ({
    short_message: n === 7 ? `${n} ${POISON}` : n % 5 === 4 ? `${n} `.padEnd(200, 'x') : String(n),
    destination_addr: n % 6 === 5 ? FULL_MAILBOX : '447700900123',
    source_addr: 'Shop',
  }));
}

const SEGMENTS = messages().reduce(
  (sum, { short_message: text }) => sum + ((text as string).length > 160 ? 2 : 1),
  0,
);

/** What became of one segment. */
interface Sending {
  unmarked: number;
  refused: number;
  unanswered: number;
  /** How often it was sent while an earlier time was not answered. */
  again: number;
}

/** A client, its store, and a centre behind a way on which accidents happen. */
class Cell {
  readonly #fast: boolean;
  readonly #clock: FakeClock | CountingClock;
  readonly #smsc = new Smsc({ rules: PACE, receiptDelay: 100 });
  readonly #taken = new Map<string, number>();
  /** By message and segment. */
  readonly #sent = new Map<string, Sending>();
  #links = 0;
  #directory: string | undefined;
  #pump: NodeJS.Timeout | undefined;
  #store!: Store;
  #proxy!: Proxy;
  #client!: SmppClient;

  constructor(
    readonly fault: Fault,
    readonly moment: Moment,
    readonly backend: Backend,
  ) {
    this.#fast = fault.lasts > LONGEST_REAL;
    this.#clock = this.#fast ? new FakeClock(Date.now()) : new CountingClock();
  }

  async run(): Promise<Seen> {
    await this.#open();
    try {
      await this.#play();
      const endedAt = Date.now();
      await this.#until(() => this.#taken.size === SEGMENTS, 'all segments');
      const recovery = Date.now() - endedAt;
      await this.#until(async () => this.#isEmpty(), 'an empty queue');
      this.#check();
      await this.#client.stop();
      await this.#checkLeaks();
      return { messages: COUNT, repeats: this.#repeats(), links: this.#links, recovery };
    } finally {
      await this.#close();
    }
  }

  async #open(): Promise<void> {
    const { port } = await this.#smsc.start();
    this.#smsc.on('submit', (submit) => this.#take(submit));
    this.#smsc.on('bind', () => this.#links++);
    this.#proxy = new Proxy(port);
    await this.#proxy.listen();
    const clock = this.#clock;
    if (this.backend === 'disk') this.#directory = await mkdtemp(join(tmpdir(), 'smpp-fault-'));
    this.#store = this.#directory
      ? await openDiskStore({ directory: join(this.#directory, 'queue'), account, clock, ...limits })
      : openMemoryStore({ clock, ...limits });
    this.#client = this.#makeClient();
    if (this.#fast) this.#pump = setInterval(() => void (clock as FakeClock).advance(STRIDE), 2);
  }

  #makeClient(): SmppClient {
    const options: SmppClientOptions = {
      port: this.#proxy.port,
      systemId: 'us',
      queue: this.#store,
      clock: this.#clock,
      windowSize: WINDOW,
      reconnectMin: 0.01,
      reconnectMax: 0.05,
      // Real answers take real milliseconds, which are hours of a clock that runs fast.
      responseTimeout: this.#fast ? 1_000_000 : 0.15,
      bindTimeout: this.#fast ? 1_000_000 : 0.3,
      enquireLinkInterval: this.#fast ? 0 : 1,
      drainTimeout: this.#fast ? 600 : 0.1,
      throttleWait: this.#fast ? 3 : 0.02,
      maxRedeliveries: 1000,
      maxAttempts: 1000,
      messageTtl: 0,
      logLevel: 'silent',
    };
    const client = new SmppClient(options);
    client.on('request', (event) => this.#noteRequest(event));
    client.on('response', (event) => this.#noteResponse(event));
    client.on('failure', ({ code, payload }) => assert.fail(`${code}: ${payload}`));
    return client;
  }

  /** Makes the fault at its moment; when it is over the client is on its own. */
  async #play(): Promise<void> {
    const step = (ms: number): void => this.#clock.step(ms);
    const place = { smsc: this.#smsc, proxy: this.#proxy, step };
    const begin = async (): Promise<() => Promise<void>> => {
      const end = await this.fault.begin(place);
      return async () => {
        await this.#pass(this.fault.lasts);
        await end();
      };
    };
    if (this.moment === 'during bind') {
      await this.#enqueue();
      const over = await begin();
      void this.#client.start().catch(() => undefined);
      return over();
    }
    await this.#client.start();
    if (this.moment === 'idle') {
      const over = await begin();
      await this.#enqueue();
      return over();
    }
    await this.#enqueue();
    await this.#until(() => this.#taken.size >= 1 && this.#client.state !== 'connecting', 'traffic');
    if (this.moment === 'window full') await (await begin())();
    if (this.moment === 'during unbind') {
      const over = await begin();
      await this.#client.disconnect();
      void this.#client.connect().catch(() => undefined);
      await over();
    }
    if (this.moment === 'during deploy') {
      const over = await begin();
      await this.#client.stop();
      this.#client = this.#makeClient();
      void this.#client.start().catch(() => undefined);
      await over();
    }
  }

  async #enqueue(): Promise<void> {
    await this.#client.enqueue(messages());
  }

  #pass(ms: number): Promise<void> {
    const end = this.#clock.monotonic() + ms;
    return this.#until(() => this.#clock.monotonic() >= end, 'the end of the fault');
  }

  async #until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (!(await condition())) {
      if (Date.now() > end) assert.fail(`${what}: not within ${PATIENCE} ms; ${await this.#where()}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #where(): Promise<string> {
    return `${this.#taken.size} of ${SEGMENTS} taken, ${JSON.stringify(await this.#client.status())}`;
  }

  async #isEmpty(): Promise<boolean> {
    const { queued, leased } = await this.#store.queue.stats();
    return queued + leased === 0;
  }

  // --- what goes over the way ---

  #take({ octets, part }: SubmitEvent): void {
    const [number = ''] = octets.toString('latin1').split(' ');
    const key = part ? `part ${part.reference} ${part.part}` : number;
    this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1);
  }

  #sending({ id, segment = 0 }: RequestEvent | ResponseEvent): Sending {
    const key = `${id ?? ''} ${segment}`;
    const known = this.#sent.get(key) ?? { unmarked: 0, refused: 0, unanswered: 0, again: 0 };
    this.#sent.set(key, known);
    return known;
  }

  #noteRequest(event: RequestEvent): void {
    const sending = this.#sending(event);
    // Its answer may yet come, late.
    if (sending.unanswered > 0) sending.again++;
    sending.unanswered++;
    if (!event.redelivered) sending.unmarked++;
  }

  #noteResponse(event: ResponseEvent): void {
    const sending = this.#sending(event);
    sending.unanswered--;
    if (event.command_status !== 'ESME_ROK') sending.refused++;
  }

  #repeats(): number {
    return [...this.#taken.values()].reduce((sum, times) => sum + times - 1, 0);
  }

  #check(): void {
    let again = 0;
    for (const [key, sending] of this.#sent) {
      // The first transmission, and any after one that the centre has refused, may have been the only one.
      assert.ok(sending.unmarked - sending.refused <= 1, `${key} came again unmarked`);
      again += sending.again;
    }
    const most = Math.max(...this.#taken.values());
    assert.ok(most <= (this.fault.most ?? Infinity), `a segment was taken ${most} times`);
    assert.ok(
      this.#repeats() <= again,
      `${this.#repeats()} repeats for ${again} answers that did not come in time`,
    );
  }

  // --- the end ---

  async #checkLeaks(): Promise<void> {
    await this.#store.close();
    await this.#until(() => this.#proxy.open === 0, 'the end of all sockets');
    // That of a socket which waits for the peer's end runs until then.
    await this.#until(() => this.#clock.pendingTimers === 0, 'the end of all timers');
  }

  async #close(): Promise<void> {
    await this.#client.stop();
    clearInterval(this.#pump);
    await this.#store.close();
    await this.#proxy.stop();
    await this.#smsc.stop();
    if (this.#directory) await rm(this.#directory, { recursive: true });
  }
}

/** Plays one fault at one moment with one store; rejects with what did not hold. */
export function playCell(fault: Fault, moment: Moment, backend: Backend): Promise<Seen> {
  return new Cell(fault, moment, backend).run();
}
