import type { NodeMessage } from 'node-red';
import { MessageError, SmppError } from '../src/index';
import type { OutbindOptions, PhoneAlert, Smsc } from '../src/simulator';
import { SOME_PHONE, mobileMessage, phoneAct, type PhoneAct } from './mobile';
import { blank, isFields, shown, type Fields } from './values';

/** Does what a message of the flow says: delivers a message, tells of a phone, or calls a client; resolves when that is done. */
export async function takeInput(smsc: Smsc, msg: NodeMessage): Promise<void> {
  if (!blank(msg.action)) return act(smsc, msg);
  if (commandOf(msg) === 'alert_notification') return smsc.alert(alertOf(msg));
  const phone = phoneAct(msg);
  if (phone) return dial(smsc, phone);
  for (const { command_status: status } of await smsc.deliver(mobileMessage(msg))) {
    if (status === 0) continue;
    const text = `the client did not take the message: it answered command_status 0x${status.toString(16).padStart(8, '0')}`;
    throw new SmppError('REFUSED', text);
  }
}

/** Resolves when the phone shows the screen that follows, or the client has taken that it hung up. */
async function dial(smsc: Smsc, { act: what, number, text, options }: PhoneAct): Promise<void> {
  if (what === 'new') await smsc.ussd(number, text, options);
  else if (what === 'continue') await smsc.answerUssd(number, text);
  else await smsc.hangUpUssd(number);
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

const commandOf = ({ payload, smpp }: NodeMessage): unknown =>
  fieldsOf(payload).command ?? fieldsOf(smpp).command;

async function act(smsc: Smsc, { action, payload }: NodeMessage): Promise<void> {
  if (action !== 'outbind') {
    const text = `msg.action (${shown(action)}): give outbind; a message from a phone has no msg.action`;
    throw new MessageError('UNKNOWN_ACTION', 'action', text);
  }
  await smsc.outbind(outbindOf(payload));
}

const OUTBIND: Readonly<Record<keyof Omit<OutbindOptions, 'tls' | 'signal'>, 'string' | 'number'>> = {
  host: 'string',
  port: 'number',
  system_id: 'string',
  password: 'string',
};

function outbindOf(payload: unknown): OutbindOptions {
  if (!isFields(payload)) {
    const text =
      'msg.payload: give {host, port, system_id, password}, the client that listens and who calls it';
    throw new MessageError('INVALID_FIELD', 'payload', text);
  }
  const given: Fields = { host: '127.0.0.1', ...payload };
  checkFields(given, Object.keys(OUTBIND));
  for (const [field, type] of Object.entries(OUTBIND)) {
    const value = given[field];
    const isRight = value === undefined ? field !== 'port' : typeof value === type;
    if (!isRight) throw new MessageError('INVALID_FIELD', field, `${field}: give a ${type} in msg.payload`);
  }
  const port = given.port as number;
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new MessageError('INVALID_FIELD', 'port', `port (${port}): give a whole number from 1 to 65535`);
  return given as unknown as OutbindOptions;
}

const ALERT: readonly string[] = [
  ...['source_addr', 'source_addr_ton', 'source_addr_npi', 'esme_addr', 'esme_addr_ton', 'esme_addr_npi'],
  'ms_availability_status',
];

/**
 * What is said of a phone: the payload's fields before those of msg.smpp. With what a submit of the simulator's had in
 * msg.smpp, it is the phone that this was for, and its sender is told.
 */
function alertOf({ payload, smpp }: NodeMessage): PhoneAlert {
  const given = fieldsOf(smpp);
  const isSubmit = given.event === 'submit';
  const submit: Fields = { source_addr: given.destination_addr, esme_addr: given.source_addr };
  const of: Fields = isSubmit ? submit : given.event === undefined ? given : {};
  const { command: _command, ...fields } = { source_addr: SOME_PHONE, ...of, ...fieldsOf(payload) } as Fields;
  checkFields(fields, ALERT);
  for (const field of ['source_addr', 'esme_addr'])
    if (fields[field] !== undefined && typeof fields[field] !== 'string')
      throw new MessageError(
        'INVALID_ADDRESS',
        field,
        `${field} (${typeof fields[field]}): give a number as a text`,
      );
  return fields as unknown as PhoneAlert;
}

function checkFields(given: Fields, known: readonly string[]): void {
  const strange = Object.keys(given).find((field) => !known.includes(field));
  if (strange === undefined) return;
  throw new MessageError(
    'INVALID_FIELD',
    strange,
    `there is no field ${strange} here; there are ${known.join(', ')}`,
  );
}
