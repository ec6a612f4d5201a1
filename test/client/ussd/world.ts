import {
  SmppClient,
  type ClientEvents,
  type EventName,
  type Message,
  type MessageEvent,
  type Outcome,
  type SmppClientOptions,
  type SmppError,
} from '../../../src/index';
import { Smsc, type SmscOptions } from '../../../src/simulator';
import { until } from '../../support/until';

export const PHONE = '447700900123';

/** As `until`, for what has to be asked for. */
export async function untilAsked(condition: () => Promise<boolean>, what: string): Promise<void> {
  let isTrue = false;
  let working: Promise<void> | undefined;
  await until(() => {
    working ??= condition().then((answer) => {
      isTrue = answer;
      working = undefined;
    });
    return isTrue;
  }, what);
}

/** A client with a menu, and what it told. */
export interface Menu {
  readonly client: SmppClient;
  told<E extends EventName>(name: E): ClientEvents[E][];
  /** The nth message that came, once it is there. */
  message(n: number): Promise<MessageEvent>;
  /** Resolves with the code of the error. */
  codeOf(message: Message): Promise<string>;
  reply(to: MessageEvent, message: Message): Promise<Outcome>;
}

/** An SMSC with phones, and clients that are stopped with it. */
export class World {
  smsc = new Smsc({ port: 0 });
  readonly #clients: SmppClient[] = [];

  async start(options: SmscOptions = {}): Promise<void> {
    this.smsc = new Smsc({ port: 0, ...options });
    await this.smsc.start();
  }

  async end(): Promise<void> {
    for (const client of this.#clients.splice(0)) await client.stop();
    await this.smsc.stop();
  }

  async menu(options: SmppClientOptions = {}): Promise<Menu> {
    const { port } = this.smsc;
    const client = new SmppClient({
      port,
      systemId: 'a',
      logLevel: 'silent',
      reconnectMin: 0.05,
      ...options,
    });
    this.#clients.push(client);
    const events: { name: EventName; event: unknown }[] = [];
    for (const name of ['message', 'ussd', 'failure', 'receipt'] as const)
      client.on(name, (event) => void events.push({ name, event }));
    const told = <E extends EventName>(wanted: E): ClientEvents[E][] =>
      events.filter(({ name }) => name === wanted).map(({ event }) => event as ClientEvents[E]);
    await client.start();
    return {
      client,
      told,
      message: async (n) => {
        await until(() => told('message').length > n, 'a message');
        return told('message')[n] as MessageEvent;
      },
      codeOf: (message) =>
        client.send(message).then(
          () => 'sent',
          (error: unknown) => (error as SmppError).code,
        ),
      reply: ({ session_id = '' }, message) => client.send({ session_id, ...message }),
    };
  }
}
