import type { Clock } from '../clock';
import type { RateLimiter, ThrottleHandler } from '../flow-control';
import type { Log } from '../observability';
import { SmppError } from '../protocol';
import type { SequenceGenerator } from '../session';
import type { Correlator, OutboundQueue, Store } from '../store';
import type { TextCodec } from '../text';
import type { Settings } from './options';

/** What each type of plugin makes. */
export interface PluginProducts {
  'smpp-store': Store;
  'smpp-queue': OutboundQueue;
  'smpp-correlator': Correlator;
  'smpp-rate-limiter': RateLimiter;
  'smpp-throttle-handler': ThrottleHandler;
  'smpp-codec': TextCodec;
  'smpp-sequence': SequenceGenerator;
}

export type PluginType = keyof PluginProducts;

/** What a plugin is told of the connection that it is made for. */
export interface PluginContext {
  /** The connection's options, checked; without credentials. */
  readonly settings: Omit<Settings, 'password' | 'receiverPassword'>;
  readonly clientId: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is registered as a Node-RED plugin of one of the types, or given by `resolvePlugin`. */
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

/** What a product must be able to do. */
const SHAPES: { readonly [T in PluginType]: readonly string[] } = {
  'smpp-store': ['queue', 'correlator', 'state', 'capabilities', 'close'],
  'smpp-queue': ['enqueue', 'take', 'settle', 'extend', 'release', 'stats', 'purge', 'close'],
  'smpp-correlator': ['put', 'get', 'expire'],
  'smpp-rate-limiter': ['acquire', 'giveBack'],
  'smpp-throttle-handler': ['throttled', 'notThrottled', 'allowRequest', 'throttleDelay'],
  'smpp-codec': ['name', 'data_coding', 'encode', 'decode'],
  'smpp-sequence': ['next'],
};

/**
 * Makes what the plugin `id` of `type` makes. Rejects with one clear error: `PLUGIN_MISSING`,
 * `PLUGIN_VERSION`, `PLUGIN_SHAPE` or `PLUGIN_FAILED`.
 */
export async function makeFromPlugin<T extends PluginType>(
  type: T,
  id: string,
  resolve: ResolvePlugin | undefined,
  context: PluginContext,
): Promise<PluginProducts[T]> {
  const name = `plugin "${id}" of type ${type}`;
  const found = resolve?.(type, id);
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
    throw new SmppError('PLUGIN_FAILED', `${name} failed: ${(cause as Error).message}`, {
      cause,
      retriable: true,
    });
  }
  const missing = SHAPES[type].filter((member) => !(member in (Object(product) as object)));
  if (missing.length === 0) return product;
  throw new SmppError('PLUGIN_SHAPE', `${name} lacks ${missing.join(', ')}; ask its author`);
}
