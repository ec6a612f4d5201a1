import type { Clock } from '../../clock';
import type { AsyncThrottleHandler, RateLimiter } from '../../flow-control';
import type { OpenLog } from '../../observability';
import type { SequenceGenerator } from '../../session';
import type { Correlator, OutboundQueue, QueueItem, Store } from '../../store';
import type { TextCodec } from '../../text';
import type { Message } from '../message/message';
import type { SecretOption, Settings } from '../config/options';

/** What each type of plugin makes. */
export interface PluginProducts {
  /** Queue, correlation and state in one. */
  'smpp-store': Store;
  /** A queue alone: the rest is in memory. */
  'smpp-queue': OutboundQueue;
  /** What matches receipts to messages. */
  'smpp-correlator': Correlator;
  /** How fast messages go. */
  'smpp-rate-limiter': RateLimiter;
  /** Whether messages may go. */
  'smpp-throttle-handler': AsyncThrottleHandler;
  /** An encoding. */
  'smpp-codec': TextCodec;
  /** Sequence numbers, of each session anew. */
  'smpp-sequence': SequenceGenerator;
}

/** A type of plugin. */
export type PluginType = keyof PluginProducts;

/** What a plugin is told of the connection that it is made for. */
export interface PluginContext {
  /** The connection's options, checked; without credentials. */
  readonly settings: Omit<Settings, SecretOption>;
  /** The connection's `clientId`. */
  readonly clientId: string;
  /** The client's clock. */
  readonly clock: Clock;
  /** The client's log, with the facts of the connection. */
  readonly log: OpenLog;
  /**
   * A message in its object form as the queue holds it: for a queue into which others put messages, too. Rejects
   * with {@link MessageError}, which names the field.
   */
  prepare(message: Message): Promise<QueueItem>;
}

/** What is registered as a plugin of one of the types, given by `resolvePlugin`, or in place of the part itself. */
export interface SmppPlugin<T extends PluginType = PluginType> {
  /** What it makes. */
  readonly type: T;
  /** What the option names it by. */
  readonly id: string;
  /** 1: the interfaces of this version of the package. */
  readonly apiVersion: number;
  /** Makes the part, for one connection; may reject. */
  create(context: PluginContext): PluginProducts[T] | Promise<PluginProducts[T]>;
}

/** Finds a plugin; undefined where there is none of that id. */
export type ResolvePlugin = (type: PluginType, id: string) => unknown;

/** The `apiVersion` of plugins that this version of the package takes. */
export const PLUGIN_API_VERSION = 1;
