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
  'smpp-store': Store;
  'smpp-queue': OutboundQueue;
  'smpp-correlator': Correlator;
  'smpp-rate-limiter': RateLimiter;
  'smpp-throttle-handler': AsyncThrottleHandler;
  'smpp-codec': TextCodec;
  'smpp-sequence': SequenceGenerator;
}

export type PluginType = keyof PluginProducts;

/** What a plugin is told of the connection that it is made for. */
export interface PluginContext {
  /** The connection's options, checked; without credentials. */
  readonly settings: Omit<Settings, SecretOption>;
  readonly clientId: string;
  readonly clock: Clock;
  readonly log: OpenLog;
  /**
   * A message in its object form as the queue holds it: for a queue into which others put messages, too. Rejects
   * with {@link MessageError}, which names the field.
   */
  prepare(message: Message): Promise<QueueItem>;
}

/** What is registered as a plugin of one of the types, given by `resolvePlugin`, or in place of the part itself. */
export interface SmppPlugin<T extends PluginType = PluginType> {
  readonly type: T;
  readonly id: string;
  /** 1: the interfaces of this version of the package. */
  readonly apiVersion: number;
  create(context: PluginContext): PluginProducts[T] | Promise<PluginProducts[T]>;
}

/** Finds a plugin; undefined where there is none of that id. */
export type ResolvePlugin = (type: PluginType, id: string) => unknown;

export const PLUGIN_API_VERSION = 1;
