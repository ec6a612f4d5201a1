import { Readable } from 'node:stream';
import { usageError } from '../errors';
import { parseCsv } from '../libraries';
import type { Row } from './row';

/** Longer than any message: what is longer is a quote that is not closed. */
const LONGEST_ROW = 100_000;

interface Parsed {
  readonly record: readonly string[];
  readonly raw: string;
  readonly info: { readonly lines: number; readonly bytes: number };
}

/**
 * Rows of CSV by the names of their head: quoted as RFC 4180 says, between commas, semicolons or tabs. `wanted`: columns that must
 * be there.
 */
export async function* csvRows(
  text: AsyncIterable<string>,
  delimiter?: string,
  wanted: readonly string[] = [],
): AsyncGenerator<Row> {
  const peeked = await headOf(text);
  const between = delimiter ?? delimiterOf(peeked.head);
  const faults: Row[] = [];
  /** Where the last row ended that could be read. */
  let lastLine = 0;
  const parser = parseCsv({
    record_delimiter: '\n',
    delimiter: between,
    relax_column_count: true,
    // Told below, where the rest can go on: the parser would lose the place.
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: LONGEST_ROW,
    raw: true,
    info: true,
    on_record: (record: string[], { lines }) => {
      lastLine = lines;
      return record;
    },
    on_skip: (error, raw = '') => {
      const { bytes = 0 } = (error ?? {}) as { bytes?: number };
      const empty = raw.length - raw.replace(/^\n+/, '').length;
      faults.push({ number: 0, line: lastLine + empty + 1, offset: bytes, problem: NOT_CLOSED });
      return undefined;
    },
  });
  const input = Readable.from(peeked.rest);
  input.on('error', (error) => parser.destroy(error));
  input.pipe(parser);
  const reader = new RecordReader(between, wanted);
  try {
    for await (const parsed of parser as AsyncIterable<Parsed>) {
      const row = reader.read(parsed);
      // What follows a quote that is not closed is read the wrong way round.
      const [fault] = faults;
      if (fault && fault.line < (row?.line ?? 0)) break;
      if (row) yield row;
    }
    const [fault] = faults;
    if (fault) yield { ...fault, number: reader.count + 1 };
    reader.checkHead();
  } finally {
    input.unpipe(parser);
    input.destroy();
    parser.destroy();
  }
}

const NOT_CLOSED = 'a quote that is opened here is not closed; what follows cannot be read';

class RecordReader {
  count = 0;
  readonly #wellFormed: RegExp;
  readonly #wanted: readonly string[];
  #head: readonly string[] | undefined;

  constructor(delimiter: string, wanted: readonly string[]) {
    this.#wanted = wanted;
    const between = delimiter === '\t' ? '\\t' : `\\u{${delimiter.codePointAt(0)?.toString(16) ?? ''}}`;
    const field = `(?:"(?:[^"]|"")*"|[^"${between}\\n]*)`;
    this.#wellFormed = new RegExp(`^${field}(?:${between}${field})*$`, 'u');
  }

  /** Undefined: it was the head. */
  read({ record, raw, info }: Parsed): Row | undefined {
    const written = raw.replace(/^\n+|\n$/g, '');
    const line = info.lines - breaksIn(written);
    const isWell = !written.includes('"') || this.#wellFormed.test(written);
    if (!this.#head) {
      if (!isWell) throw usageError(`line ${line}: the head has a quote where none may be`);
      this.#head = headNames(record, line);
      checkWanted(this.#wanted, this.#head);
      return undefined;
    }
    const at = { number: ++this.count, line, offset: info.bytes };
    if (!isWell)
      return {
        ...at,
        problem: 'a quote stands where none may be; a text with quotes is written "like ""this"""',
      };
    const head = this.#head;
    if (record.length !== head.length) {
      const problem = `${columns(record.length)}, where the head has ${head.length}; a text with the separator in it is put in quotes`;
      return { ...at, problem };
    }
    return { ...at, fields: Object.fromEntries(head.map((name, index) => [name, record[index]])) };
  }

  checkHead(): void {
    if (!this.#head) throw usageError('the file is empty: the first line names the columns');
  }
}

const columns = (count: number): string => (count === 1 ? 'it has 1 column' : `it has ${count} columns`);

function headNames(record: readonly string[], line: number): readonly string[] {
  const names = record.map((name) => name.trim());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw usageError(`line ${line}: the column ${JSON.stringify(twice)} is there twice`);
  return names;
}

function checkWanted(wanted: readonly string[], names: readonly string[]): void {
  const missing = wanted.find((name) => !names.includes(name));
  if (missing === undefined) return;
  throw usageError(`--map ${missing}=…: the file has no column ${JSON.stringify(missing)}`, [
    `its columns are ${names.map((name) => JSON.stringify(name)).join(', ')}`,
  ]);
}

const breaksIn = (text: string): number => text.split('\n').length - 1;

/** The first line, and all of the text, that line included. */
async function headOf(text: AsyncIterable<string>): Promise<{ head: string; rest: AsyncIterable<string> }> {
  const source = text[Symbol.asyncIterator]();
  let begin = '';
  while (!begin.trimStart().includes('\n') && begin.length < LONGEST_ROW) {
    const next = await source.next();
    if (next.done) break;
    begin += next.value;
  }
  const rest = async function* (): AsyncGenerator<string> {
    try {
      if (begin !== '') yield begin;
      for (let next = await source.next(); !next.done; next = await source.next())
        if (next.value !== '') yield next.value;
    } finally {
      await source.return?.(undefined);
    }
  };
  return { head: begin.trimStart().split('\n')[0] ?? '', rest: rest() };
}

/** Spreadsheets write semicolons where the comma is that of decimals. */
function delimiterOf(head: string): string {
  const plain = head.replace(/"[^"]*"/g, '');
  const counted = [',', ';', '\t'].map((one) => [one, plain.split(one).length] as const);
  return counted.reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}
