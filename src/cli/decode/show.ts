import { isoTime } from '../../clock';
import {
  describeStatus,
  explanationTable,
  isResponse,
  printable,
  type ExplainedField,
  type Explanation,
} from '../../protocol';
import { nameOf } from '../pcap';
import type { Item } from './input';
import type { Paired } from './pairing';

/** All that is known of one PDU, for whoever prints it. */
export interface Shown {
  readonly item: Item;
  readonly explanation: Explanation;
  readonly paired: Paired | undefined;
}

export function milliseconds(latency: number): string {
  return `${latency.toFixed(latency < 10 ? 2 : latency < 100 ? 1 : 0)} ms`;
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
export function table(shown: Shown, sections: boolean): string {
  const { explanation } = shown;
  const defined = sections && explanation.section ? [`  ${explanation.section}`] : [];
  return [heading(shown), ...defined, explanationTable(explanation, { sections }), ''].join('\n');
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
