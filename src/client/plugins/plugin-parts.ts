import { SmppError } from '../../protocol';
import { show } from '../config/errors';
import { isPlugin, lacks } from './part-shapes';
import {
  PLUGIN_API_VERSION,
  type PluginContext,
  type PluginProducts,
  type PluginType,
  type ResolvePlugin,
  type SmppPlugin,
} from './plugins';

interface Wanted {
  readonly type: PluginType;
  readonly plugin: string | SmppPlugin;
  take(product: PluginProducts[PluginType]): void;
}

/** Parts that plugins make, when the connection starts: a plugin may be installed until then. */
export class PluginParts {
  readonly #resolve: ResolvePlugin | undefined;
  readonly #context: PluginContext;
  readonly #wanted: Wanted[] = [];

  constructor(resolve: ResolvePlugin | undefined, context: PluginContext) {
    this.#resolve = resolve;
    this.#context = context;
  }

  want<T extends PluginType>(
    type: T,
    plugin: string | SmppPlugin<T>,
    take: (product: PluginProducts[T]) => void,
  ): void {
    this.#wanted.push({ type, plugin, take });
  }

  /** What gives the part once it is made. */
  later<T extends PluginType>(type: T, plugin: string | SmppPlugin<T>): () => PluginProducts[T] {
    let product: PluginProducts[T] | undefined;
    this.want(type, plugin, (made) => (product = made));
    return () => {
      if (product !== undefined) return product;
      const text = `plugin "${idOf(plugin)}" of type ${type} is made when the client starts`;
      throw new SmppError('PLUGIN_MISSING', text);
    };
  }

  /** Makes what is not made yet. Rejects with the first error; those made stay. */
  async make(): Promise<void> {
    for (const wanted of [...this.#wanted]) {
      wanted.take(await makeFromPlugin(wanted.type, wanted.plugin, this.#resolve, this.#context));
      this.#wanted.splice(this.#wanted.indexOf(wanted), 1);
    }
  }
}

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
  const error = (code: string, text: string, cause?: unknown): SmppError =>
    new SmppError(code, `plugin "${idOf(wanted)}" of type ${type} ${text}`, {
      cause,
      retriable: code === 'PLUGIN_FAILED',
    });
  const attempt = async <R>(work: () => R | Promise<R>): Promise<R> => {
    try {
      return await work();
    } catch (cause) {
      throw error('PLUGIN_FAILED', `failed: ${cause instanceof Error ? cause.message : show(cause)}`, cause);
    }
  };
  const found = await attempt(() => (typeof wanted === 'string' ? resolve?.(type, wanted) : wanted));
  if (found === undefined || found === null)
    throw error('PLUGIN_MISSING', 'is not installed; install the package that has it, or choose another');
  const plugin = found as SmppPlugin<T>;
  if (plugin.apiVersion !== PLUGIN_API_VERSION) {
    const text = `is made for apiVersion ${plugin.apiVersion}, this package has ${PLUGIN_API_VERSION}; install a version of it that fits`;
    throw error('PLUGIN_VERSION', text);
  }
  if (!isPlugin(plugin)) throw error('PLUGIN_SHAPE', 'has no function create(); ask its author');
  const product = await attempt(() => plugin.create(context));
  const missing = lacks(type, product);
  if (missing.length > 0) throw error('PLUGIN_SHAPE', `lacks ${missing.join(', ')}; ask its author`);
  return product;
}

function idOf(plugin: string | SmppPlugin): string {
  return typeof plugin === 'string' ? plugin : plugin.id;
}
