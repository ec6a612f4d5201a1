import { charactersOf } from './characters';
import { csvRows } from './csv';
import { jsonRows } from './jsonl';
import { columnsOf, messageOf, type Mapping } from './mapping';
import type { Row } from './row';

export const FORMATS = ['csv', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

export interface RowOptions {
  /** Default: as the text begins. */
  readonly format?: Format | undefined;
  /** Default UTF-8. */
  readonly encoding?: string | undefined;
  /** Of CSV; default: comma, semicolon or tab, whichever its head has most of. */
  readonly delimiter?: string | undefined;
  readonly mapping: Mapping;
  /** What each message has, where its row does not say otherwise. */
  readonly fixed: Readonly<Record<string, unknown>>;
}

/** By the end of the file's name; undefined: it does not say. */
export function formatOf(name: string): Format | undefined {
  if (/\.(csv|tsv|txt)$/i.test(name)) return 'csv';
  return /\.(jsonl|ndjson|json)$/i.test(name) ? 'jsonl' : undefined;
}

/** The rows of a file, their fields those of a message. Throws a CommandError where it cannot be read further. */
export async function* readRows(
  chunks: AsyncIterable<Uint8Array | string>,
  { format, encoding, delimiter, mapping, fixed }: RowOptions,
): AsyncGenerator<Row> {
  const text = charactersOf(chunks, encoding);
  const { known, rest } = format ? { known: format, rest: text } : await sniffed(text);
  const rows = known === 'csv' ? csvRows(rest, delimiter, columnsOf(mapping)) : jsonRows(rest);
  for await (const row of rows) yield row.fields ? mapped(row, row.fields, mapping, fixed) : row;
}

function mapped(
  row: Row,
  fields: NonNullable<Row['fields']>,
  mapping: Mapping,
  fixed: RowOptions['fixed'],
): Row {
  try {
    return { ...row, fields: messageOf(fields, mapping, fixed) };
  } catch (error) {
    const { number, line, offset } = row;
    return { number, line, offset, problem: (error as Error).message };
  }
}

/** JSON lines begin with a brace. */
async function sniffed(
  text: AsyncGenerator<string>,
): Promise<{ known: Format; rest: AsyncIterable<string> }> {
  let begin = '';
  while (begin.trim() === '') {
    const next = await text.next();
    if (next.done) break;
    begin += next.value;
  }
  const rest = async function* (): AsyncGenerator<string> {
    yield begin;
    yield* text;
  };
  return { known: begin.trimStart().startsWith('{') ? 'jsonl' : 'csv', rest: rest() };
}
