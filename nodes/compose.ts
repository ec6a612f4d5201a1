import { inspect } from 'node:util';
import {
  DIRECT,
  ENCODING_NAMES,
  MessageError,
  QUEUED,
  askedCommand,
  commandFacts,
  nazItem,
  type CommandFacts,
  type DirectCommand,
  type EncodingName,
  type Message,
  type QueuedCommand,
  type Settings,
} from '../src/index';
import { formInputsOf, type FormInputName } from './forms';
import { blank, isFields, type Fields } from './values';

type SentCommand = QueuedCommand | DirectCommand;

const isCurrent = (command: SentCommand): boolean => !commandFacts(command).obsolete;
/** What a node can be set to send. Queries of SMPP 3.3 alone go by `from message`. */
export const COMMANDS: readonly SentCommand[] = [...QUEUED, ...DIRECT].filter(isCurrent);
export const FROM_MESSAGE = 'from message';
export const ENCODINGS: readonly EncodingChoice[] = [FROM_MESSAGE, 'auto', ...ENCODING_NAMES];
type EncodingChoice = EncodingName | 'auto' | typeof FROM_MESSAGE;
export const LONG_MESSAGES = [
  ...[FROM_MESSAGE, 'auto', 'udh8', 'udh16'],
  ...['sar', 'payload', 'payload-always', 'reject'],
] as const satisfies readonly string[];
export const RECEIPTS = [FROM_MESSAGE, 'final', 'none', 'failure', 'success'] as const;
export const ACKNOWLEDGEMENTS = ['none', 'delivery', 'manual', 'both'] as const;

export type CommandChoice = SentCommand | typeof FROM_MESSAGE;

/** The properties of an smpp-out node that say what a message is. */
export interface OutSettings {
  readonly command: CommandChoice;
  readonly encoding: EncodingChoice;
  readonly longMessages: (typeof LONG_MESSAGES)[number];
  readonly registeredDelivery: (typeof RECEIPTS)[number];
  readonly intermediateNotification: boolean;
  readonly smeAcknowledgement: (typeof ACKNOWLEDGEMENTS)[number];
}

/** The value of a typed input that the user set to something else than its default. */
export interface Given {
  readonly value: unknown;
  /** Where it came from, for people: `msg.order.phone`. */
  readonly place?: string;
}

/** Those that are absent: msg.payload, no source, msg.topic. */
export type TypedInputs = {
  readonly [input in 'message' | 'source' | 'destination' | FormInputName]?: Given;
};

/** A message of the flow, as far as it says what to send. */
export interface FlowMessage {
  readonly _msgid?: string;
  readonly payload?: unknown;
  readonly topic?: unknown;
  readonly smpp?: unknown;
  /** W3C Trace Context. */
  readonly traceparent?: unknown;
  readonly tracestate?: unknown;
}

/** What the connection gives where a message has none, and whether a text may be a queue item of naz. */
type ConnectionSide = Partial<Pick<Settings, 'defaults' | 'payloadFormat'>>;

/** What the table says of a command that can be sent; undefined for any other. */
const factsOf = (command: string): CommandFacts | undefined =>
  commandFacts(command)?.route && commandFacts(command);

/**
 * What to send for one message of the flow. What the user set in the node (text, recipient, sender) is read from
 * there alone, also where it has no value: msg.payload and msg.topic may be another node's. Of everything else the
 * first of these that has a value counts, per field: the content where it is an object, msg.smpp, msg.topic; what
 * nobody says is the connection's to say (`defaults`). The content is msg.payload, or what the user set for it; of a
 * list there come as many messages, which are queued all together or not at all; an idempotency_key of msg.smpp is that
 * of the whole list, and each message has it with its place.
 *
 * @throws MessageError where the flow contradicts the node, or what the user set gives nothing.
 */
export function compose(
  msg: FlowMessage,
  settings: OutSettings,
  inputs: TypedInputs = {},
  connection: ConnectionSide = {},
): Message | Message[] {
  const content = inputs.message ? inputs.message.value : msg.payload;
  const composer = new Composer(msg, settings, inputs, connection);
  if (!Array.isArray(content)) return composer.compose(content, '');
  return content.map((entry, index) => composer.entry(entry, index));
}

const ALWAYS: ReadonlySet<string> = new Set(['message', 'source', 'destination']);

/** All that the messages of one batch have in common. */
class Composer {
  readonly #context: Context;
  /** None of the typed inputs that some commands alone have was set. */
  readonly #isPlain: boolean;

  constructor(
    readonly msg: FlowMessage,
    readonly settings: OutSettings,
    readonly inputs: TypedInputs,
    readonly connection: ConnectionSide,
  ) {
    this.#context = contextOf(msg.smpp);
    this.#isPlain = !Object.keys(inputs).some((name) => !ALWAYS.has(name));
  }

  /** Of a list: the message at this place. */
  entry(content: unknown, index: number): Message {
    try {
      return this.compose(content, `.${index}`);
    } catch (error) {
      if (error instanceof MessageError) error.index = index;
      throw error;
    }
  }

  compose(raw: unknown, suffix: string): Message {
    const isItem = this.connection.payloadFormat === 'naz' && typeof raw === 'string';
    const content = (isItem ? nazItem(raw) : undefined) ?? raw;
    const given = isFields(content) ? content : {};
    const { fields } = this.#context;
    const command = commandOf(this.settings.command, given, fields);
    const facts = factsOf(command);
    const isNamed =
      this.inputs.ownId ?? this.inputs.messageId ?? NAMES_OF_MESSAGE.some((name) => has(given[name]));
    const about = facts?.manages && !isNamed ? this.#context.about : {};
    // What a message was made of says nothing of what is to be asked about it.
    const payload = hasAnyOf(about) && !facts?.text ? {} : given;
    // Not the other way round: to what begins as a copy V8 adds each further property in microseconds.
    const message: Record<string, unknown> = { command, ...fields, ...about, ...payload };
    message.command = command;
    if (isFields(fields.tlvs) && isFields(payload.tlvs)) message.tlvs = { ...fields.tlvs, ...payload.tlvs };
    if (facts?.text) this.#setText(message, content);
    this.#setForm(message, command);
    this.#setDestination(message, command);
    this.#setSource(message);
    this.#setHandling(message, command);
    this.#setTrace(message, payload);
    if (suffix !== '') this.#setKey(message, payload, suffix);
    if (!has(message.correlation_id) && !has(message.log_id) && this.msg._msgid !== undefined) {
      message.correlation_id = this.msg._msgid + suffix;
    }
    return message;
  }

  #setText(message: Record<string, unknown>, content: unknown): void {
    for (const name of ['short_message', 'message_payload'])
      if (has(message[name])) message[name] = textOf(message[name]);
    if (isFields(content)) return;
    const chosen = this.inputs.message;
    const isMissing = content === undefined || content === null;
    if (chosen && isMissing) throw nothing('MISSING_TEXT', 'short_message', 'Message', chosen);
    if (chosen) {
      delete message.short_message;
      delete message.message_payload;
    }
    if (!isMissing && !has(message.short_message)) message.short_message = textOf(content);
  }

  #setDestination(message: Record<string, unknown>, command: string): void {
    const chosen = this.inputs.destination;
    if (chosen) {
      delete message.destination_addr;
      delete message.dest_address;
    }
    const facts = factsOf(command);
    // A message_id says all of what is to be cancelled, and a wrong number beside it spoils it.
    const known = facts?.manages && NAMES_OF_MESSAGE.some((name) => has(message[name]));
    const asked = facts?.recipient && !known;
    if (chosen && hasAny(chosen.value)) message.destination_addr = chosen.value;
    else if (chosen && asked) throw nothing('MISSING_DESTINATION', 'destination_addr', 'To', chosen);
    if (chosen || !asked || has(message.destination_addr) || has(message.dest_address)) return;
    if (has(this.msg.topic)) message.destination_addr = this.msg.topic;
  }

  /** A sender may be missing: then the connection has it, or the SMSC. */
  #setSource(message: Record<string, unknown>): void {
    const chosen = this.inputs.source;
    if (chosen) {
      delete message.source_addr;
      if (has(chosen.value)) message.source_addr = chosen.value;
      return;
    }
    if (has(message.source_addr) || has(this.connection.defaults?.source_addr)) return;
    if (has(this.#context.sentTo)) message.source_addr = this.#context.sentTo;
  }

  /** Of a list: one key for all would make them repeats of the first. */
  #setKey(message: Record<string, unknown>, payload: Fields, suffix: string): void {
    const { idempotency_key: key } = this.#context.fields;
    const isText = typeof key === 'string' || typeof key === 'number';
    if (isText && key !== '' && !has(payload.idempotency_key)) message.idempotency_key = `${key}${suffix}`;
  }

  /** What the user set for this command; what was set for another is kept for that one. */
  #setForm(message: Record<string, unknown>, command: string): void {
    if (this.#isPlain) return;
    for (const { name, field } of formInputsOf(command)) {
      const chosen = this.inputs[name];
      if (!chosen) continue;
      if (!hasAny(chosen.value)) throw nothing('INVALID_FIELD', field, field, chosen);
      if (field === 'id' || field === 'message_id') {
        delete message.id;
        delete message.message_id;
        delete message.message_ids;
      }
      message[field] = chosen.value;
    }
  }

  /** Both from one place: a tracestate belongs to its traceparent. */
  #setTrace(message: Record<string, unknown>, payload: Fields): void {
    const from = [payload, this.#context.fields, this.msg as Fields].find(({ traceparent }) =>
      has(traceparent),
    );
    if (!from) return;
    message.traceparent = from.traceparent;
    if (has(from.tracestate)) message.tracestate = from.tracestate;
    else delete message.tracestate;
  }

  #setHandling(message: Record<string, unknown>, command: string): void {
    const { encoding, longMessages, registeredDelivery, intermediateNotification, smeAcknowledgement } =
      this.settings;
    const facts = factsOf(command);
    if (facts?.text) {
      if (encoding !== FROM_MESSAGE) message.encoding = encoding;
      if (longMessages !== FROM_MESSAGE) message.long_messages = longMessages;
    }
    if (!facts?.receipt) return;
    if (registeredDelivery !== FROM_MESSAGE) message.registered_delivery = registeredDelivery;
    if (intermediateNotification) message.intermediate_notification = true;
    if (smeAcknowledgement !== 'none') message.sme_acknowledgement = smeAcknowledgement;
  }
}

interface Context {
  /** What msg.smpp contributes to a message. */
  readonly fields: Fields;
  /** Where it is an outcome or a receipt: the message that a query, cancel or replace is about. */
  readonly about: Fields;
  /** The number that the message came in on which this one replies to. */
  readonly sentTo?: unknown;
}

/** What an smpp-in or smpp-out left in msg.smpp describes another message; what the user put there is meant. */
function contextOf(smpp: unknown): Context {
  if (!has(smpp)) return { fields: {}, about: {} };
  if (!isFields(smpp)) {
    const text = 'msg.smpp must be an object of SMPP fields such as {"source_addr": "Shop"}, or not be there';
    throw new MessageError('INVALID_FIELD', 'smpp', text);
  }
  if (!has(smpp.event)) return { fields: smpp, about: {} };
  const { event, correlation_id, metadata, traceparent, tracestate, destination_addr } = smpp;
  const dialogue = event === 'message' && has(smpp.session_id) ? dialogueOf(smpp) : undefined;
  const fields = {
    ...dialogue,
    ...(correlation_id === undefined ? {} : { correlation_id }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(traceparent === undefined ? {} : { traceparent, tracestate }),
  };
  // A dialogue has the number that it is answered from.
  return {
    fields,
    about: aboutOf(smpp),
    sentTo: event === 'message' && !dialogue ? destination_addr : undefined,
  };
}

/** A reply goes on with the USSD dialogue; what the flow put there in the place of the message's own word is meant. */
function dialogueOf({ session_id, session }: Fields): Fields {
  const isOwn = session === 'new' || session === 'continue' || !has(session);
  return isOwn ? { session_id } : { session_id, session };
}

/** By what a query, cancel or replace names its message. */
const NAMES_OF_MESSAGE = ['id', 'message_id', 'message_ids'];

/** Of a receipt its one segment is not the whole message, where that has several. */
function aboutOf({
  event,
  id,
  message_id,
  message_ids,
  segments,
  matched,
  destination_addr,
}: Fields): Fields {
  if (event === 'message' || event === 'request' || event === 'link') return {};
  if (Array.isArray(message_ids) && message_ids.length > 0)
    return { ...(has(id) ? { id } : {}), message_ids };
  const isWhole = !has(id) || segments === undefined || segments === 1;
  const known = { ...(has(id) ? { id } : {}), ...(has(message_id) && isWhole ? { message_id } : {}) };
  // A receipt goes to who sent the message.
  return event === 'receipt' && matched === false ? { ...known, source_addr: destination_addr } : known;
}

const hasAnyOf = (fields: Fields): boolean => Object.keys(fields).length > 0;

function commandOf(choice: CommandChoice, payload: Fields, fields: Fields): string {
  const asked = askedCommand(payload) ?? askedCommand(fields);
  if (choice === FROM_MESSAGE && has(asked)) return typeof asked === 'string' ? asked : inspect(asked);
  if (choice === FROM_MESSAGE) return 'submit_sm';
  if (!has(asked) || asked === choice) return choice;
  // No node sends it: that is what is wrong with it.
  if (typeof asked === 'string' && !factsOf(asked)) return asked;
  throw new MessageError(
    'COMMAND_MISMATCH',
    'command',
    `command: the message asks for ${inspect(asked)}, but this node sends ${choice}; ` +
      `leave it out of the message, or set the node's Command to "${FROM_MESSAGE}"`,
  );
}

/** What the user set gives nothing: then nothing else is taken in its place, which may be meant for somebody else. */
function nothing(code: string, field: string, input: string, { place }: Given): MessageError {
  const where = `${input} is set to ${place ?? 'a value'} in the node`;
  return new MessageError(code, field, `${where}, which gives nothing; nothing else is read as ${field}`);
}

/** A boolean as core nodes print it; everything else is the engine's to judge. */
const textOf = (value: unknown): unknown => (typeof value === 'boolean' ? String(value) : value);

const hasAny = (value: unknown): boolean => has(value) && !(Array.isArray(value) && value.length === 0);

const has = (value: unknown): boolean => !blank(value);
