import type { Context } from 'mocha';
import { SmppClient, type ClientEvents, type EventName, type SmppClientOptions } from '../../../src/index';
import { ownPrefix, redisUrl } from '../../support/brokers';
import { Peer, type Script } from '../../support/peer';
import { recording } from '../setup';

/** A client of several that share a store, and what it told. */
export interface Instance {
  readonly client: SmppClient;
  readonly lines: Record<string, unknown>[];
  /** Events so far, of one name. */
  told<E extends EventName>(name: E): ClientEvents[E][];
}

/** An instance that is bound, and its own SMSC. */
export interface Bound extends Instance {
  readonly peer: Peer;
}

/** Of instances that share a queue in Redis which no other test uses. */
export const sharedOptions = async (context: Context): Promise<SmppClientOptions> => ({
  queue: 'redis',
  queueUrl: await redisUrl(context),
  keyPrefix: ownPrefix(),
  clientId: 'shared',
});

/** An SMSC that refuses every message. */
export const refusing: Script = { submit_sm: () => ({ command_status: 0x0b }) };

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
    return { client, lines, told: recording(client) };
  }

  async bound(options: SmppClientOptions, script?: Script): Promise<Bound> {
    const peer = await this.peer(script);
    const instance = this.make({ port: peer.port, ...options });
    await instance.client.start();
    return { ...instance, peer };
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}
