import { given, refused, wholeNumber } from './values';

/** How long it is from one broadcast of a message to the next (SMPP 5.0 section 4.8.4.11). */
export interface BroadcastFrequencyInterval {
  /** as_frequently_as_possible, seconds, minutes, hours, days, weeks, months, years; a number that is none of them stays one. */
  unit: string | number;
  /** How many of them, 0 to 65535; of no meaning where it is as frequently as possible. */
  value: number;
}

const AS_FREQUENTLY = 'as_frequently_as_possible';
const UNITS = new Map<string, number>([
  [AS_FREQUENTLY, 0x00],
  ['seconds', 0x08],
  ['minutes', 0x09],
  ['hours', 0x0a],
  ['days', 0x0b],
  ['weeks', 0x0c],
  ['months', 0x0d],
  ['years', 0x0e],
]);
const NAMES = new Map([...UNITS].map(([name, code]) => [code, name]));
const FIELD = 'broadcast_frequency_interval';
const MOST = 0xffff;

/**
 * Three octets: the unit, and how many. `"10 minutes"`, `"every 10 minutes"` and `{unit: "minutes", value: 10}` are the
 * same; octets are taken as they are.
 *
 * @throws {PduError} `INVALID_TLV` with what is wrong and what may be given.
 */
export function encodeFrequencyInterval(
  interval: Partial<BroadcastFrequencyInterval> | string | Uint8Array,
): Buffer {
  if (interval instanceof Uint8Array) return Buffer.from(interval);
  const { unit, value } = typeof interval === 'string' ? written(interval) : readable(interval);
  const code = unitCode(unit);
  const count = wholeNumber(code === 0 ? (value ?? 0) : value, 0, MOST);
  if (code === undefined || count === undefined) {
    const forms = `give a text such as "10 minutes", or {unit, value} with unit ${[...UNITS.keys()].join(', ')} and value up to ${MOST}`;
    throw refused(FIELD, `cannot be read: ${given(interval)}; ${forms}`, 'ESME_RINVBCASTFREQINT');
  }
  return Buffer.of(code, count >> 8, count & 0xff);
}

/** Undefined where it is not three octets. */
export function decodeFrequencyInterval(octets: Buffer): BroadcastFrequencyInterval | undefined {
  if (octets.length !== 3) return undefined;
  const code = octets.readUInt8(0);
  return { unit: NAMES.get(code) ?? code, value: octets.readUInt16BE(1) };
}

type Given = Readonly<{ unit?: unknown; value?: unknown }>;

function readable(interval: unknown): Given {
  return Object(interval) as Given;
}

function written(text: string): Given {
  const [, value, unit] = /^\s*(?:every\s+)?(\d+)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  if (value !== undefined) return { unit, value };
  return { unit: text.trim().replaceAll(/[\s-]+/g, '_') };
}

function unitCode(unit: unknown): number | undefined {
  if (typeof unit !== 'string') return wholeNumber(unit, 0, 0xff);
  const name = unit.toLowerCase();
  return UNITS.get(name) ?? UNITS.get(`${name}s`) ?? wholeNumber(unit, 0, 0xff);
}
