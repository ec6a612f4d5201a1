import type { QueueItem } from '../../store';
import { SINGLE, writePlain } from '../../text';
import type { SourcePrefixes } from '../config/source-prefixes';
import type { Message } from './message';
import type { MessageOptions } from './message-options';
import { hasNoSource } from './source-by-prefix';

/** What messages of one template have in common in the queue. */
export type ItemFacts = Pick<QueueItem, 'command' | 'source' | 'priority' | 'receiptRequested'>;

/** Octets of a body: before the recipient's digits, of the text behind sm_length, and behind that. */
export interface Lengths {
  readonly head: number;
  readonly text: number;
  readonly tail: number;
}

/** All that further messages have in common with the one that it was made of. */
export interface Template {
  readonly prototype: unknown;
  /** Properties of the message, in their order. */
  readonly names: readonly string[];
  /** Of each its value, or that it varies. */
  readonly values: readonly unknown[];
  readonly hasMetadata: boolean;
  /** Whether they may have an idempotency_key. */
  readonly isKeyed: boolean;
  readonly head: Uint8Array;
  /** From the NUL behind the recipient to sm_length, without it. */
  readonly middle: Uint8Array;
  readonly tail: Uint8Array;
  readonly facts: ItemFacts;
  readonly options: MessageOptions;
}

const KEY = 'idempotency_key';
const LABELS = [KEY, 'correlation_id', 'log_id', 'metadata', 'traceparent', 'tracestate'];
const VARYING = ['short_message', 'destination_addr', ...LABELS];
const VARIES = Symbol('varies');
const SLAB = 16 * 1024;
const MOST_DIGITS = 15;
/** Fewer may be a short code. */
const FEWEST_DIGITS = 7;
const [PLUS, ZERO, NINE] = [0x2b, 0x30, 0x39];
/** Senders; beyond that all begins anew. */
const MOST_TEMPLATES = 256;

/**
 * Most messages of a connection differ in recipient, text and label only: the octets around them are kept, and those
 * two written in between. All else goes the general way, and becomes the next template.
 */
export class Templates {
  readonly #sources: SourcePrefixes | undefined;
  /** By source_addr, as given, or where none is by the entry of `sourceByPrefix`. */
  readonly #templates = new Map<unknown, Template>();
  /** Bodies lie one behind the other, as in the pool of Buffers. */
  #slab = Buffer.allocUnsafeSlow(0);
  #at = 0;

  /** `sources`: who sends what names no sender. */
  constructor(sources?: SourcePrefixes) {
    this.#sources = sources;
  }

  /** By what the sender follows from. */
  #keyOf({ source_addr: source, destination_addr: to }: Message): unknown {
    if (!this.#sources || !hasNoSource(source)) return source;
    return typeof to === 'string' ? this.#sources.find(to) : undefined;
  }

  /** The template whose message said the same as this one, but for what varies; undefined: none. */
  find(message: Message): Template | undefined {
    if (typeof message !== 'object' || (message as unknown) === null) return undefined;
    const template = this.#templates.get(this.#keyOf(message));
    if (!template) return undefined;
    const { names, values } = template;
    const own = Object.keys(message);
    if (own.length !== names.length || hasMetadata(message) !== template.hasMetadata) return undefined;
    for (let at = 0; at < own.length; at++) {
      const name = own[at] as string;
      const value = values[at];
      if (name !== names[at] || (value !== VARIES && value !== message[name])) return undefined;
    }
    return Object.getPrototypeOf(message) === template.prototype ? template : undefined;
  }

  /** The body with this recipient and text; undefined: they go the general way. */
  body({ head, middle, tail }: Template, to: unknown, text: unknown): Buffer | undefined {
    if (typeof to !== 'string' || typeof text !== 'string') return undefined;
    const most = head.length + MOST_DIGITS + middle.length + 1 + SINGLE + tail.length;
    if (this.#at + most > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB, most));
      this.#at = 0;
    }
    const slab = this.#slab;
    const start = this.#at;
    let at = writeDigits(to, slab, copy(head, slab, start));
    if (at < 0) return undefined;
    const lengthAt = copy(middle, slab, at);
    at = writePlain(text, slab, lengthAt + 1);
    if (at < 0) return undefined;
    slab[lengthAt] = at - lengthAt - 1;
    this.#at = copy(tail, slab, at);
    return slab.subarray(start, this.#at);
  }

  /** The next messages are likely to be as this one. */
  learn(
    message: Message,
    { segments, destination }: QueueItem,
    facts: ItemFacts,
    options: MessageOptions,
    { head, text, tail }: Lengths,
  ): void {
    const names = Object.keys(message);
    const values = names.map((name) => (VARYING.includes(name) ? VARIES : message[name]));
    const [body] = segments as [Buffer];
    const template: Template = {
      prototype: Object.getPrototypeOf(message),
      names,
      values,
      hasMetadata: hasMetadata(message),
      isKeyed: names.includes(KEY),
      head: Uint8Array.from(body.subarray(0, head)),
      middle: Uint8Array.from(body.subarray(head + destination.length, -1 - text - tail)),
      tail: Uint8Array.from(body.subarray(body.length - tail)),
      facts,
      options,
    };
    if (!this.body(template, message.destination_addr, message.short_message)?.equals(body)) return;
    if (this.#templates.size >= MOST_TEMPLATES) this.#templates.clear();
    this.#templates.set(this.#keyOf(message), template);
  }
}

/** Not where something can change within, or is not the message's own: those are looked at each time. */
export function isTemplate(message: Message): boolean {
  const isFixed = (name: string): boolean => typeof message[name] !== 'object' || message[name] === null;
  if (!Object.keys(message).every((name) => VARYING.includes(name) || isFixed(name))) return false;
  return VARYING.every((name) => !(name in message) || Object.hasOwn(message, name));
}

const hasMetadata = ({ metadata }: Message): boolean => metadata !== undefined && metadata !== null;

function copy(from: Uint8Array, into: Uint8Array, start: number): number {
  for (let at = 0; at < from.length; at++) into[start + at] = from[at] as number;
  return start + from.length;
}

/** Writes an international number, with or without its +; returns where it ends, -1: it may be something else. */
function writeDigits(text: string, into: Uint8Array, start: number): number {
  let index = text.charCodeAt(0) === PLUS ? 1 : 0;
  const digits = text.length - index;
  if (digits < FEWEST_DIGITS || digits > MOST_DIGITS || text.charCodeAt(index) === ZERO) return -1;
  let at = start;
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < ZERO || code > NINE) return -1;
    into[at++] = code;
  }
  return at;
}
