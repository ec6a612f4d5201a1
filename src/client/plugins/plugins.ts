import type { Clock } from '../../clock';
import type { AsyncThrottleHandler, RateLimiter } from '../../flow-control';
import type { Log } from '../../observability';
import { SmppError } from '../../protocol';
import type { SequenceGenerator } from '../../session';
import type { Correlator, OutboundQueue, QueueItem, Store } from '../../store';
import type { TextCodec } from '../../text';
import { show } from '../config/errors';
import type { Message } from '../message/message';
import type { Settings } from '../config/options';
import { lacks } from './part-shapes';

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
  readonly settings: Omit<Settings, 'password' | 'receiverPassword' | 'queueKey'>;
  readonly clientId: string;
  readonly clock: Clock;
  readonly log: Log;
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

/**
 * Makes what a plugin makes, which is given itself or by its id. Rejects with one clear error: `PLUGIN_MISSING`,
 * `PLUGIN_VERSION`, `PLUGIN_SHAPE` or `PLUGIN_FAILED`.
 */
export async function makeFromPlugin<T extends PluginType>(
  type: T,
  wanted: string | SmppPlugin<T>,
  resolve: ResolvePlugin | undefined,
  context: PluginContext,
): Promise<PluginProducts[T]> {
  const name = `plugin "${typeof wanted === 'string' ? wanted : wanted.id}" of type ${type}`;
  const failed = (cause: unknown): SmppError =>
    new SmppError(
      'PLUGIN_FAILED',
      `${name} failed: ${cause instanceof Error ? cause.message : show(cause)}`,
      {
        cause,
        retriable: true,
      },
    );
  let found: unknown;
  try {
    found = typeof wanted === 'string' ? resolve?.(type, wanted) : wanted;
  } catch (cause) {
    throw failed(cause);
  }
  if (found === undefined || found === null) {
    throw new SmppError(
      'PLUGIN_MISSING',
      `${name} is not installed; install the package that has it, or choose another`,
    );
  }
  const plugin = found as Partial<SmppPlugin<T>>;
  if (plugin.apiVersion !== PLUGIN_API_VERSION) {
    const text = `${name} is made for apiVersion ${String(plugin.apiVersion)}, this package has ${PLUGIN_API_VERSION}; install a version of it that fits`;
    throw new SmppError('PLUGIN_VERSION', text);
  }
  if (typeof plugin.create !== 'function') {
    throw new SmppError('PLUGIN_SHAPE', `${name} has no function create(); ask its author`);
  }
  let product: PluginProducts[T];
  try {
    product = await plugin.create(context);
  } catch (cause) {
    throw failed(cause);
  }
  const missing = lacks(type, product);
  if (missing.length === 0) return product;
  throw new SmppError('PLUGIN_SHAPE', `${name} lacks ${missing.join(', ')}; ask its author`);
}
