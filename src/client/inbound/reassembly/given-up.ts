import type { Log, LogLine } from '../../../observability';
import type { JoinedMessage } from '../../../text';
import type { Joiner } from './joiner';

/** Messages that are given up and being told while parts are still answered. */
const MOST = 100;

/** Messages of which parts did not come, while they are told. */
export class GivenUp {
  readonly #log: Log;
  readonly #joiner: Pick<Joiner, 'told' | 'reopen'>;
  readonly #telling = new Set<Promise<void>>();
  /** Resolves with whether the message was taken. */
  handler: (message: JoinedMessage) => Promise<boolean> = () => Promise.resolve(true);

  constructor(log: Log, joiner: Pick<Joiner, 'told' | 'reopen'>) {
    this.#log = log;
    this.#joiner = joiner;
  }

  tell(message: JoinedMessage): void {
    const telling: Promise<void> = this.handler(message)
      .then((told) => (told ? this.#joiner.told(message) : this.#joiner.reopen(message)))
      .catch((error: unknown) => {
        const line = { event: 'message', stage: 'incomplete', err: error } satisfies LogLine;
        this.#log.error(line, 'what came of a long message cannot be delivered');
      })
      .finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
  }

  /** A part is not answered before this resolves: a peer is not to give up messages faster than handlers take them. */
  async untilFew(): Promise<void> {
    while (this.#telling.size > MOST) await Promise.race(this.#telling);
  }

  async untilTold(): Promise<void> {
    await Promise.all(this.#telling);
  }
}
