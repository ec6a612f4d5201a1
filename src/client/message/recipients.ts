import { commandFacts, isQueued } from '../../protocol';
import { divideNumbers } from '../../text';
import { invalidField, show, type MessageError } from '../config/errors';
import type { Settings } from '../config/options';
import { TYPES, addressText, missing, resolve, type Fields } from './addressing';
import { isMulti } from './destinations';
import type { ParsedMessage } from './message';
import { fieldOf } from './message-options';

/** Destinations of one submit_multi, at most: SMPP 3.4 section 4.5.1, and 5.0 section 4.2.3.1. */
const MOST = 254;
const MOST_OF_50 = 255;
/** Octets of the name of a distribution list, without its NUL (SMPP 3.4 section 5.2.29). */
const LONGEST_NAME = 20;

const [TON, NPI] = TYPES.destination;
const PARTS: readonly string[] = ['dest_flag', TON, NPI, 'destination_addr', 'dl_name'];
const FORMS =
  'numbers, as a list or divided by commas, semicolons or line ends, and objects such as ' +
  '{"destination_addr": "447700900123"} and {"dl_name": "staff"}';

/** One destination as the PDU has it. */
type Destination =
  | {
      readonly dest_flag: 1;
      readonly dest_addr_ton: number;
      readonly dest_addr_npi: number;
      readonly destination_addr: string;
    }
  | { readonly dest_flag: 2; readonly dl_name: string };

/** Puts the recipients into the PDU, and returns them for people. */
export function putDestination(parsed: ParsedMessage, pdu: Fields, settings: Settings): string {
  const { command, destination } = parsed;
  if (isQueued(command) && !commandFacts(command).recipient) return '';
  if (isMulti(parsed)) return putDestinations(parsed, pdu, settings);
  if (destination === undefined || destination === '') {
    throw missing('the message has no recipient', 'give it as destination_addr');
  }
  const { addr, ton, npi } = resolve('destination', destination, parsed.fields, settings);
  pdu['destination_addr'] = addr;
  pdu['dest_addr_ton'] = ton;
  pdu['dest_addr_npi'] = npi;
  return addr;
}

/**
 * Puts the destinations of a submit_multi into its PDU, each once however often it was given, and returns them for
 * people. They are `dest_address`, else `destination_addr`: numbers, texts of several, objects, or a list of all of these.
 */
function putDestinations(parsed: ParsedMessage, pdu: Fields, settings: Settings): string {
  const own = listOf(parsed.fields['dest_address']);
  const given = own.length > 0 ? own : listOf(parsed.destination);
  const found = new Map<string, Destination>();
  given.forEach((one, at) => {
    for (const destination of read(one, at, parsed.fields, settings))
      found.set(keyOf(destination), destination);
  });
  const most = settings.interfaceVersion === '5.0' ? MOST_OF_50 : MOST;
  if (found.size === 0) throw missing(`submit_multi has no recipient; give 1 to ${most}: ${FORMS}`);
  if (found.size > most) {
    const text = `submit_multi has ${found.size} recipients, and ${most} at most go into one: send several messages`;
    throw invalidField(own.length > 0 ? 'dest_address' : 'destination_addr', text);
  }
  // They were said for all numbers; the PDU has them in each.
  delete pdu['dest_addr_ton'];
  delete pdu['dest_addr_npi'];
  const destinations = [...found.values()];
  pdu['dest_address'] = destinations;
  return destinations.map(nameOf).join(',');
}

const listOf = (given: unknown): unknown[] =>
  (Array.isArray(given) ? (given as unknown[]) : [given]).filter((one) => !isBlank(one));

const isBlank = (one: unknown): boolean =>
  one === undefined || one === null || (typeof one === 'string' && divideNumbers(one).length === 0);

function read(given: unknown, at: number, fields: Fields, settings: Settings): Destination[] {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return numbersOf(given, fields, settings);
  const item = given as Fields;
  const strange = Object.keys(item).find((name) => !PARTS.includes(name));
  if (strange !== undefined) throw wrong(at, `has "${strange}": it may have ${PARTS.join(', ')}`);
  const { dl_name: name, destination_addr: number, dest_flag: flag } = item;
  const isList = !isUnset(name);
  if (isList === !isUnset(number)) throw wrong(at, 'needs a destination_addr or a dl_name, one of the two');
  if (!isUnset(flag) && Number(flag) !== (isList ? 2 : 1))
    throw wrong(at, `has dest_flag ${show(flag)}: 1 goes with a destination_addr, 2 with a dl_name`);
  if (isList) return [{ dest_flag: 2, dl_name: listName(name, at) }];
  const own = { ...fields, ...octet(item, TON), ...octet(item, NPI) };
  return numbersOf(number, own, settings);
}

const isUnset = (value: unknown): boolean => value === undefined || value === null || value === '';

/** Absent where the object does not say it. */
const octet = (item: Fields, name: string): Fields =>
  isUnset(item[name]) ? {} : { [name]: fieldOf(name, item[name]) };

function numbersOf(given: unknown, fields: Fields, settings: Settings): Destination[] {
  const wanted = typeof given === 'string' ? divideNumbers(given) : [addressText(given, 'destination_addr')];
  return wanted.map((one) => {
    const { addr, ton, npi } = resolve('destination', one, fields, settings);
    return { dest_flag: 1, dest_addr_ton: ton, dest_addr_npi: npi, destination_addr: addr };
  });
}

function listName(given: unknown, at: number): string {
  const name = typeof given === 'number' ? String(given) : given;
  if (typeof name !== 'string') throw wrong(at, `has a dl_name that is no text (${typeof given})`);
  if (!/^[\x20-\x7e]*$/.test(name))
    throw wrong(at, `has the dl_name ${show(name)}: the field holds ASCII only`);
  if (name.length <= LONGEST_NAME) return name;
  throw wrong(
    at,
    `has the dl_name ${show(name)}: it has ${name.length} characters, the field holds ${LONGEST_NAME}`,
  );
}

const keyOf = (one: Destination): string =>
  one.dest_flag === 2
    ? `list ${one.dl_name}`
    : `${one.dest_addr_ton} ${one.dest_addr_npi} ${one.destination_addr}`;

/** A destination for people. */
export function nameOf(one: { readonly destination_addr?: string; readonly dl_name?: string }): string {
  return one.dl_name ?? one.destination_addr ?? '';
}

const wrong = (at: number, text: string): MessageError =>
  invalidField('dest_address', `dest_address: entry ${at + 1} ${text}`);
