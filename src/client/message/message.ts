import {
  DIRECT,
  QUEUED,
  TlvTable,
  commandFacts,
  didYouMean,
  isCommandName,
  isQueued,
  setOwn,
  type CommandName,
  type TlvDefinition,
} from '../../protocol';
import type { GivenUdh } from '../../text';
import { MessageError, invalidField, show } from '../config/errors';
import { askedCommand } from './naz-items';
import { OPTION_NAMES, fieldOf, takeOption, type MessageOptions } from './message-options';
import { takeAbout, type About } from './about';
import { octetsOf, tlvValue } from './plain-values';
import { hasForm, readTlvForm } from './tlv-forms';

/**
 * A message as users write it: SMPP fields by their specification names (of the
 * command and TLVs alike), and these of ours. A queue item of naz is one.
 */
export interface Message {
  /** Default `submit_sm`. */
  command?: CommandName;
  /** Text, or octets for a binary message. */
  short_message?: string | Buffer;
  /** The text or octets, to go in the TLV of this name. */
  message_payload?: string | Buffer;
  /** The sender: a number, or a name of up to 11 characters. */
  source_addr?: string | number | bigint;
  /** One recipient; for submit_multi what `dest_address` takes as well. */
  destination_addr?: string | number | bigint | MessageDestination | readonly MessageDestination[];
  /** The recipients of a submit_multi: numbers, texts of several, and objects; each is sent to once. */
  dest_address?: MessageDestination | readonly MessageDestination[];
  /** `auto` (the default), `gsm0338`, `ucs2`, `latin1`, `binary` … */
  encoding?: string;
  /** How a text longer than one short message goes: auto (udh8), udh8, udh16, sar, payload (in message_payload; payload-always: short ones too), reject. */
  long_messages?: string;
  /** 0 (flash: shown at once) to 3. */
  message_class?: number | string;
  /** Elements of the user data header, in every segment: ports and all else that is not cut or encoded here. */
  udh?: GivenUdh;
  /** A language whose national characters may be used before UCS2. */
  language?: string;
  /** Languages whose national characters may be used where that takes fewer segments than UCS2. */
  languages?: string | readonly string[];
  /** What becomes of characters that the encoding lacks: strict, replace, transliterate. */
  unencodable?: string;
  /** Cut long messages between words. */
  whole_words?: boolean;
  /** An SMPP octet, or when a receipt is wanted: final, none, failure, success. */
  registered_delivery?: number | string;
  /** Also tell of the message on its way (SMSCs that know it). */
  intermediate_notification?: boolean;
  /** none, delivery, manual, both. */
  sme_acknowledgement?: string;
  /** Date, ISO 8601 text, or epoch milliseconds: not sent any more after that. */
  expires?: Date | string | number;
  /** Lane 0 (first) … 4 (last); default 2. The wire's own is `priority_flag`. */
  priority?: number;
  /** A label of yours, which need not be unique; comes back with every event of the message. */
  correlation_id?: string;
  /**
   * Any text of up to 255 octets that is this message's own: within `idempotencyTtl` a message with the same key is not
   * queued again; its call gets the id and the outcome of the first one.
   */
  idempotency_key?: string;
  /** Any JSON up to 8 KiB; comes back with every event. */
  metadata?: unknown;
  /** W3C Trace Context, level 1; comes back with every event, does not go over SMPP. What is none is passed over. Default: that of an object `metadata`. */
  traceparent?: string;
  /** What belongs to `traceparent`, as it was given. */
  tracestate?: string;
  /** Of query_sm, cancel_sm and replace_sm: which message, by the id that it was queued by, in place of `message_id`. */
  id?: string;
  /** The same by the SMSC's ids of all its segments, as its outcome has them. */
  message_ids?: readonly string[];
  /**
   * USSD: `continue` (the next screen, which asks; the default with a session_id), `close` (the last screen), `new` (begins
   * a dialogue with a screen that asks), `notify` (one that does not).
   */
  session?: 'new' | 'notify' | 'continue' | 'close';
  /** USSD: the dialogue that it belongs to, as its messages have it. */
  session_id?: string;
  /** Optional parameters, by name or as `0x1403`; octets as Buffer or `{hex}`. */
  tlvs?: Readonly<Record<string, unknown>>;
  [field: string]: unknown;
}

/** One destination of a submit_multi; a text may hold several numbers, divided by commas or line ends. */
export type MessageDestination =
  | string
  | number
  | bigint
  | {
      /** A number. */
      destination_addr: string | number | bigint;
      /** Type of number; default as for a recipient of submit_sm. */
      dest_addr_ton?: number;
      /** Numbering plan indicator; default as for a recipient of submit_sm. */
      dest_addr_npi?: number;
      /** 1, or absent. */
      dest_flag?: number;
    }
  | {
      /** A distribution list of the SMSC's: 1 to 20 characters. */
      dl_name: string;
      /** 2, or absent. */
      dest_flag?: number;
    };

export interface ParsedMessage {
  readonly command: CommandName;
  readonly options: MessageOptions;
  /** What is to be sent, before it is encoded; undefined: nothing was given. */
  content: unknown;
  /** Whether it was given as message_payload. */
  inPayload: boolean;
  /** One recipient or several, as given. */
  destination: unknown;
  /** Of a command that manages: the message that it is about, as far as it is not named by message_id. */
  readonly about: About;
  /** All other mandatory fields, by name. */
  readonly fields: Record<string, unknown>;
  readonly tlvs: Record<string, unknown>;
}

/** Other names, of naz's. */
const ALIASES = new Map([
  ['smpp_command', 'command'],
  ['smpp_event', 'command'],
  ['optional_tags_dict', 'tlvs'],
]);
/** What a field is called here. */
export const canonicalName = (name: string): string => ALIASES.get(name) ?? name;
const STANDARD = new TlvTable();

/** Sorts a message into command, fields, TLVs and options, and checks these. Throws {@link MessageError}. */
export function parseMessage(message: Message, vendorTlvs = STANDARD): ParsedMessage {
  if (typeof message !== 'object' || message === null || Array.isArray(message) || Buffer.isBuffer(message)) {
    const text =
      'a message must be an object such as {short_message, destination_addr}; ' +
      'with payloadFormat naz the JSON text of a queue item of naz is one, too';
    throw invalidField('payload', text);
  }
  const command = commandOf(message);
  return sortFields(message, command, vendorTlvs, (name) => {
    throw unknownField(name, command, vendorTlvs);
  });
}

/** Sorts fields for a command. `strange` is told of those that it does not have. Throws {@link MessageError}. */
export function sortFields(
  given: Message,
  command: CommandName,
  vendorTlvs: TlvTable,
  strange: (name: string) => void,
): ParsedMessage {
  const { fieldNames: names, manages } = commandFacts(command);
  const { message_payload: payload, ...tlvs } = tlvsOf(given, vendorTlvs);
  const parsed: ParsedMessage = {
    command,
    options: {},
    content: octetsOf(payload),
    inPayload: payload !== undefined,
    destination: undefined,
    about: {},
    fields: {},
    tlvs,
  };
  for (const [key, value] of Object.entries(given)) {
    const name = canonicalName(key);
    if (value === undefined || value === null || name === 'command' || name === 'tlvs') continue;
    if (manages && takeAbout(parsed.about, name, value)) continue;
    if (takeContent(parsed, name, value) || takeOption(parsed.options, name, value)) continue;
    const spec = vendorTlvs.named(name);
    const isOfNumbers = names.has('dest_address') && NUMBER_TYPES.has(name);
    if (names.has(name) || isOfNumbers) parsed.fields[name] = fieldOf(name, value);
    else if (spec) setOwn(parsed.tlvs, spec.name, tlvOf(spec, value));
    else if (!ANSWERS.has(name)) strange(name);
  }
  return parsed;
}

/** What is worked upon before it is a field, the same for every command: whether `name` is such. */
function takeContent(parsed: ParsedMessage, name: string, value: unknown): boolean {
  if (name === 'destination_addr') parsed.destination = value;
  else if (name === 'short_message') {
    // naz's items have both, of which one is empty.
    if (!parsed.inPayload) parsed.content = octetsOf(value);
    else if (value !== '') throw invalidField(name, BOTH);
  } else if (name === 'message_payload') {
    if (parsed.content !== undefined && parsed.content !== '') throw invalidField(name, BOTH);
    parsed.content = octetsOf(value);
    parsed.inPayload = true;
  } else return false;
  return true;
}

const BOTH = 'a message has either short_message or message_payload, not both (SMPP 3.4 section 5.3.2.32)';

/** Of submit_multi no fields, but what its numbers have where they do not say it. */
const NUMBER_TYPES = new Set(['dest_addr_ton', 'dest_addr_npi']);

/** Fields of a decoded PDU that a copied message brings along and that are made anew. */
const ANSWERS = new Set([
  ...['command_id', 'command_length', 'command_status', 'command_status_code'],
  ...['sequence_number', 'sm_length', 'flaws'],
]);

function commandOf(message: Message): CommandName {
  const given = askedCommand(message) ?? 'submit_sm';
  const isKnown = typeof given === 'string' && isCommandName(given);
  if (isKnown && SENDABLE.has(given)) return given;
  const problem = isKnown
    ? `"${given}" belongs to the session that it was made for, such as an answer in a queue of naz's; drop it, or`
    : `${JSON.stringify(given)} cannot be sent;`;
  const text = `command ${problem} give one of ${[...SENDABLE].join(', ')}`;
  throw new MessageError('UNKNOWN_COMMAND', 'command', text);
}

const SENDABLE = new Set<string>([...QUEUED, ...DIRECT]);

/** By name, whichever name or tag they were given by: so that one given twice counts once, the last. */
function tlvsOf(message: Message, table: TlvTable): Readonly<Record<string, unknown>> {
  const tlvs = message.tlvs ?? message['optional_tags_dict'];
  if (tlvs === undefined || tlvs === null) return {};
  if (typeof tlvs === 'object' && !Array.isArray(tlvs)) {
    const named = Object.entries(tlvs).map(([name, value]): [string, unknown] => {
      const spec = table.named(name);
      // A name that is none stays: the codec says what is wrong with it.
      return spec ? [spec.name, tlvOf(spec, value)] : [name, value];
    });
    return Object.fromEntries(named);
  }
  throw invalidField('tlvs', 'tlvs must be an object such as {"user_message_reference": 7}');
}

function tlvOf(spec: TlvDefinition, value: unknown): unknown {
  if (hasForm(spec)) return readTlvForm(spec, value);
  const all: unknown[] = Array.isArray(value) ? value : [value];
  if (!spec.type.startsWith('int') && all.some((one) => typeof one === 'number')) {
    const text = `the TLV ${spec.name} is no number (${show(value)}): give it as a text, in quotes; a number of more than 15 digits loses the last ones`;
    throw invalidField(spec.name, text);
  }
  return tlvValue(spec, value);
}

function unknownField(name: string, command: CommandName, table: TlvTable): MessageError {
  if (isQueued(command) && commandFacts('submit_sm').fieldNames.has(name)) return missingField(name, command);
  const fields = [...commandFacts(command).fieldNames].filter((field) => !ANSWERS.has(field));
  const problem = `${name} is no field of ${command} and no TLV${fieldHint(name, fields, table)}`;
  const known = `fields are ${fields.join(', ')}, and of this package ${OPTION_NAMES.join(', ')}`;
  return new MessageError('UNKNOWN_FIELD', name, `${problem}; ${known}`);
}

/** What other commands have, this one lacks. */
function missingField(name: string, command: CommandName): MessageError {
  const instead = command === 'data_sm' ? INSTEAD.get(name) : undefined;
  const remedy = instead ? `give ${instead} in its place` : 'leave it out';
  const text = `${command} has no ${name}, which the SMSC would never see: ${remedy}, or send it as submit_sm`;
  return new MessageError('UNKNOWN_FIELD', name, text);
}

/** TLVs of data_sm (SMPP 3.4 section 4.7.1.1) that say what fields of submit_sm do. */
const INSTEAD = new Map([
  ['validity_period', 'the TLV qos_time_to_live (seconds)'],
  ['protocol_id', 'the TLVs dest_network_type and dest_bearer_type'],
]);

/** What was meant by a name that is no field, option or TLV. */
export function fieldHint(name: string, fields: readonly string[], table: TlvTable): string {
  return didYouMean(name, ['destination_addr', ...fields, ...OPTION_NAMES, ...table.names()]);
}
