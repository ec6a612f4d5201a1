import { maskText } from './mask-text';
import { maskNumber, NUMBERS, OCTETS } from './masks';
import { quotedBy } from './quoting';

const SECRETS = [
  ...[
    'password',
    'systemPassword',
    'receiverPassword',
    'outbindPassword',
    'outbind_password',
    'queueUrl',
    'correlationUrl',
    'queueKey',
  ],
  ...['system_password', 'receiver_password', 'queue_url', 'correlation_url', 'queue_key'],
];
const TEXTS = ['short_message', 'message_payload', 'payload', 'text', 'pdu'];
/** What an error said, as a text. It may quote anything. */
const SAYINGS = ['err', 'error', 'reason', 'problem', 'cause'];

/** Of objects in objects; what lies deeper is left out. */
const DEEPEST = 5;
/** Shorter ones are ordinary words, too. */
const SHORTEST_SECRET = 6;

export interface RedactionOptions {
  /** Whether message texts and whole numbers may appear; default false. */
  readonly messageText?: boolean;
  /** Passwords and keys, which are taken out of what errors say. */
  readonly secrets?: readonly string[];
}

/** The user and password of a URL. */
const CREDENTIALS = /\/\/[^\s/@"'`]*@/g;

/**
 * Takes passwords out of the facts of a line and, unless asked otherwise, texts and whole numbers: fields by their names,
 * at any depth; of errors what they say. What has none of them is returned as it is, so that most lines cost a look at
 * their names.
 */
export class Redaction {
  readonly #messageText: boolean;
  readonly #secrets: readonly string[];
  /** Name → what stands in its place. */
  readonly #hidden = new Map<string, (value: unknown) => unknown>();

  constructor({ messageText = false, secrets = [] }: RedactionOptions = {}) {
    this.#messageText = messageText;
    this.#secrets = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
    const saying = (value: unknown): unknown =>
      typeof value === 'string' ? this.said(value) : this.#shown(value, 1);
    for (const name of SAYINGS) this.#hidden.set(name, saying);
    for (const name of SECRETS) this.#hidden.set(name, () => '[secret]');
    if (messageText) return;
    for (const name of TEXTS) this.#hidden.set(name, () => '[hidden]');
    for (const name of NUMBERS) this.#hidden.set(name, numbers);
  }

  facts(facts: Record<string, unknown>): Record<string, unknown> {
    return this.#fields(facts, 0) as Record<string, unknown>;
  }

  /** A sentence, which is the engine's own but may end in what an error (of the line: `err`) or a peer said. */
  sentence(text: string | undefined, { err }: Record<string, unknown>): string | undefined {
    if (text === undefined) return undefined;
    return err === undefined ? this.said(text) : this.said(text, quotedBy(err));
  }

  /** What an error said, which may quote from what is `given`. */
  said(text: string, given?: unknown): string {
    let said = text.includes('//') ? text.replace(CREDENTIALS, '//[secret]@') : text;
    for (const secret of this.#secrets) if (said.includes(secret)) said = said.replaceAll(secret, '[secret]');
    if (this.#messageText) return said;
    if (given !== undefined) return maskText(said, given);
    return maskNumber(said.includes('[') || said.includes('<') ? said.replace(OCTETS, '(octets)') : said);
  }

  /** The object itself where nothing in it is hidden. */
  #fields(fields: Record<string, unknown>, depth: number): object {
    let shown: Record<string, unknown> | undefined;
    for (const name in fields) {
      const value = fields[name];
      if (value === undefined) continue;
      const hide = this.#hidden.get(name);
      const told = hide ? hide(value) : typeof value === 'object' ? this.#shown(value, depth + 1) : value;
      if (told !== value) (shown ??= { ...fields })[name] = told;
    }
    return shown ?? fields;
  }

  #shown(value: unknown, depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (depth > DEEPEST) return '[deeper]';
    try {
      if (value instanceof Error) return this.#error(value, depth);
      if (ArrayBuffer.isView(value)) return this.#messageText ? value : `(${value.byteLength} octets)`;
      if (Array.isArray(value)) return this.#list(value, depth);
      const { toJSON } = value as { toJSON?: unknown };
      if (typeof toJSON !== 'function') return this.#fields(value as Record<string, unknown>, depth);
      return value instanceof Date ? value : this.#shown((toJSON as () => unknown).call(value), depth + 1);
    } catch {
      return '[unreadable]';
    }
  }

  #list(list: readonly unknown[], depth: number): readonly unknown[] {
    const shown = list.map((one) => this.#shown(one, depth + 1));
    return shown.some((one, at) => one !== list[at]) ? shown : list;
  }

  /** The error itself, or one like it that says less. */
  #error(error: Error, depth: number): Error {
    const given = quotedBy(error);
    const changed: PropertyDescriptorMap = {};
    for (const name of Reflect.ownKeys(error)) {
      const descriptor = Object.getOwnPropertyDescriptor(error, name);
      if (typeof name !== 'string' || !descriptor) continue;
      const value: unknown = error[name as keyof Error];
      const told = this.#ofError(name, value, depth, given);
      if (told !== value) changed[name] = { value: told, enumerable: descriptor.enumerable ?? false };
    }
    if (Object.keys(changed).length === 0) return error;
    const own = Object.getOwnPropertyDescriptors(error);
    return Object.create(Object.getPrototypeOf(error) as object, { ...own, ...changed }) as Error;
  }

  #ofError(name: string, value: unknown, depth: number, given: unknown): unknown {
    const hide = this.#hidden.get(name);
    if (hide) return hide(value);
    return typeof value === 'string' ? this.said(value, given) : this.#shown(value, depth + 1);
  }
}

function numbers(value: unknown): unknown {
  if (typeof value === 'string') return maskNumber(value);
  if (Array.isArray(value)) return value.map(numbers);
  return '[hidden]';
}
