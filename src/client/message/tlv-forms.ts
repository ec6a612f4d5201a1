import {
  encodeBroadcastArea,
  encodeContentType,
  encodeFrequencyInterval,
  type TlvDefinition,
} from '../../protocol';
import { formatSmppTime } from '../../text';
import { invalidField, show } from '../config/errors';
import { octetsOf } from './plain-values';

type Read = (given: unknown) => unknown;

/** A number, or one of the words, each at the place of its number. */
function words(name: string, ...known: readonly string[]): Read {
  return (given) => {
    const at = typeof given === 'string' ? known.indexOf(given.toLowerCase()) : -1;
    if (at >= 0) return at;
    if (typeof given !== 'string') return given;
    if (/^\d+$/.test(given)) return Number(given);
    throw invalidField(name, `${name} ${show(given)}: give ${known.join(', ')}, or a number`);
  };
}

/** Octets that were written as a text, which no word begins like. */
const RAW = /^[\0-\x1f][\0-\xff]*$/;

/** Octets in any of their forms, or what `encode` makes of it. */
function octets(encode: (given: never) => Buffer): Read {
  return (given) => {
    if (typeof given === 'string' && RAW.test(given)) return Buffer.from(given, 'latin1');
    const value = octetsOf(given);
    // An area that was read and not understood.
    const { octets: inside } = Object(value) as { octets?: unknown };
    return encode((inside === undefined ? value : octetsOf(inside)) as never);
  };
}

function time(given: unknown): string {
  try {
    return formatSmppTime(given as Date | string | number);
  } catch (error) {
    throw invalidField('broadcast_end_time', `broadcast_end_time: ${(error as Error).message}`, error);
  }
}

/** TLVs that a message may have in other words than octets and numbers: their names, and what reads them. */
const FORMS = new Map<string, Read>([
  ['broadcast_area_identifier', octets(encodeBroadcastArea)],
  ['broadcast_content_type', octets(encodeContentType)],
  ['broadcast_frequency_interval', octets(encodeFrequencyInterval)],
  ['broadcast_message_class', words('broadcast_message_class', 'none', 'class_1', 'class_2', 'class_3')],
  ['broadcast_channel_indicator', words('broadcast_channel_indicator', 'basic', 'extended')],
  ['broadcast_end_time', time],
]);

/** Whether a TLV may be given in other words; then {@link readTlvForm} reads it. */
export const hasForm = ({ name }: TlvDefinition): boolean => FORMS.has(name);

/** The value as the codec takes it; of a list each one. Throws `PduError` or `MessageError` with what may be given. */
export function readTlvForm({ name }: TlvDefinition, given: unknown): unknown {
  if (given === null || given === false) return undefined;
  const read = FORMS.get(name);
  if (!read) return given;
  return Array.isArray(given) ? given.map(read) : read(given);
}
