import { SmppError } from '../../protocol';
import {
  makeFromPlugin,
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
