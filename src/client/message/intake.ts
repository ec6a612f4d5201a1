import { createHash } from 'node:crypto';
import type { Clock } from '../../clock';
import { traceContext, type Log, type TraceContext } from '../../observability';
import {
  PduError,
  SmppError,
  commandFacts,
  encodeBody,
  isQueued,
  type CodecOptions,
  type PduInput,
} from '../../protocol';
import type { KeyValueState, QueueItem } from '../../store';
import { TON, TextError, isPlain, segment, type SubmitSmFields, type TextCodec } from '../../text';
import { addressText, type Fields } from './addressing';
import { codecOf } from '../config/codec-options';
import { contentOf, cutting, refusePart } from './cutting';
import { Defaults } from './defaults';
import { MessageError, invalidField } from '../config/errors';
import { checkKeysAreKept, readKey, refuseKey, withKey } from './idempotency';
import { MessageIds } from './ids';
import { buildManaged, messageIdsOf, type ManagedRequest } from './managed';
import { parseMessage, type Message, type ParsedMessage } from './message';
import { zoneOf } from '../config/local-time';
import { nazItem } from './naz-items';
import type { Settings } from '../config/options';
import { SourcePrefixes } from '../config/source-prefixes';
import { checkedMetadata, expiry, optionText } from './message-options';
import { wantsReceipt } from './registered-delivery';
import { putDestination } from './recipients';
import { Requests, type DirectRequest } from './requests';
import { putSourceByPrefix } from './source-by-prefix';
import { answerFields, isEmpty, screenOf, sessionKind, type Sessions } from './sessions';
import { Templates, isTemplate, type ItemFacts } from './templates';

export interface IntakeParts {
  readonly settings: Settings;
  readonly state: KeyValueState;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** For ids: see {@link MessageIds}. */
  readonly randomOctets: (count: number) => Uint8Array;
  readonly codecs: readonly TextCodec[];
  readonly sessions: Sessions;
}

export interface Origin {
  /** Comes back with every event of the message. */
  readonly msgid?: string | undefined;
  /** The correlation_id where the message has none; default `msgid`. */
  readonly label?: string | undefined;
}

const NO_TRACE =
  'a traceparent is none of W3C Trace Context (00-<32 digits>-<16 digits>-<2 digits>, lower case): passed over';

/** One reference number space per recipient; 16 bits, of which 8-bit headers use the lower half. */
const REFERENCES = 0x10000;
/** Milliseconds after its last use: by then no phone waits for parts any more, so any number will do. */
const REFERENCE_TTL = 3_600_000;
const LONGEST_RECIPIENT = 100;
const DEFAULT_PRIORITY = 2;
/** Somebody looks at a screen and waits. */
const FIRST = 0;

/** Where messages come in: checked and encoded here, once. What leaves is octets. */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #defaults: Defaults;
  readonly #codec: CodecOptions;
  readonly #ids: MessageIds;
  readonly #requests: Requests;
  readonly #sources: SourcePrefixes | undefined;
  readonly #templates: Templates;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#codec = codecOf(parts.settings);
    this.#ids = new MessageIds(parts.randomOctets);
    this.#defaults = new Defaults(parts.settings);
    const { sourceByPrefix } = parts.settings;
    this.#sources = sourceByPrefix.length > 0 ? new SourcePrefixes(sourceByPrefix) : undefined;
    this.#requests = new Requests({ ...parts, sources: this.#sources });
    this.#templates = new Templates(this.#sources);
  }

  /** Epoch milliseconds. */
  get now(): number {
    return this.#parts.clock.now();
  }

  /**
   * A message as the queue holds it, and of a long one a promise, for its reference number comes from the store. Throws
   * or rejects with {@link MessageError}. `now`: when it comes.
   */
  prepare(message: Message | string, origin: Origin, now?: number): QueueItem | Promise<QueueItem> {
    return this.#take(message, origin, now, refuseDirect);
  }

  /** The same, or of a query, cancel or replace the request. */
  take(
    message: Message | string,
    origin: Origin,
  ): QueueItem | Promise<QueueItem> | DirectRequest | ManagedRequest {
    return this.#take(message, origin, undefined, (parsed, at, own) => this.#direct(parsed, at, own));
  }

  #take<T>(
    given: Message | string,
    origin: Origin,
    now = this.now,
    direct: (parsed: ParsedMessage, now: number, own: ParsedMessage) => T,
  ): QueueItem | Promise<QueueItem> | T {
    try {
      const { payloadFormat, vendorTlvs } = this.#parts.settings;
      const item = payloadFormat === 'naz' && typeof given === 'string' ? nazItem(given) : undefined;
      // What is no item is refused as what it is.
      const message = item ?? (given as Message);
      const same = this.#fromTemplate(message, origin, now);
      if (same) return same;
      const own = parseMessage(message, vendorTlvs);
      const { session, sessionId } = own.options;
      if (session !== undefined || sessionId !== undefined) return this.#ofSession(own, origin, now);
      const parsed = this.#defaults.under(own);
      if (!isQueued(parsed.command)) return direct(parsed, now, own);
      return this.#queued(message, parsed, origin, now);
    } catch (error) {
      throw asMessageError(error);
    }
  }

  #fromTemplate(message: Message, origin: Origin, now: number): QueueItem | undefined {
    const template = this.#templates.find(message);
    if (!template) return undefined;
    const to = message.destination_addr as string;
    const body = this.#templates.body(template, to, message.short_message);
    if (!body) return undefined;
    const { facts, options } = template;
    const label = message.correlation_id ?? message['log_id'] ?? origin.label ?? origin.msgid;
    const destination = to.startsWith('+') ? to.slice(1) : to;
    const metadata = checkedMetadata(message.metadata ?? options.metadata);
    const trace = this.#traceOf(message.traceparent, message.tracestate, metadata);
    const item = this.#item(facts, [body], destination, options.expires, label, metadata, trace, origin, now);
    const key = template.isKeyed ? (message.idempotency_key ?? undefined) : undefined;
    if (key === undefined) return item;
    const read = readKey(key);
    checkKeysAreKept(this.#parts.settings);
    return withKey(item, read, message.short_message as string);
  }

  #queued(
    message: Message,
    parsed: ParsedMessage,
    origin: Origin,
    now: number,
  ): QueueItem | Promise<QueueItem> {
    const { settings, codecs } = this.#parts;
    const { options } = parsed;
    const { idempotencyKey: key } = options;
    if (key !== undefined) checkKeysAreKept(settings);
    const pdu = this.#requests.fields(parsed, now);
    const destination = putDestination(parsed, pdu, settings);
    putSourceByPrefix(this.#sources, parsed, pdu, settings);
    const content = contentOf(parsed);
    const cut = cutting(parsed, settings, codecs);
    const { segments } = segment(content, cut);
    const [first] = segments as [SubmitSmFields];
    const facts: ItemFacts = {
      command: parsed.command as QueueItem['command'],
      source: String(pdu['source_addr']),
      priority: options.priority ?? DEFAULT_PRIORITY,
      receiptRequested: wantsReceipt(Number(pdu['registered_delivery'] ?? 0)),
    };
    const trace = this.#traceOf(options.traceparent, options.tracestate, options.metadata);
    const item = (cutUp: readonly SubmitSmFields[]): QueueItem => {
      const bodies = cutUp.map((one) => this.#requests.body(parsed, pdu, one));
      const label = options.correlationId ?? origin.label ?? origin.msgid;
      const { expires, metadata } = options;
      const made = this.#item(facts, bodies, destination, expires, label, metadata, trace, origin, now);
      return key === undefined ? made : withKey(made, key, content);
    };
    if (segments.length > 1) {
      refusePart(parsed, segments.length);
      return this.#reference(destination)
        .then((reference) => item(segment(content, { ...cut, reference }).segments))
        .catch((error: unknown) => {
          throw asMessageError(error);
        });
    }
    const whole = item(segments);
    if (typeof content === 'string' && isPlain(cut)) this.#learn(message, parsed, whole, facts, pdu, first);
    return whole;
  }

  /** A message of a USSD dialogue: one PDU, which says so, and which goes in its turn or not at all. */
  async #ofSession(own: ParsedMessage, origin: Origin, now: number): Promise<QueueItem> {
    try {
      const { settings, codecs, sessions } = this.#parts;
      const kind = sessionKind(own);
      const turn = await sessions.turn(kind, own.options.sessionId, isEmpty(own));
      const { service_type: serviceType } = turn.fields;
      const fields = { service_type: serviceType, registered_delivery: 0, ...own.fields };
      const tlvs = { ...turn.tlvs, ...own.tlvs };
      const parsed = this.#defaults.under({ ...own, fields, tlvs });
      const pdu = { ...this.#requests.fields(parsed, now), ...answerFields(turn.fields, own) };
      const destination = turn.destination ?? putDestination(parsed, pdu, settings);
      const body = this.#requests.body(parsed, pdu, screenOf(parsed, kind, settings, codecs, sessions));
      const { options } = parsed;
      const facts: ItemFacts = {
        command: parsed.command as QueueItem['command'],
        source: String(pdu['source_addr']),
        priority: options.priority ?? FIRST,
        receiptRequested: wantsReceipt(Number(pdu['registered_delivery'])),
      };
      const { correlationId: label = origin.label ?? origin.msgid, expires, metadata } = options;
      const trace = this.#traceOf(options.traceparent, options.tracestate, metadata);
      const item = this.#item(facts, [body], destination, expires, label, metadata, trace, origin, now);
      await turn.claim(pdu);
      const expiresAt = Math.min(item.expiresAt ?? Infinity, turn.expiresAt);
      return { ...item, expiresAt, session: turn.sessionId };
    } catch (error) {
      throw asMessageError(error);
    }
  }

  #reference(destination: string): Promise<number> {
    const { random, state } = this.#parts;
    const start = Math.floor(random() * REFERENCES);
    // Of a list of recipients, which may be longer than a store's keys, a digest.
    const isLong = destination.length > LONGEST_RECIPIENT;
    const recipient = isLong ? createHash('sha256').update(destination).digest('hex') : destination;
    return state.increment(`reference:${recipient}`, REFERENCES, start, REFERENCE_TTL);
  }

  /** A query, cancel or replace. */
  #direct(parsed: ParsedMessage, now: number, own: ParsedMessage): DirectRequest | ManagedRequest {
    const { correlationId, traceparent, tracestate, metadata, idempotencyKey } = parsed.options;
    if (idempotencyKey !== undefined) refuseKey(`a ${parsed.command} is not queued, and may be asked again`);
    const trace = this.#traceOf(traceparent, tracestate, metadata);
    const messageIds = commandFacts(parsed.command).manages && messageIdsOf(parsed);
    if (!messageIds) return { ...this.#requests.direct(parsed, now), trace };
    const source = own.fields['source_addr'];
    return {
      pdu: undefined,
      command: parsed.command,
      id: parsed.about.id,
      messageIds,
      source: source === undefined || source === '' ? undefined : addressText(source, 'source_addr'),
      replaces: parsed.content !== undefined,
      correlationId,
      metadata,
      trace,
      build: (messageId, original) => {
        try {
          return { ...buildManaged(this.#requests, own, parsed, now, messageId, original), trace };
        } catch (error) {
          throw asMessageError(error);
        }
      },
    };
  }

  // The one literal of an item, so that V8 gives all items one shape.
  #item(
    { command, source, priority, receiptRequested }: ItemFacts,
    segments: Buffer[],
    destination: string,
    expires: unknown,
    label: unknown,
    metadata: unknown,
    trace: TraceContext | undefined,
    { msgid }: Origin,
    enqueuedAt: number,
  ): QueueItem {
    return {
      id: this.#ids.next(),
      command,
      segments,
      source,
      destination,
      priority,
      enqueuedAt,
      expiresAt: this.#expiry(expires, enqueuedAt),
      receiptRequested,
      correlationId: label === undefined ? undefined : optionText(label),
      msgid,
      metadata,
      trace,
    };
  }

  /** What the message says itself counts before what stands in its metadata. What is no trace context fails nothing. */
  #traceOf(traceparent: unknown, tracestate: unknown, metadata: unknown): TraceContext | undefined {
    if (traceparent === undefined && (typeof metadata !== 'object' || metadata === null)) return undefined;
    const own = traceparent === undefined ? undefined : traceContext(traceparent, tracestate);
    if (own) return own;
    const inside = Object(metadata) as Readonly<Record<string, unknown>>;
    const trace = traceContext(inside['traceparent'], inside['tracestate']);
    if (!trace && (traceparent ?? inside['traceparent']) !== undefined)
      this.#parts.log.debug({ event: 'trace', stage: 'ignored' }, NO_TRACE);
    return trace;
  }

  #expiry(expires: unknown, now: number): number | undefined {
    const { messageTtl, timeZone } = this.#parts.settings;
    if (expires === undefined) return messageTtl === 0 ? undefined : now + messageTtl;
    return expiry(expires, now, zoneOf(timeZone));
  }

  /** Where its text went as GSM, all that differ in recipient and text alone can be written into its octets. */
  #learn(
    message: Message,
    { fields, command, options, tlvs }: ParsedMessage,
    item: QueueItem,
    facts: ItemFacts,
    pdu: Fields,
    one: SubmitSmFields,
  ): void {
    if (command !== 'submit_sm' || one.data_coding !== 0 || one.tlvs || !isTemplate(message)) return;
    if (pdu['dest_addr_ton'] === TON.ALPHANUMERIC) return;
    // What their octets come to depends on now.
    if (commandFacts(command).timeFields.some((name) => fields[name] !== undefined)) return;
    const [body] = item.segments as [Buffer];
    const hasTlvs = Object.keys(tlvs).length > 0;
    const bare = hasTlvs ? encodeBody({ ...pdu, tlvs: {} } as unknown as PduInput, this.#codec) : body;
    const { service_type: serviceType = '' } = fields as { service_type?: string };
    const head = serviceType.length + item.source.length + 6;
    const lengths = { head, text: one.short_message.length, tail: body.length - bare.length };
    this.#templates.learn(message, item, facts, options, lengths);
  }
}

function refuseDirect({ command }: ParsedMessage): never {
  throw new MessageError('UNKNOWN_COMMAND', 'command', `${command} does not pass the queue; send it alone`);
}

/** Errors of the rooms below become errors about the message. */
function asMessageError(error: unknown): unknown {
  if (error instanceof MessageError) return error;
  if (error instanceof TextError) {
    const field = error.field ?? 'short_message';
    // The library's option, and what messages call it.
    const named = field === 'messageClass' ? 'message_class' : field;
    return new MessageError(error.code, named, error.message.replaceAll(field, named), error);
  }
  if (error instanceof PduError) return invalidField(error.field ?? '', error.message, error);
  if (error instanceof SmppError) return error;
  return invalidField('', `the message cannot be encoded: ${(error as Error).message}`, error);
}
