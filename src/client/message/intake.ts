import { createHash } from 'node:crypto';
import type { Clock } from '../../clock';
import type { Log } from '../../observability';
import {
  PduError,
  SmppError,
  commandFacts,
  encodeBody,
  isQueued,
  type CodecOptions,
  type CommandName,
  type PduInput,
} from '../../protocol';
import type { KeyValueState, QueueItem } from '../../store';
import {
  LONG_MESSAGE_METHODS,
  TextError,
  UNENCODABLE,
  formatSmppTime,
  languageNames,
  segment,
  type SegmentOptions,
  type SubmitSmFields,
  type TextCodec,
} from '../../text';
import { about, octetField, putDestination, putSource, type Fields } from './addressing';
import { codecOf } from '../config/codec-options';
import { Defaults } from './defaults';
import { MessageError } from '../config/errors';
import { ServiceTypeWarning } from './long-fields';
import { parseMessage, type Message, type ParsedMessage } from './message';
import { zoneOf } from '../config/local-time';
import { nazItem } from './naz-items';
import type { Settings } from '../config/options';
import {
  checkedMetadata,
  expiry,
  flagOf,
  languagesOf,
  priorityOf,
  messageClassOf,
  oneOf,
} from './message-options';
import { registeredDelivery, wantsReceipt } from './registered-delivery';
import { uuid } from './uuid';

export interface IntakeParts {
  readonly settings: Settings;
  readonly state: KeyValueState;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly codecs: readonly TextCodec[];
}

export interface Origin {
  /** The flow message's `_msgid`. */
  readonly msgid?: string | undefined;
  /** The correlation_id where the message has none; default the `_msgid`. */
  readonly label?: string | undefined;
}

/** A request that does not pass the queue. */
export interface DirectRequest {
  readonly command: CommandName;
  readonly pdu: PduInput;
  readonly destination: string;
  readonly correlationId?: string;
  readonly metadata?: unknown;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** One reference number space per recipient; 16 bits, of which 8-bit headers use the lower half. */
const REFERENCES = 0x10000;
/** Milliseconds after its last use: by then no phone waits for parts any more, so any number will do. */
const REFERENCE_TTL = 3_600_000;
const LONGEST_RECIPIENT = 100;

/**
 * Where messages come in: everything that can be wrong with one is found here, and
 * everything that can be done once is done here. What leaves is octets.
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #defaults: Defaults;
  readonly #codec: CodecOptions;
  readonly #serviceTypes: ServiceTypeWarning;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#codec = codecOf(parts.settings);
    this.#defaults = new Defaults(parts.settings);
    this.#serviceTypes = new ServiceTypeWarning(parts.log);
  }

  #parse(message: Message | string): ParsedMessage {
    const { payloadFormat, vendorTlvs } = this.#parts.settings;
    const item = payloadFormat === 'naz' && typeof message === 'string' ? nazItem(message) : undefined;
    // What is no item is refused as what it is.
    return this.#defaults.under(parseMessage(item ?? (message as Message), vendorTlvs));
  }

  /** Whether the message passes the queue. Throws {@link MessageError} as {@link prepare} does. */
  isQueued(message: Message | string): boolean {
    return isQueued(this.#parse(message).command);
  }

  /**
   * A message as the queue holds it; of a long one a promise, for its reference number comes from the store. Throws or
   * rejects with {@link MessageError}.
   */
  prepare(message: Message | string, origin: Origin): QueueItem | Promise<QueueItem> {
    try {
      const parsed = this.#parse(message);
      if (!isQueued(parsed.command)) {
        throw new MessageError(
          'UNKNOWN_COMMAND',
          'command',
          `${parsed.command} does not pass the queue; send it alone`,
        );
      }
      const pdu = this.#baseFields(parsed);
      const destination = putDestination(parsed, pdu, this.#parts.settings);
      const segments = this.#cut(parsed, 0);
      if (segments.length > 1) return this.#prepareLong(parsed, origin, pdu, destination, segments.length);
      const bodies = segments.map((one) => this.#body(parsed, pdu, one));
      return this.#item(parsed, origin, pdu, destination, bodies);
    } catch (error) {
      throw asMessageError(error);
    }
  }

  async #prepareLong(
    parsed: ParsedMessage,
    origin: Origin,
    pdu: Fields,
    destination: string,
    segments: number,
  ): Promise<QueueItem> {
    try {
      refusePart(parsed, segments);
      const cut = this.#cut(parsed, await this.#reference(destination));
      const bodies = cut.map((one) => this.#body(parsed, pdu, one));
      return this.#item(parsed, origin, pdu, destination, bodies);
    } catch (error) {
      throw asMessageError(error);
    }
  }

  /** A query, cancel or replace. Throws {@link MessageError}. */
  direct(message: Message | string): DirectRequest {
    try {
      const parsed = this.#parse(message);
      const { command, options, tlvs } = parsed;
      const pdu = this.#baseFields(parsed);
      const destination =
        parsed.destination === undefined ? '' : putDestination(parsed, pdu, this.#parts.settings);
      const text = parsed.content === undefined ? undefined : this.#cut(parsed, 0)[0];
      if (text) pdu['short_message'] = text.short_message;
      pdu['tlvs'] = { ...tlvs, ...text?.tlvs };
      encodeBody(pdu as unknown as PduInput, this.#codec);
      return {
        command,
        pdu: pdu as unknown as PduInput,
        destination,
        ...(options.correlationId === undefined ? {} : { correlationId: options.correlationId }),
        ...(options.metadata === undefined ? {} : { metadata: checkedMetadata(options.metadata) }),
      };
    } catch (error) {
      throw asMessageError(error);
    }
  }

  // --- text ---

  #reference(destination: string): Promise<number> {
    const { random, state } = this.#parts;
    const start = Math.floor(random() * REFERENCES);
    return state.increment(referenceKey(destination), REFERENCES, start, REFERENCE_TTL);
  }

  #cut(parsed: ParsedMessage, reference: number): SubmitSmFields[] {
    const { settings, codecs } = this.#parts;
    const { options, content } = parsed;
    const esmClass = octetField(parsed, 'esm_class');
    const given = typeof content === 'bigint' || Number.isFinite(content) ? String(content) : content;
    if (given === undefined) throw missingText();
    if (typeof given !== 'string' && !Buffer.isBuffer(given)) {
      throw new MessageError(
        'INVALID_FIELD',
        'short_message',
        `short_message must be a text or a Buffer, not ${typeof given === 'number' ? given : typeof given}`,
      );
    }
    return segment(given, {
      method: this.#method(parsed),
      reference,
      encoding: options.encoding,
      data_coding: octetField(parsed, 'data_coding'),
      messageClass: messageClassOf(options.messageClass),
      language: oneOf('language', options.language, languageNames()),
      languages: languagesOf(options.languages, settings.languages),
      wholeWords: flagOf('whole_words', options.wholeWords),
      defaultAlphabet: settings.defaultAlphabet,
      dataCodings: settings.dataCodings,
      unencodable: oneOf('unencodable', options.unencodable ?? settings.unencodable, UNENCODABLE),
      codecs,
      ...(esmClass === undefined ? {} : { esm_class: esmClass }),
    }).segments;
  }

  #method(parsed: ParsedMessage): SegmentOptions['method'] {
    const { command, options, inPayload } = parsed;
    // Who names the field gets it, however short the text.
    if (inPayload) return 'payload-always';
    if (!commandFacts(command).fieldNames.has('short_message')) return 'payload';
    const wanted = options.longMessages ?? 'auto';
    const known = wanted === 'auto' ? 'udh8' : LONG_MESSAGE_METHODS.find((method) => method === wanted);
    // There is no replacing by parts.
    if (known) return isQueued(command) || known.startsWith('payload') ? known : 'reject';
    throw new MessageError(
      'INVALID_FIELD',
      'long_messages',
      `long_messages ${JSON.stringify(wanted)} is not known; give auto, ${LONG_MESSAGE_METHODS.join(', ')}`,
    );
  }

  // --- the PDU ---

  /** Everything but the text and the recipient. */
  #baseFields(parsed: ParsedMessage): Fields {
    const { fields, command, options } = parsed;
    this.#serviceTypes.check(fields['service_type']);
    // Not the other way round: to what begins as a copy V8 adds each further property in microseconds.
    const pdu: Fields = { command, ...fields };
    const names = commandFacts(command).fieldNames;
    if (names.has('source_addr')) putSource(parsed, pdu, this.#parts.settings);
    if (names.has('registered_delivery')) {
      pdu['registered_delivery'] = registeredDelivery(pdu['registered_delivery'], options);
    }
    for (const name of commandFacts(command).timeFields) {
      if (pdu[name] !== undefined) pdu[name] = this.#time(name, pdu[name]);
    }
    return pdu;
  }

  #time(name: string, given: unknown): string {
    const { clock, settings } = this.#parts;
    const options = { timeZone: zoneOf(settings.timeZone), now: clock.now() };
    return about(name, () => formatSmppTime(given as Date | string | number, options));
  }

  #body(parsed: ParsedMessage, pdu: Fields, one: SubmitSmFields): Buffer {
    const { command, tlvs } = parsed;
    pdu['data_coding'] = one.data_coding;
    if (commandFacts(command).fieldNames.has('esm_class')) pdu['esm_class'] = one.esm_class;
    pdu['tlvs'] = one.tlvs ? { ...tlvs, ...one.tlvs } : tlvs;
    if (commandFacts(command).fieldNames.has('short_message')) pdu['short_message'] = one.short_message;
    else pdu['tlvs'] = { message_payload: one.short_message, ...tlvs, ...one.tlvs };
    return encodeBody(pdu as unknown as PduInput, this.#codec);
  }

  #item(
    parsed: ParsedMessage,
    origin: Origin,
    pdu: Fields,
    destination: string,
    segments: Buffer[],
  ): QueueItem {
    const { clock, settings } = this.#parts;
    const { options, command } = parsed;
    const now = clock.now();
    const item: Mutable<QueueItem> = {
      id: uuid(),
      command: command as QueueItem['command'],
      segments,
      source: String(pdu['source_addr']),
      destination,
      priority: priorityOf(options.priority),
      enqueuedAt: now,
      receiptRequested: wantsReceipt(Number(pdu['registered_delivery'] ?? 0)),
    };
    const expiresAt = expiry(options.expires, now, settings.messageTtl, zoneOf(settings.timeZone));
    const correlationId = options.correlationId ?? origin.label ?? origin.msgid;
    if (expiresAt !== undefined) item.expiresAt = expiresAt;
    if (correlationId !== undefined) item.correlationId = correlationId;
    if (origin.msgid !== undefined) item.msgid = origin.msgid;
    if (options.metadata !== undefined) item.metadata = checkedMetadata(options.metadata);
    return item;
  }
}

/** Of a list of recipients, which may be longer than a store's keys, a digest. */
function referenceKey(destination: string): string {
  const recipient =
    destination.length <= LONGEST_RECIPIENT
      ? destination
      : createHash('sha256').update(destination).digest('hex');
  return `reference:${recipient}`;
}

/** A part of a longer message by its own TLVs cannot be cut: its parts would say two things. */
function refusePart({ tlvs }: ParsedMessage, segments: number): void {
  const name = Object.keys(tlvs).find((one) => one.startsWith('sar_'));
  if (name === undefined) return;
  throw new MessageError(
    'TEXT_TOO_LONG',
    'short_message',
    `${name} says that the message is one part of a longer one, and it takes ${segments} segments: ` +
      'leave the sar_ TLVs away (long_messages: sar makes them), or shorten it',
  );
}

function missingText(): MessageError {
  return new MessageError(
    'MISSING_TEXT',
    'short_message',
    'the message has no text; give it as short_message (an empty text is possible)',
  );
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
  if (error instanceof PduError)
    return new MessageError('INVALID_FIELD', error.field ?? '', error.message, error);
  if (error instanceof SmppError) return error;
  return new MessageError(
    'INVALID_FIELD',
    '',
    `the message cannot be encoded: ${(error as Error).message}`,
    error,
  );
}
