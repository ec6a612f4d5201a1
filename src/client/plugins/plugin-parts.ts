import { SmppError } from '../../protocol';
import { show } from '../config/errors';
import { lacks } from './part-shapes';
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
  #wanted: Wanted[] = [];

  constructor(resolve: ResolvePlugin | undefined, context: PluginContext) {
    this.#resolve = resolve;
    this.#context = context;
  }

  want<T extends PluginType>(
    type: T,
    plugin: string | SmppPlugin<T>,
    take: (product: PluginProducts[T]) => void,
  ): void {
    this.#wanted.push({ type, plugin: plugin, take: take });
  }

  /** What gives the part once it is made. */
  later<T extends PluginType>(type: T, plugin: string | SmppPlugin<T>): () => PluginProducts[T] {
    let product: PluginProducts[T] | undefined;
    this.want(type, plugin, (made) => (product = made));
    return () => {
      if (product === undefined) {
        const id = typeof plugin === 'string' ? plugin : plugin.id;
        const text = `plugin "${id}" of type ${type} is made when the client starts`;
        throw new SmppError('PLUGIN_MISSING', text);
      }
      return product;
    };
  }

  /** Makes what is not made yet. Rejects with the first error; those made stay. */
  async make(): Promise<void> {
    for (const wanted of [...this.#wanted]) {
      wanted.take(await makeFromPlugin(wanted.type, wanted.plugin, this.#resolve, this.#context));
      this.#wanted = this.#wanted.filter((one) => one !== wanted);
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
