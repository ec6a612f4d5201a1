import { Reassembly } from '../../../src/client/inbound/reassembly/reassembly';
import { createLog } from '../../../src/observability';
import type { SmppError } from '../../../src/protocol';
import { openMemoryStore, type KeyValueState } from '../../../src/store';
import type { JoinedMessage, MessagePart } from '../../../src/text';
import { FakeClock } from '../../support/clock';

export const TIMEOUT = 60_000;
export const CLAIM_TIME = 20_000;

/** A store in memory that several instances share, as one behind a network does: each call takes a while, either way. */
export class World {
  readonly clock = new FakeClock();
  readonly memory = openMemoryStore({ capacity: 0, whenFull: 'reject', clock: this.clock });
  /** Calls so far, by name. */
  readonly calls = new Map<string, number>();
  /** What the clients write to their logs, from warnings on. */
  readonly warned: string[] = [];
  /** Why each call fails now. */
  fault: SmppError | undefined;
  readonly #delay: () => number;

  /** `delay`: milliseconds, asked for each call and each answer. */
  constructor(delay: () => number) {
    this.#delay = delay;
  }

  instance(handlerTime: () => number = () => 0, maxMessages?: number): Instance {
    return new Instance(this, handlerTime, maxMessages);
  }

  pass(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.setTimeout(resolve, ms));
  }

  /** A state whose calls do not come back any more, nor arrive, once `isDead` says so. */
  state(isDead: () => boolean): KeyValueState {
    const { state } = this.memory;
    const call = <K extends 'get' | 'set' | 'delete' | 'list' | 'increment'>(name: K): KeyValueState[K] =>
      (async (...given: unknown[]) => {
        await this.pass(this.#delay());
        if (isDead()) return new Promise(() => undefined);
        if (this.fault) throw this.fault;
        this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
        const result = await (state[name] as (...all: unknown[]) => Promise<unknown>).apply(state, given);
        await this.pass(this.#delay());
        return isDead() ? new Promise(() => undefined) : result;
      }) as KeyValueState[K];
    const [get, set, remove] = [call('get'), call('set'), call('delete')];
    return { get, set, delete: remove, list: call('list'), increment: call('increment') };
  }

  /** Moves on until it has happened. */
  async until(condition: () => boolean, step = 20, most = 20_000): Promise<void> {
    for (let n = 0; n < most && !condition(); n++) await this.clock.advance(step);
    if (!condition()) throw new Error('it does not happen');
  }
}

/** One client's joining. */
export class Instance {
  readonly told: JoinedMessage[] = [];
  readonly reassembly: Reassembly;
  listens = true;
  #dead = false;
  readonly #world: World;
  readonly #handlerTime: () => number;

  constructor(world: World, handlerTime: () => number, maxMessages?: number) {
    this.#world = world;
    this.#handlerTime = handlerTime;
    const { capabilities } = world.memory;
    const store = { state: world.state(() => this.#dead), capabilities: { ...capabilities, shared: true } };
    const { clock, warned } = world;
    const log = createLog({ level: 'warn', sink: ({ msg }) => warned.push(String(msg)) });
    this.reassembly = new Reassembly({
      ...{ clock, log, store, timeout: TIMEOUT, claimTime: CLAIM_TIME },
      ...(maxMessages === undefined ? {} : { maxMessages }),
    });
    this.reassembly.onIncomplete(async (message) => {
      if (this.#dead || !this.listens) return false;
      this.told.push(message);
      await this.#world.pass(this.#handlerTime());
      return this.#dead ? new Promise(() => undefined) : true;
    });
    this.reassembly.start();
  }

  /** From now on it does nothing any more, and tells nobody so. */
  die(): void {
    this.#dead = true;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  /** Resolves when the part is answered; of a dead instance never. */
  async hear(part: MessagePart): Promise<'joined' | 'waiting' | 'duplicate'> {
    const { status, message } = await this.reassembly.add(part);
    if (this.#dead) return new Promise(() => undefined);
    if (message) {
      this.told.push(message);
      await this.#world.pass(this.#handlerTime());
      if (this.#dead) return new Promise(() => undefined);
      await this.reassembly.told(message);
    }
    return this.#dead ? new Promise(() => undefined) : status;
  }
}

export function partsOf(texts: readonly string[], reference = 7, source = '4917'): MessagePart[] {
  return texts.map((text, at) => ({
    ...{ source, destination: '1234', method: 'udh8', reference, total: texts.length, part: at + 1 },
    ...{ data_coding: 0, octets: Buffer.from(text), context: JSON.stringify({ source_addr: source }) },
  }));
}

/** A message as one text; of one that lacks parts, what came. */
export const textOf = ({ parts }: JoinedMessage): string =>
  parts.map(({ octets }) => octets.toString()).join('|');
