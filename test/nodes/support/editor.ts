import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vm from 'node:vm';
import { COMMANDS } from '../../../nodes/compose';
import { editorCommands } from '../../../nodes/forms';
import { editorTable } from '../../../nodes/queues';
import { measure } from '../../../src/text';
import { catalogue } from './catalogue';
import { Dialog } from './dialog';

const NODES = join(__dirname, '..', '..', '..', 'nodes');

export interface Property {
  readonly value?: unknown;
  readonly type?: string;
  readonly required?: boolean;
  readonly label?: string;
  readonly validate?: (this: object, value: unknown, opt?: object) => unknown;
}

/** A node's definition, as the editor gets it. */
export interface EditorDefinition {
  readonly category: string;
  readonly color?: string;
  readonly icon?: string;
  readonly inputs?: number;
  readonly outputs?: number;
  readonly defaults: Readonly<Record<string, Property>>;
  readonly credentials?: Readonly<Record<string, Property>>;
  readonly label: (this: object) => string;
  readonly oneditprepare?: (this: object) => void;
}

/** The html of a node and what its script registers. */
export class EditorNode {
  readonly html: string;
  readonly type: string;
  readonly definition: EditorDefinition;
  /** Config nodes by their ids. */
  readonly configs = new Map<string, object>();
  /** What the script has for `$`: while no dialog is open, no element is found. */
  #jQuery: object = () => ({ length: 0 });

  constructor(type: string) {
    this.html = readFileSync(join(NODES, `${type}.html`), 'utf8');
    const registered: [string, EditorDefinition][] = [];
    const look = catalogue(type);
    const RED = {
      _: (key: string, values?: Record<string, unknown>) => look(key.replace(/^.*:/, ''), values),
      nodes: {
        registerType: (name: string, definition: EditorDefinition) => registered.push([name, definition]),
        node: (id: string) => this.configs.get(id),
      },
      validators: { typedInput: () => () => true },
      tabs: {
        create: () => ({ addTab: () => undefined, activateTab: () => undefined, resize: () => undefined }),
      },
    };
    const page = { RED, smppMeasure: measure, URL };
    Object.defineProperty(page, '$', { get: () => this.#jQuery });
    vm.runInNewContext(this.script, page, { filename: `${type}.html` });
    const [only] = registered;
    if (!only || registered.length > 1) throw new Error(`${type}.html registers ${registered.length} types`);
    [this.type, this.definition] = only;
  }

  /** The code that the editor runs. */
  get script(): string {
    const match = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(this.html);
    return (match?.[1] ?? '')
      .replace('__BACKENDS__', editorTable)
      .replace('__COMMANDS__', () => editorCommands(COMMANDS));
  }

  /** The dialog. */
  get template(): string {
    const match = /<script type="text\/html" data-template-name="[^"]+">([\s\S]*?)<\/script>/.exec(this.html);
    return match?.[1] ?? '';
  }

  /** Opens the dialog of a node as it was saved. */
  open(node: object): Dialog {
    const dialog = new Dialog(this.template);
    this.#jQuery = dialog.jQuery;
    dialog.fill(this.type === 'smpp-config' ? 'node-config-input-' : 'node-input-', node);
    this.definition.oneditprepare?.call({ ...node, _def: this.definition, _: catalogue(this.type) });
    return dialog;
  }

  close(): void {
    this.#jQuery = () => ({ length: 0 });
  }

  /** True, or the sentence that says what is wrong. */
  validate(property: string, value: unknown, node: object = {}): unknown {
    const { defaults, credentials } = this.definition;
    const { validate } = defaults[property] ?? credentials?.[property] ?? {};
    return validate ? validate.call({ ...node, [property]: value }, value, {}) : true;
  }
}
