import { SmppClient, type ClientEvents, type EventName, type SmppClientOptions } from '../../../src/index';
import { Peer, type Script } from '../../support/peer';
import { EVENTS } from '../setup';

/** A client of several that share a store, and what it told. */
export interface Instance {
  readonly client: SmppClient;
  readonly lines: Record<string, unknown>[];
  /** Events so far, of one name. */
  told<E extends EventName>(name: E): ClientEvents[E][];
}

/** Makes instances and SMSCs, and cleans up after them. */
export class Instances {
  readonly #ends: (() => Promise<unknown>)[] = [];

  async peer(script?: Script): Promise<Peer> {
    const peer = await Peer.start(script);
    this.#ends.push(() => peer.stop());
    return peer;
  }

  /** Neither started nor bound. */
  make(options: SmppClientOptions): Instance {
    const lines: Record<string, unknown>[] = [];
    const client = new SmppClient({
      systemId: 'a',
      password: 'secret',
      drainTimeout: 1,
      log: (line) => lines.push(line),
      ...options,
    });
    this.#ends.push(() => client.stop());
    const events: { name: EventName; event: unknown }[] = [];
    for (const name of EVENTS) client.on(name, (event) => void events.push({ name, event }));
    const told = <E extends EventName>(wanted: E): ClientEvents[E][] =>
      events.filter(({ name }) => name === wanted).map(({ event }) => event as ClientEvents[E]);
    return { client, lines, told };
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}
