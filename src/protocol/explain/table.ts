import type { ExplainedField, Explanation } from './types';

/** How {@link explanationTable} shows a PDU. */
export interface TableOptions {
  /** With a column that says where the specifications define each field; default false. */
  readonly sections?: boolean | undefined;
}

/** Octets in one line. */
const PER_LINE = 8;
const COLUMNS = { offset: 7, octets: PER_LINE * 3 + 1 };
/** Characters of a text that are shown in one line; a longer one goes on in the next. */
const WIDE = 100;
const WIDEST_VALUE = 30;

/** Characters that a terminal would obey are written as escapes. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (sign) => {
    return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/**
 * An explanation for a terminal, a line or more for each field: offset, octets, name, value, meaning, and where wanted
 * the section; flaws stand below their field, the fault at the end. Ends without a line end. Nothing in it is obeyed by a terminal.
 */
export function explanationTable(
  { fields, fault }: Explanation,
  { sections = false }: TableOptions = {},
): string {
  const rows = fields.flatMap((field) => rowsOf(field, 0));
  const widths = {
    name: Math.max(...rows.map(({ name }) => name.length), 5),
    value: Math.min(WIDEST_VALUE, Math.max(...rows.map(({ value }) => value.length), 5)),
    section: sections ? Math.max(...rows.map(({ section }) => section.length)) : 0,
  };
  const lines = rows.flatMap((row) => linesOf(row, widths));
  if (fault) lines.push(`  FAULT at octet ${fault.offset}: ${fault.code}: ${printable(fault.message)}`);
  return lines.join('\n');
}

interface Row {
  readonly offset: string;
  readonly octets: readonly string[];
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
  readonly section: string;
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
    section: field.section ?? '',
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
function valueText({ name, value, kind }: ExplainedField): string {
  if (typeof value === 'string') return printable(JSON.stringify(value));
  if (typeof value !== 'number') return '';
  return kind === 'header' && name.startsWith('command_') && name !== 'command_length'
    ? `0x${value.toString(16).padStart(8, '0')}`
    : String(value);
}

interface Widths {
  readonly name: number;
  readonly value: number;
  /** 0: no such column. */
  readonly section: number;
}

function linesOf({ offset, octets, name, value, meaning, section, flaws }: Row, widths: Widths): string[] {
  const pieces = wrapped(meaning);
  const lines = Array.from({ length: Math.max(1, octets.length, pieces.length) }, (_, at) => {
    const first = at === 0;
    const columns = [
      (first ? offset : '').padStart(COLUMNS.offset),
      (octets[at] ?? '').padEnd(COLUMNS.octets),
      (first ? name : '').padEnd(widths.name),
      (first ? value : '').padEnd(widths.value),
      ...(widths.section > 0 ? [(first ? section : '').padEnd(widths.section)] : []),
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
