import type { Channel, ChannelModel, ConfirmChannel, SocketOptions } from 'amqplib';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Clock } from '../../clock';
import { isTimeout, withLimit, unlessAborted } from '../../waiting';
import { explained, isTooOld, tooOld, unavailable } from './failures';
import { SOCKET_BUFFER } from './gather';
import { connectOptions } from './url';

/** Milliseconds for connecting, login and topology. */
const CONNECT_TIME = 10_000;
/** Milliseconds that a broker gets to say goodbye. */
const CLOSE_TIME = 1000;

export interface LinkOptions {
  readonly url: string;
  readonly tls?: TlsOptions | undefined;
  /** What the broker's own pages call the connections. */
  readonly name: string;
  readonly clock: Clock;
}

/**
 * Two connections, for a broker that runs short of memory stops reading from those who publish: acknowledgements, which
 * help it, must still go through. Lost as one: then all deliveries are void, and all starts anew.
 */
export class Link {
  /** Consumers, acknowledgements and what is asked. */
  readonly consuming: Channel;
  readonly publishing: ConfirmChannel;
  readonly #connections: readonly ChannelModel[];
  readonly #clock: Clock;
  readonly #url: string;
  #onLost: ((error: Error) => void) | undefined;
  #lost: Error | undefined;
  /** Why the broker takes nothing from us. */
  blocked: string | undefined;
  onBlocked: (() => void) | undefined;

  constructor(
    { clock, url }: LinkOptions,
    connections: readonly [ChannelModel, ChannelModel],
    channels: readonly [Channel, ConfirmChannel, Channel],
  ) {
    this.#clock = clock;
    this.#url = url;
    this.#connections = connections;
    [this.consuming, this.publishing] = channels;
    for (const connection of connections) {
      connection.on('close', (error) => this.fail(error ?? new Error('the broker closed the connection')));
    }
    for (const channel of channels) {
      channel.on('error', (error) => this.fail(error));
      channel.on('close', () => this.fail(new Error('the channel was closed')));
    }
    connections[1].on('blocked', (reason) => {
      this.blocked = reason;
      this.onBlocked?.();
    });
    connections[1].on('unblocked', () => {
      this.blocked = undefined;
      this.onBlocked?.();
    });
  }

  /** Told once, also where it was lost already. */
  onLost(told: (error: Error) => void): void {
    this.#onLost = told;
    if (this.#lost) told(this.#lost);
  }

  /** Ends it: whatever is not known of its state is not guessed. */
  fail(error: Error): void {
    if (this.#lost) return;
    this.#lost = explained(this.#url, error);
    void this.#end();
    this.#onLost?.(this.#lost);
  }

  /** A channel for work that hands back what it got by closing. */
  async openChannel(): Promise<Channel> {
    const channel = await (this.#connections[0] as ChannelModel).createChannel();
    channel.on('error', () => undefined);
    return channel;
  }

  /** In peace: what is not acknowledged is given to others. */
  async close(): Promise<void> {
    this.#lost ??= unavailable(this.#url, 'closed');
    await this.#end();
  }

  async #end(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => endConnection(connection, this.#clock)));
  }
}

async function endConnection(connection: ChannelModel, clock: Clock): Promise<void> {
  try {
    await withLimit(clock, CLOSE_TIME, (signal) => unlessAborted(connection.close(), signal));
  } catch {
    // Gone already, or does not answer.
    (connection.connection as unknown as { stream: { destroy(): void } }).stream.destroy();
  }
}

/** Makes ready what the link is for, over two of its channels. */
type Prepare = (opening: { readonly channel: Channel; readonly notices: Channel }) => Promise<void>;

/** Rejects with `QUEUE_UNAVAILABLE`. */
export async function openLink(options: LinkOptions, prepare: Prepare): Promise<Link> {
  const opened: ChannelModel[] = [];
  const { clock, url } = options;
  try {
    return await withLimit(clock, CONNECT_TIME, (signal) =>
      unlessAborted(connectAll(options, opened, signal, prepare), signal),
    );
  } catch (error) {
    for (const connection of opened) void endConnection(connection, clock);
    if (isTimeout(error)) throw unavailable(url, `it does not answer within ${CONNECT_TIME / 1000} s.`);
    throw explained(url, error);
  }
}

async function connectAll(
  options: LinkOptions,
  opened: ChannelModel[],
  signal: AbortSignal,
  prepare: Prepare,
): Promise<Link> {
  const dial = async (role: string): Promise<ChannelModel> => {
    const connection = await dialOne(options, role);
    opened.push(connection);
    if (signal.aborted) void endConnection(connection, options.clock);
    return connection;
  };
  const consuming = await dial('consume');
  const { version } = consuming.connection.serverProperties;
  if (isTooOld(version)) throw tooOld(options.url, version);
  const publishing = await dial('publish');
  const channels = await Promise.all([
    consuming.createChannel(),
    publishing.createConfirmChannel(),
    consuming.createChannel(),
  ]);
  for (const channel of channels) channel.on('error', () => undefined);
  await prepare({ channel: channels[0], notices: channels[2] });
  return new Link(options, [consuming, publishing], channels);
}

async function dialOne({ url, tls, name }: LinkOptions, role: string): Promise<ChannelModel> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- twenty modules, of no use to other queues
  const { connect } = require('amqplib') as typeof import('amqplib');
  const socket: SocketOptions & { readonly writableHighWaterMark: number } = {
    ...tls,
    noDelay: true,
    writableHighWaterMark: SOCKET_BUFFER,
    keepAlive: true,
    timeout: CONNECT_TIME,
    clientProperties: { connection_name: `${name} (${role})` },
  };
  const connection = await connect(connectOptions(url), socket);
  // Said by 'close', too.
  connection.on('error', () => undefined);
  return connection;
}
