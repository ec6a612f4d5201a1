import type { NodeMessage } from 'node-red';
import { EXPORT_FORMATS, MessageError, type Recorder, type ExportFormat } from '../src/index';
import type { Connection } from './connection';
import { blank, isFields, shown, type Fields } from './values';

/** What the action has to say; one with a `payload` is sent on. */
interface Recorded {
  readonly smpp: Fields;
  readonly payload?: unknown;
}

const VERBS = ['start', 'stop', 'clear', 'status', 'export'] as const;
type Verb = (typeof VERBS)[number];
/** KiB of a ring. */
const LARGEST = 65_536;
const NAMES: ReadonlySet<string> = new Set(['action', 'id', 'size', 'format', 'last', 'numbers', 'texts']);

/**
 * `msg.action` `record`: switches the recorder of the connection, or sends what it has. `msg.payload` is one of
 * {@link VERBS}, or an object with it as `action`.
 */
export async function record({ client }: Connection, { payload }: NodeMessage): Promise<Recorded> {
  const fields: Fields = isFields(payload) ? payload : { action: payload };
  const verb = verbOf(fields.action);
  const strange = Object.keys(fields).find((name) => !NAMES.has(name));
  if (strange !== undefined) throw invalid(strange, fields[strange], `give ${[...NAMES].join(', ')}`);
  const { recorder } = client;
  const id = textOf(fields, 'id');
  if (verb === 'export') return exported(recorder, fields, id);
  if (verb === 'start') recorder.start({ id, size: numberOf(fields, 'size', LARGEST) });
  else if (verb === 'stop') recorder.stop({ id });
  else if (verb === 'clear') recorder.clear();
  const { oldest, ...status } = recorder.status();
  const told = { ...status, ...(oldest !== undefined && { oldest: new Date(oldest).toISOString() }) };
  return { smpp: { event: 'recorder', action: verb, ...told }, ...(verb === 'status' && { payload: told }) };
}

async function exported(recorder: Recorder, fields: Fields, id: string | undefined): Promise<Recorded> {
  const { content, ...facts } = await recorder.export({
    id,
    format: formatOf(fields.format),
    last: numberOf(fields, 'last'),
    numbers: flagOf(fields, 'numbers'),
    texts: flagOf(fields, 'texts'),
  });
  return {
    payload: content,
    smpp: { event: 'recorder', action: 'export', ...facts, ...(id !== undefined && { id }) },
  };
}

const invalid = (field: string, value: unknown, remedy: string): MessageError =>
  new MessageError('INVALID_FIELD', field, `msg.payload.${field} (${shown(value)}): ${remedy}`);

function verbOf(given: unknown): Verb {
  const verb = VERBS.find((one) => one === given);
  if (verb) return verb;
  const remedy = `give one of ${VERBS.join(', ')}, by itself or as action of an object such as {"action": "export", "format": "pcap"}`;
  throw new MessageError('INVALID_FIELD', 'payload', `msg.payload (${shown(given)}): ${remedy}`);
}

function formatOf(given: unknown): ExportFormat | undefined {
  if (blank(given)) return undefined;
  const format = EXPORT_FORMATS.find((one) => one === given);
  if (format) return format;
  throw invalid('format', given, `give one of ${EXPORT_FORMATS.join(', ')}`);
}

function textOf(fields: Fields, name: string): string | undefined {
  const given = fields[name];
  if (blank(given)) return undefined;
  if (typeof given === 'string') return given;
  throw invalid(name, given, 'give a text, as msg.smpp.id has it');
}

function numberOf(fields: Fields, name: string, most = Infinity): number | undefined {
  const given = fields[name];
  if (blank(given)) return undefined;
  const number = typeof given === 'string' ? Number(given) : given;
  if (typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= most) return number;
  const range = most === Infinity ? 'on' : `to ${most}`;
  throw invalid(name, given, `give a whole number from 1 ${range}`);
}

function flagOf(fields: Fields, name: string): boolean | undefined {
  const given = fields[name];
  if (blank(given)) return undefined;
  if (typeof given === 'boolean') return given;
  if (given === 'true' || given === 'false') return given === 'true';
  throw invalid(name, given, 'give true or false');
}
