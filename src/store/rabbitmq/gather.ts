import type { Channel } from 'amqplib';
import type { Writable } from 'node:stream';
import { nextTurn, type Clock } from '../../clock';

/** Octets that may wait in a socket: what one turn writes. */
export const SOCKET_BUFFER = 256 * 1024;

const corked = new WeakSet<Writable>();

/**
 * Frames that are written in this turn leave as one: amqplib gives each to the socket, and the system call for each costs
 * more than all else about a message.
 */
export function gather(channel: Channel, clock: Clock): void {
  const { stream } = channel.connection as unknown as { readonly stream?: Writable };
  if (!stream || corked.has(stream)) return;
  corked.add(stream);
  stream.cork();
  // amqplib passes them on in the next turn.
  void nextTurn(clock)
    .then(() => nextTurn(clock))
    .then(() => {
      corked.delete(stream);
      stream.uncork();
    });
}
