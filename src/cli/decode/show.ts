import { describeStatus, isResponse, type ExplainedField, type Explanation } from '../../protocol';
import { nameOf } from '../pcap';
import type { Item } from './input';
import type { Paired } from './pairing';

/** Octets in one line of the table. */
const PER_LINE = 8;
const COLUMNS = { offset: 7, octets: PER_LINE * 3 + 1 };
/** Characters of a text that are shown in one line; a longer one goes on in the next. */
const WIDE = 100;

/** All that is known of one PDU, for whoever prints it. */
export interface Shown {
  readonly item: Item;
  readonly explanation: Explanation;
  readonly paired: Paired | undefined;
}

/** Milliseconds of the epoch with microseconds, as captures have them. */
export function isoTime(time: number): string {
  const micros = Math.round((time - Math.floor(time)) * 1000);
  const carried = micros === 1000 ? Math.floor(time) + 1 : Math.floor(time);
  return new Date(carried).toISOString().replace('Z', `${String(micros % 1000).padStart(3, '0')}Z`);
}

export function milliseconds(latency: number): string {
  return `${latency.toFixed(latency < 10 ? 2 : latency < 100 ? 1 : 0)} ms`;
}

/** Characters that a terminal would obey are written as escapes. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (sign) => {
    return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function heading({ item, explanation, paired }: Shown): string {
  const { command = 'not a PDU', header } = explanation;
  const octets = `${item.octets?.length ?? 0} octets`;
  const words = [command, ...(header ? [`sequence_number ${header.sequence_number}`] : []), octets];
  return `${words.join(', ')}${where(item)}${paired ? `  [${answers(paired)}]` : ''}`;
}

function where({ time, source, destination, connection, number }: Item): string {
  if (!source || !destination) return '';
  const at = time === undefined ? '' : ` ${isoTime(time)}`;
  return `  [#${number}${at}, connection ${connection ?? 1}, ${nameOf(source)} > ${nameOf(destination)}]`;
}

function answers({ request, latency }: Paired): string {
  return `answers #${request.number}${latency === undefined ? '' : ` after ${milliseconds(latency)}`}`;
}

/** Field by field, for people. */
export function table(shown: Shown): string {
  const { explanation } = shown;
  const rows = explanation.fields.flatMap((field) => rowsOf(field, 0));
  const names = Math.max(...rows.map(({ name }) => name.length), 5);
  const values = Math.min(30, Math.max(...rows.map(({ value }) => value.length), 5));
  const lines = rows.flatMap((row) => linesOf(row, names, values));
  const { fault } = explanation;
  const end = fault ? [`  FAULT at octet ${fault.offset}: ${fault.code}: ${printable(fault.message)}`] : [];
  return [heading(shown), ...lines, ...end, ''].join('\n');
}

interface Row {
  readonly offset: string;
  readonly octets: readonly string[];
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
  readonly flaws: readonly string[];
}

function rowsOf(field: ExplainedField, depth: number): Row[] {
  const parts = field.kind === 'tlv' ? valuePart(field)?.fields : field.fields;
  const row: Row = {
    offset: String(field.offset),
    octets: parts ? [] : hexLines(field.octets),
    name: `${'  '.repeat(depth)}${field.name}`,
    value: parts ? '' : valueText(field),
    meaning: printable(field.meaning ?? ''),
    flaws: field.flaws ?? [],
  };
  return [row, ...(parts ?? []).flatMap((part) => rowsOf(part, depth + 1))];
}

/** Tag and length of a TLV are said in its row. */
function valuePart({ fields }: ExplainedField): ExplainedField | undefined {
  return fields?.find(({ name }) => name === 'value');
}

function hexLines(octets: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; at < octets.length; at += PER_LINE) {
    lines.push(
      octets
        .subarray(at, at + PER_LINE)
        .toString('hex')
        .replace(/..(?=.)/g, '$& '),
    );
  }
  return lines;
}

/** Octets stand in their own column. */
export function valueText({ name, value, kind }: ExplainedField): string {
  if (typeof value === 'string') return printable(JSON.stringify(value));
  if (typeof value !== 'number') return '';
  return kind === 'header' && name.startsWith('command_') && name !== 'command_length'
    ? `0x${value.toString(16).padStart(8, '0')}`
    : String(value);
}

function linesOf(
  { offset, octets, name, value, meaning, flaws }: Row,
  names: number,
  values: number,
): string[] {
  const pieces = wrapped(meaning);
  const lines = Array.from({ length: Math.max(1, octets.length, pieces.length) }, (_, at) => {
    const first = at === 0;
    const columns = [
      (first ? offset : '').padStart(COLUMNS.offset),
      (octets[at] ?? '').padEnd(COLUMNS.octets),
      (first ? name : '').padEnd(names),
      (first ? value : '').padEnd(values),
      pieces[at] ?? '',
    ];
    return columns.join('  ').trimEnd();
  });
  return [...lines, ...flaws.map((flaw) => `${' '.repeat(COLUMNS.offset)}  ! ${printable(flaw)}`)];
}

function wrapped(text: string): string[] {
  if (text === '') return [];
  return text.match(new RegExp(`.{1,${WIDE}}`, 'gsu')) ?? [];
}

/** One line for a PDU. */
export function summaryLine({ item, explanation, paired }: Shown): string {
  const { command = 'not a PDU', header, fault } = explanation;
  const time = item.time === undefined ? '' : `${isoTime(item.time)}  `;
  const ends =
    item.source && item.destination ? `${nameOf(item.source)} > ${nameOf(item.destination)}  ` : '';
  const sequence = header ? `seq ${header.sequence_number}` : '';
  const words = [
    `#${item.number}`.padEnd(5),
    `${time}${ends}${command.padEnd(21)}`,
    sequence.padEnd(10),
    statusText(explanation),
  ];
  const tail = [
    ...brief(explanation),
    ...(paired ? [answers(paired)] : []),
    ...(fault ? [`${fault.code}: ${fault.message}`] : []),
  ];
  return printable(`${words.join(' ')} ${tail.join('  ')}`.trimEnd());
}

function statusText({ header }: Explanation): string {
  return header && isResponse(header.command_id) ? describeStatus(header.command_status).name : '';
}

/** Who, to whom, and which message. */
export function brief({ fields }: Explanation): string[] {
  const value = (name: string): string => {
    const found = fields.find((field) => field.name === name)?.value;
    return typeof found === 'string' ? found : '';
  };
  const [from, to, id, system] = [
    value('source_addr'),
    value('destination_addr'),
    value('message_id'),
    value('system_id'),
  ];
  const text = fields.find(({ name, meaning }) => MESSAGES.has(name) && meaning?.startsWith('"'))?.meaning;
  return [
    ...(from || to ? [`${from || '-'} → ${to || '-'}`] : []),
    ...(id ? [`id ${id}`] : []),
    ...(system ? [`system_id ${system}`] : []),
    ...(text ? [text.length > 60 ? `${text.slice(0, 60)}…` : text] : []),
  ];
}

const MESSAGES = new Set(['short_message', 'message_payload']);

/** The same for programs. `isBrief`: without the fields. */
export function toPlain({ item, explanation, paired }: Shown, isBrief: boolean): Record<string, unknown> {
  const { number, time, connection, source, destination, octets } = item;
  const { command, header, fields, flaws, fault } = explanation;
  return {
    number,
    ...(time !== undefined && { time: isoTime(time) }),
    ...(connection !== undefined && { connection }),
    ...(source && destination && { source: nameOf(source), destination: nameOf(destination) }),
    ...(command !== undefined && { command }),
    ...(header && {
      command_status: describeStatus(header.command_status).name,
      sequence_number: header.sequence_number,
    }),
    length: octets?.length ?? 0,
    ...(paired && {
      request: paired.request.number,
      ...(paired.latency !== undefined && { latency: paired.latency }),
    }),
    ...(isBrief ? messageFields(fields) : { fields }),
    ...(flaws.length > 0 && { flaws }),
    ...(fault && { fault }),
  };
}

function messageFields(fields: readonly ExplainedField[]): Record<string, unknown> {
  const texts = fields.filter(({ name, value, kind }) => kind === 'field' && BRIEF.has(name) && value !== '');
  return Object.fromEntries(texts.map(({ name, value }) => [name, value]));
}

const BRIEF = new Set(['source_addr', 'destination_addr', 'message_id', 'system_id']);
