import { createReadStream, fstatSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../command';
import { fileFault, usageError } from '../errors';
import { until } from './until';
import { formatOf, mappingOf, readRows, type Format, type Row } from '../rows';

/** The messages that the command line asks for. */
export interface Input {
  readonly rows: AsyncIterable<Row>;
  readonly isOne: boolean;
  /** Octets; undefined: not known. */
  readonly size: number | undefined;
}

/** Throws a CommandError where there are none, or no one knows which. */
export function inputOf(context: Context): Input {
  const { options, operands } = context;
  const { to, text, file } = options as { to?: string; text?: string; file?: string };
  if (operands.length > 0)
    throw usageError(`"${operands[0] ?? ''}": give the messages by --file, or one by --to and --text`);
  const fixed = fixedFields(options);
  if (file !== undefined) {
    if (to !== undefined)
      throw usageError('--to and --file: give one of them; the recipients are in the file');
    return fileInput(context, file, fixed);
  }
  if (options['resume'] !== undefined) throw usageError('--resume is for a file; give --file');
  if (to === undefined) throw usageError('there is nothing to send: give --to and --text, or --file');
  if (text === undefined && !('short_message' in fixed) && !('message_payload' in fixed))
    throw usageError('--text is missing');
  const row: Row = { number: 1, line: 1, offset: 0, fields: { ...fixed, destination_addr: to } };
  return { rows: one(row), isOne: true, size: undefined };
}

async function* one(row: Row): AsyncGenerator<Row> {
  yield row;
}

function fixedFields({ from, text, set }: Context['options']): Record<string, unknown> {
  return {
    ...Object.fromEntries((set as [string, unknown][] | undefined) ?? []),
    ...(from === undefined ? {} : { source_addr: from }),
    ...(text === undefined ? {} : { short_message: text }),
  };
}

function fileInput(
  { options, stdin, cwd, signal }: Context,
  file: string,
  fixed: Record<string, unknown>,
): Input {
  const format = (options['format'] as Format | undefined) ?? formatOf(file);
  const mapping = mappingOf((options['map'] as string[] | undefined) ?? []);
  const encoding = options['encoding'] as string | undefined;
  const delimiter = options['delimiter'] as string | undefined;
  const { chunks, size } =
    file === '-' ? { chunks: stdin, size: undefined } : opened(resolve(cwd, file), file);
  const rows = readRows(until(chunks, signal), { format, encoding, delimiter, mapping, fixed });
  return { rows, isOne: false, size };
}

function opened(path: string, name: string): { chunks: AsyncIterable<Buffer>; size: number | undefined } {
  try {
    const fd = openSync(path, 'r');
    const about = fstatSync(fd);
    if (about.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    return { chunks: createReadStream('', { fd }), size: about.isFile() ? about.size : undefined };
  } catch (error) {
    throw usageError(`${name} cannot be read: ${fileFault(error)}`);
  }
}
