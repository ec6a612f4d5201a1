import type { LogLine } from '../../../observability';
import type { BackendContext } from '../../backend';
import type { RedisCalls } from '../connection/calls';
import { isAway } from '../connection/lost-reply';
import { SCRIPTS } from '../lua/queue-scripts';

/** Milliseconds between looks at the list, whose pushes wake nobody. */
const INTERVAL = 250;
const MOST = 1000;

/** Moves what other programs push into a list to the stream of priority 2, as fast as it is taken. */
export class ListDrain {
  readonly interval = INTERVAL;
  readonly #calls: RedisCalls;
  readonly #list: string;
  readonly #context: Pick<BackendContext, 'log' | 'limits'>;
  #told = '';

  constructor(calls: RedisCalls, list: string, context: Pick<BackendContext, 'log' | 'limits'>) {
    this.#calls = calls;
    this.#list = list;
    this.#context = context;
  }

  /** Never rejects: what is in the queue is taken all the same. Each failure is told once, until another comes. */
  async run(max: number): Promise<void> {
    const { log, limits } = this.#context;
    try {
      await this.#calls.run(SCRIPTS.drain, [Math.min(max, MOST), limits.capacity], [this.#list]);
      this.#told = '';
    } catch (error) {
      if (isAway(this.#calls, error)) return;
      const { message, code } = error as Error & { code?: string };
      if (message === this.#told || code === 'STORE_CLOSED') return;
      this.#told = message;
      const remedy = message.includes('CROSSSLOT')
        ? `in a Cluster it must have the hash tag of this queue: name it "${this.#calls.keys.of('list')}", or another name with the same braces`
        : 'it must be a list, and the user of queueUrl may read it';
      const facts = { event: 'queue', stage: 'drain', code, err: error } satisfies LogLine;
      log.warn(facts, `nothing comes from the list ${this.#list} (drainList): ${remedy} (${message})`);
    }
  }
}
