import type { Clock } from '../../../clock';
import type { Keys } from './keys';

/** What goes to the server: text as UTF-8, numbers as their decimal digits. Buffers must not be changed until the reply is there. */
export type Argument = string | Buffer | number;

/** As the client takes it. */
export const written = (argument: Argument): string | Buffer =>
  typeof argument === 'number' ? String(argument) : argument;

/** What becomes of a call whose reply was lost with the connection, so that it may have taken effect. */
export type WhenLost =
  /** It rejects with an error of which `isLostReply` (lost-reply.ts) is true. */
  | 'fails'
  /** It is made again: twice has the effect of once. */
  | 'repeats'
  /** It is made again, with its last argument, which must be '0', as '1'. */
  | 'marks';

/** A Lua script, run by its digest, and loaded where the server does not know it. */
export interface Script {
  /** For errors, and where the server logs it. */
  readonly name: string;
  readonly lua: string;
  /** What {@link Keys.of} makes KEYS[1] … of, in this order; further keys of a call come behind these. */
  readonly keys: readonly string[];
  readonly whenLost: WhenLost;
}

/** A connection of its own, for calls that wait at the server. */
export interface BlockingCalls {
  /**
   * One command, such as `['XREAD', 'BLOCK', 1000, …]`. Rejects as {@link RedisCalls.command} does, also when the
   * connection is lost; the next call opens it anew, waiting for the server as long as `run` does.
   */
  command(args: readonly Argument[]): Promise<unknown>;
  /** Ends it; what waits rejects with `STORE_CLOSED`. Safe to call again. */
  close(): void;
}

/**
 * One connection to the server, reopened with backoff for ever. Calls are sent, and take effect, in the order in which they
 * are made; the first part of each runs at once, before it returns. While the server is away they wait, in their
 * order, up to 5 s, then they reject.
 *
 * Replies: bulk strings are Buffers, integers numbers, arrays arrays, nil null, status replies strings (RESP 2).
 * Rejects with an SmppError: `QUEUE_UNAVAILABLE` (retriable) where the server is away or refuses, `STORE_CLOSED` after the
 * close; a Lua `error_reply` of a script's own is told in its message.
 */
export interface RedisCalls {
  readonly keys: Keys;
  readonly clock: Clock;
  /** The name of this instance: 16 hexadecimal digits, which no other has or had. */
  readonly instance: string;
  /** `more`: whole keys behind those of the script, in the same slot. */
  run(script: Script, args: readonly Argument[], more?: readonly string[]): Promise<unknown>;
  /** One plain command. Its reply lost: rejects with an error of which `isLostReply` (lost-reply.ts) is true. */
  command(args: readonly Argument[]): Promise<unknown>;
  /** A further connection, opened at its first command. */
  blocking(): BlockingCalls;
  /** Milliseconds for which the connection has been there without a break; 0: it is away. */
  readonly connectedFor: number;
  /** Called whenever the connection is there again after a break; `off` takes it back. */
  onBack(handler: () => void): () => void;
}
