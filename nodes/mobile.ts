import type { NodeMessage } from 'node-red';
import { MessageError } from '../src/index';
import type { MobileMessage, SubmitEvent, UssdOptions } from '../src/simulator';
import { isFields, type Fields } from './values';

/** A number that belongs to nobody: Ofcom keeps these for films. */
export const SOME_PHONE = '447700900123';

/**
 * What a phone sends, from a message of the flow: the payload's fields before those of msg.smpp; msg.topic is
 * the recipient. A submit that came out of the simulator, with another payload, is answered by the phone it was for.
 */
export function mobileMessage({ payload, topic, smpp }: NodeMessage): MobileMessage {
  const given = fieldsOf(smpp);
  const replied = given.event === 'submit' ? given : undefined;
  const fields = { ...(given.event === undefined ? given : {}), ...fieldsOf(payload) };
  const text = textOf(payload, fields);
  const { short_message: _text, text: _other, session: _session, ussd_dialect: _dialect, ...others } = fields;
  return {
    ...others,
    ...text,
    source_addr: addressOf('source_addr', fields.source_addr ?? replied?.destination_addr ?? SOME_PHONE),
    destination_addr: addressOf(
      'destination_addr',
      fields.destination_addr ?? replied?.source_addr ?? topic ?? '',
    ),
  };
}

/** What a phone does in a USSD dialogue. */
export interface PhoneAct {
  readonly act: 'new' | 'continue' | 'abort';
  readonly number: string;
  /** A code, or an answer. */
  readonly text: string;
  readonly options: UssdOptions;
}

const ACTS = ['new', 'continue', 'abort'] as const satisfies readonly PhoneAct['act'][];

/** Undefined: the message is none of USSD. A screen that came out of the simulator, with another payload, is answered. */
export function phoneAct(msg: NodeMessage): PhoneAct | undefined {
  const given = fieldsOf((msg as { smpp?: unknown }).smpp);
  const isScreen = given.event === 'submit';
  if (given.session === undefined) return undefined;
  const act = ACTS.find((one) => one === given.session);
  if (!act)
    throw new MessageError(
      'INVALID_FIELD',
      'session',
      `session (${JSON.stringify(given.session)}): give ${ACTS.join(', ')}`,
    );
  const {
    source_addr: number,
    destination_addr: service,
    text,
  } = mobileMessage({ ...msg, payload: msg.payload ?? '' });
  const { ussd_dialect: dialect } = given;
  return {
    act,
    number,
    text: text ?? '',
    options: {
      ...(service === '' || isScreen ? {} : { destination_addr: service }),
      ...(typeof dialect === 'string' || isFields(dialect) ? { dialect: dialect } : {}),
    },
  };
}

function textOf(payload: unknown, fields: Fields): { text: string } | { short_message: Buffer } | object {
  const named = fields.text ?? fields.short_message;
  const text = named ?? (isFields(payload) ? undefined : payload);
  if (Buffer.isBuffer(text)) return { short_message: text };
  if (typeof text === 'string') return { text };
  if (['number', 'bigint', 'boolean'].includes(typeof text)) return { text: String(text) };
  if (text === undefined && isFields(payload)) return {};
  const problem = 'msg.payload: give a text, a Buffer, or an object of deliver_sm fields';
  throw new MessageError('MISSING_TEXT', 'payload', problem);
}

function addressOf(field: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  throw new MessageError('INVALID_ADDRESS', field, `${field} (${typeof value}): give a number as a text`);
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** A submit that the simulator took, as a message of the flow. */
export function submitMessage(submit: SubmitEvent): NodeMessage {
  const { session: _session, text, octets, ussd, ...fields } = submit;
  return {
    // The parts of a long message have no text of their own; the last one has all of it.
    payload: text ?? octets,
    topic: typeof fields.destination_addr === 'string' ? fields.destination_addr : '',
    smpp: { event: 'submit', ...(ussd ? { session: ussd } : {}), ...fields },
  };
}
