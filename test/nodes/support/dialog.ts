/**
 * As much of the editor's page as the dialog of a node with selects needs: its fields, its rows by
 * their classes, and the little of jQuery that works on them. What else is called does nothing.
 */
export class Dialog {
  /** Where the script has asked, and what to do with the answer. */
  readonly asked: { readonly url: string; readonly answer: (body: unknown) => void }[] = [];
  readonly #elements: Element[];

  constructor(template: string) {
    this.#elements = [...template.matchAll(TAG)].map(([, tag = '', attributes = '']) =>
      Object.assign(new Element(tag), {
        id: attribute(attributes, 'id'),
        type: attribute(attributes, 'type'),
        classes: attribute(attributes, 'class').split(' '),
      }),
    );
    let select: Element | undefined;
    for (const element of this.#elements) {
      if (element.tag === 'select') select = element;
      else if (element.tag === 'option') select?.children.push(element);
    }
    const values = [...template.matchAll(/<option value="([^"]*)"/g)].map(([, value = '']) => value);
    const options = this.#elements.filter(({ tag }) => tag === 'option');
    for (const [at, option] of options.entries()) option.value = values[at];
  }

  /** What the page has as `$`. */
  get jQuery(): object {
    const find = (what: unknown): object => wrap(typeof what === 'string' ? this.#find(what) : []);
    return Object.assign(find, {
      contains: () => true,
      ajax: ({ url, success }: { url: string; success: (body: unknown) => void }) =>
        this.asked.push({ url, answer: success }),
      getJSON: (url: string, answer: (body: unknown) => void) => this.asked.push({ url, answer }),
    });
  }

  /** Fills the fields as the editor does before it calls `oneditprepare`. */
  fill(prefix: string, node: object): void {
    for (const [property, value] of Object.entries(node)) this.#field(prefix + property)?.set(value);
  }

  /** The choices of a select, as [value, text]; the text is known where the script has made it. */
  choices(id: string): [string, string][] {
    return (this.#field(id)?.options() ?? []).map(({ value, words }) => [String(value), words]);
  }

  value(id: string): unknown {
    return this.#field(id)?.value;
  }

  /** What the script has written there. */
  words(id: string): string {
    return this.#field(id)?.words ?? '';
  }

  /** The type that the script has made a field to be of; undefined: plain text. */
  typed(id: string): string | undefined {
    return this.#field(id)?.typed;
  }

  choose(id: string, value: string): void {
    this.#field(id)?.set(value);
    this.#field(id)?.trigger('change');
  }

  /** Whether the rows of a class, or the one with this id, are to be seen. */
  shows(name: string): boolean {
    const rows = [...this.#find(`.${name}`), ...this.#find(`#${name}`)];
    if (rows.length === 0) throw new Error(`nothing has the class or the id ${name}`);
    return rows.every(({ shown }) => shown);
  }

  #field(id: string): Element | undefined {
    return this.#elements.find((element) => element.id === id);
  }

  #find(selector: string): Element[] {
    const name = selector.slice(1);
    if (selector.startsWith('#')) return this.#elements.filter(({ id }) => id === name);
    if (selector.startsWith('.')) return this.#elements.filter(({ classes }) => classes.includes(name));
    return [new Element(selector.replace(/[<>]/g, ''))];
  }
}

const TAG = /<(input|select|option|div|p)\b([^>]*)>/g;

function attribute(attributes: string, name: string): string {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
}

class Element {
  readonly tag: string;
  id = '';
  type = '';
  classes: string[] = [];
  children: Element[] = [];
  value: unknown = '';
  words = '';
  checked = false;
  shown = true;
  typed: string | undefined;
  readonly #handlers: (() => void)[] = [];

  constructor(tag: string) {
    this.tag = tag;
  }

  options(): Element[] {
    return this.children.flatMap((child) => (child.tag === 'option' ? [child] : child.options()));
  }

  /** A select without such an option has no value. */
  set(value: unknown): void {
    const known = this.tag !== 'select' || this.options().some((option) => option.value === value);
    this.value = known ? value : null;
  }

  on(handler: () => void): void {
    this.#handlers.push(handler);
  }

  trigger(_event: string): void {
    for (const handler of this.#handlers) handler();
  }
}

/** jQuery's manner: each method works on all, and returns what it was called on unless it is to tell something. */
function wrap(all: readonly Element[]): object {
  const [first] = all;
  const each = (work: (element: Element) => void): object => (all.forEach(work), self);
  const methods: Record<string, (...given: never[]) => unknown> = {
    val: (...given: unknown[]) => (given.length === 0 ? first?.value : each((it) => it.set(given[0]))),
    attr: (name: string, ...given: unknown[]) =>
      given.length > 0 ? self : name === 'type' ? first?.type : first?.id,
    prop: (_name: string, ...given: unknown[]) =>
      given.length === 0 ? first?.checked : each((it) => (it.checked = given[0] === true)),
    is: () => first?.checked ?? false,
    typedInput: ({ type }: { type: string }) => each((it) => (it.typed = type)),
    text: (words: string) => each((it) => (it.words = words)),
    on: (_event: string, handler: () => void) => each((it) => it.on(handler)),
    trigger: (event: string) => each((it) => it.trigger(event)),
    toggle: (shown: boolean) => each((it) => (it.shown = shown)),
    appendTo: (parent: Record<symbol, Element | undefined>) => each((it) => parent[FIRST]?.children.push(it)),
    children: (tag?: string) => {
      const found = (first?.children ?? []).filter((child) => tag === undefined || child.tag === tag);
      return Object.assign(wrap(found), {
        remove: () => first && (first.children = first.children.filter((child) => !found.includes(child))),
      });
    },
  };
  const self: object = new Proxy(methods, {
    get: (_, name) => {
      if (name === 'length') return all.length;
      if (name === FIRST || name === '0') return first;
      return typeof name === 'string' && name in methods ? methods[name] : () => self;
    },
    set: () => true,
  });
  return self;
}

const FIRST = Symbol('first');
