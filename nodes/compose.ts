import { inspect } from 'node:util';
import { MessageError, type Message } from '../src/index';

export const COMMANDS = [
  'submit_sm',
  'data_sm',
  'submit_multi',
  'broadcast_sm',
  'query_sm',
  'cancel_sm',
  'replace_sm',
  'query_broadcast_sm',
  'cancel_broadcast_sm',
] as const;
export const FROM_MESSAGE = 'from message';
export const ENCODINGS = [
  FROM_MESSAGE,
  'auto',
  'gsm0338',
  'gsm0338-packed',
  'ascii',
  'latin1',
  'ucs2',
  'iso8859-5',
  'iso8859-8',
  'shift_jis',
  'iso2022jp',
  'euc-kr',
  'binary',
] as const;
export const LONG_MESSAGES = [
  FROM_MESSAGE,
  'auto',
  'udh8',
  'udh16',
  'sar',
  'payload',
  'payload-always',
  'reject',
] as const;
export const RECEIPTS = [FROM_MESSAGE, 'final', 'none', 'failure', 'success'] as const;
export const ACKNOWLEDGEMENTS = ['none', 'delivery', 'manual', 'both'] as const;

export type CommandChoice = (typeof COMMANDS)[number] | typeof FROM_MESSAGE;

/** The properties of an smpp-out node that say what a message is. */
export interface OutSettings {
  readonly command: CommandChoice;
  readonly encoding: (typeof ENCODINGS)[number];
  readonly longMessages: (typeof LONG_MESSAGES)[number];
  readonly registeredDelivery: (typeof RECEIPTS)[number];
  readonly intermediateNotification: boolean;
  readonly smeAcknowledgement: (typeof ACKNOWLEDGEMENTS)[number];
}

/** The value of a typed input that the user set to something else than its default. */
export interface Given {
  readonly value: unknown;
}

export interface TypedInputs {
  /** Default: msg.payload. */
  readonly message?: Given;
  /** Default: none. */
  readonly source?: Given;
  /** Default: msg.topic. */
  readonly destination?: Given;
}

/** A message of the flow, as far as it says what to send. */
export interface FlowMessage {
  readonly _msgid?: string;
  readonly payload?: unknown;
  readonly topic?: unknown;
  readonly smpp?: unknown;
}

/** One message, or several that are queued all together or not at all. */
export type Composed =
  | { readonly kind: 'single'; readonly message: Message }
  | { readonly kind: 'batch'; readonly messages: Message[] };

type Fields = Readonly<Record<string, unknown>>;

/** These have a text. */
const TEXT_COMMANDS = new Set(['submit_sm', 'data_sm', 'submit_multi', 'broadcast_sm', 'replace_sm']);
/** These go to a number; the others to an area, or they name a message that was sent before. */
const TOPIC_COMMANDS = new Set(['submit_sm', 'data_sm', 'submit_multi', 'cancel_sm']);
/** These can ask for a receipt. */
const RECEIPT_COMMANDS = new Set(['submit_sm', 'data_sm', 'submit_multi', 'replace_sm']);

/**
 * What to send for one message of the flow. Per field, the first of these that has a value counts:
 * the typed input that the user set, the payload object, msg.smpp, msg.topic or
 * msg.payload; what nobody says is the connection's to say (`defaults`). A typed input that
 * the user set stands in place of msg.topic or msg.payload, also where it has no value.
 *
 * @throws MessageError where the flow contradicts the node.
 */
export function compose(
  msg: FlowMessage,
  settings: OutSettings,
  inputs: TypedInputs = {},
  defaults: Fields = {},
): Composed {
  const given = inputs.message;
  // A text of the node's own beside a payload object: the object still says the rest.
  const beside = given !== undefined && !isStructured(given.value) && isStructured(msg.payload);
  const content = given && !beside ? given.value : msg.payload;
  const text = beside ? given.value : undefined;
  const composer = new Composer(msg, settings, inputs, defaults, text);
  if (!Array.isArray(content)) return { kind: 'single', message: composer.compose(content, '') };
  return { kind: 'batch', messages: content.map((entry, index) => composer.entry(entry, index)) };
}

/** All that the messages of one batch have in common. */
class Composer {
  readonly #msg: FlowMessage;
  readonly #settings: OutSettings;
  readonly #inputs: TypedInputs;
  readonly #defaults: Fields;
  readonly #text: unknown;
  readonly #context: Context;

  constructor(msg: FlowMessage, settings: OutSettings, inputs: TypedInputs, defaults: Fields, text: unknown) {
    this.#msg = msg;
    this.#settings = settings;
    this.#inputs = inputs;
    this.#defaults = defaults;
    this.#text = text;
    this.#context = contextOf(msg.smpp);
  }

  entry(content: unknown, index: number): Message {
    try {
      return this.compose(content, `.${index}`);
    } catch (error) {
      if (error instanceof MessageError) error.index = index;
      throw error;
    }
  }

  compose(content: unknown, suffix: string): Message {
    const payload = isFields(content) ? content : {};
    const { fields } = this.#context;
    const command = commandOf(this.#settings.command, payload, fields);
    const message: Record<string, unknown> = { ...fields, ...payload, command };
    if (isFields(fields.tlvs) && isFields(payload.tlvs)) message.tlvs = { ...fields.tlvs, ...payload.tlvs };
    if (TEXT_COMMANDS.has(command)) this.#setText(message, isFields(content) ? undefined : content);
    this.#setDestination(message, command);
    this.#setSource(message);
    this.#setHandling(message, command);
    if (!has(message.correlation_id) && !has(message.log_id) && this.#msg._msgid !== undefined) {
      message.correlation_id = this.#msg._msgid + suffix;
    }
    return message;
  }

  #setText(message: Record<string, unknown>, content: unknown): void {
    const chosen = this.#inputs.message && !isStructured(this.#inputs.message.value);
    const text = this.#text ?? content;
    if (text === undefined || text === null) return;
    if (chosen || !has(message.short_message)) message.short_message = plain(text);
  }

  #setDestination(message: Record<string, unknown>, command: string): void {
    const chosen = this.#inputs.destination;
    if (chosen && has(chosen.value)) {
      message.destination_addr = recipient(chosen.value);
      return;
    }
    const named = has(message.destination_addr) || has(message.dest_address);
    // A message_id says all of what is to be cancelled, and a wrong number beside it spoils it.
    const known = command === 'cancel_sm' && has(message.message_id);
    if (chosen || named || known || !TOPIC_COMMANDS.has(command) || !has(this.#msg.topic)) return;
    message.destination_addr = recipient(this.#msg.topic);
  }

  #setSource(message: Record<string, unknown>): void {
    const chosen = this.#inputs.source?.value;
    if (has(chosen)) message.source_addr = plain(chosen);
    if (has(message.source_addr) || has(this.#defaults.source_addr)) return;
    if (has(this.#context.sentTo)) message.source_addr = this.#context.sentTo;
  }

  #setHandling(message: Record<string, unknown>, command: string): void {
    const { encoding, longMessages, registeredDelivery, intermediateNotification, smeAcknowledgement } =
      this.#settings;
    if (TEXT_COMMANDS.has(command)) {
      if (encoding !== FROM_MESSAGE) message.encoding = encoding;
      if (longMessages !== FROM_MESSAGE) message.long_messages = longMessages;
    }
    if (!RECEIPT_COMMANDS.has(command)) return;
    if (registeredDelivery !== FROM_MESSAGE) message.registered_delivery = registeredDelivery;
    if (intermediateNotification) message.intermediate_notification = true;
    if (smeAcknowledgement !== 'none') message.sme_acknowledgement = smeAcknowledgement;
  }
}

interface Context {
  /** What msg.smpp contributes to a message. */
  readonly fields: Fields;
  /** The number that the message came in on which this one replies to. */
  readonly sentTo?: unknown;
}

/** What an smpp-in or smpp-out left in msg.smpp describes another message; what the user put there is meant. */
function contextOf(smpp: unknown): Context {
  if (!isFields(smpp)) return { fields: {} };
  if (!has(smpp.event)) return { fields: smpp };
  const { correlation_id, metadata } = smpp;
  const fields = {
    ...(correlation_id === undefined ? {} : { correlation_id }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  return smpp.event === 'message' ? { fields, sentTo: smpp.destination_addr } : { fields };
}

function commandOf(choice: CommandChoice, payload: Fields, fields: Fields): string {
  // The second is what naz calls it.
  const asked = payload.command ?? payload.smpp_command ?? fields.command;
  if (choice === FROM_MESSAGE && has(asked)) return typeof asked === 'string' ? asked : inspect(asked);
  if (choice === FROM_MESSAGE) return 'submit_sm';
  if (!has(asked) || asked === choice) return choice;
  throw new MessageError(
    'COMMAND_MISMATCH',
    'command',
    `command: the message asks for ${inspect(asked)}, but this node sends ${choice}; ` +
      `leave it out of the message, or set the node's Command to "${FROM_MESSAGE}"`,
  );
}

/** Text as text, also where the flow has a number; everything else is the engine's to judge. */
function plain(value: unknown): unknown {
  return typeof value === 'bigint' || Number.isSafeInteger(value) ? String(value) : value;
}

const recipient = (value: unknown): unknown => (Array.isArray(value) ? value.map(plain) : plain(value));

const has = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** An object with named fields: no list, no octets, no date. */
function isFields(value: unknown): value is Fields {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof Date)
  );
}

const isStructured = (value: unknown): boolean => Array.isArray(value) || isFields(value);
