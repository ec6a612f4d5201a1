import { SmppError } from '../protocol';
import {
  makeFromPlugin,
  type PluginContext,
  type PluginProducts,
  type PluginType,
  type ResolvePlugin,
} from './plugins';

interface Wanted {
  readonly type: PluginType;
  readonly id: string;
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

  want<T extends PluginType>(type: T, id: string, take: (product: PluginProducts[T]) => void): void {
    this.#wanted.push({ type, id, take: take });
  }

  /** What gives the part once it is made. */
  later<T extends PluginType>(type: T, id: string): () => PluginProducts[T] {
    let product: PluginProducts[T] | undefined;
    this.want(type, id, (made) => (product = made));
    return () => {
      if (product === undefined) {
        throw new SmppError(
          'PLUGIN_MISSING',
          `plugin "${id}" of type ${type} is made when the client starts`,
        );
      }
      return product;
    };
  }

  /** Makes what is not made yet. Rejects with the first error; those made stay. */
  async make(): Promise<void> {
    for (const wanted of [...this.#wanted]) {
      wanted.take(await makeFromPlugin(wanted.type, wanted.id, this.#resolve, this.#context));
      this.#wanted = this.#wanted.filter((one) => one !== wanted);
    }
  }
}
