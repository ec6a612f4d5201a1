import { isUtf8 } from 'node:buffer';
import { usageError } from '../errors';

const LF = 0x0a;
const REMEDY = 'give --encoding, such as latin1, windows-1252 or utf-16le';

/**
 * Octets as text, with LF for all line ends. Without an encoding it is UTF-8, with or without BOM. Throws a
 * CommandError where the octets are not of the encoding, with the line.
 */
export async function* charactersOf(
  chunks: AsyncIterable<Uint8Array | string>,
  encoding?: string,
): AsyncGenerator<string> {
  const decoder = decoderFor(encoding);
  const ends = new LineEnds();
  let lines = 0;
  let isFirst = true;
  for await (const chunk of chunks) {
    const octets = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (isFirst && encoding === undefined) refuseOthers(octets);
    isFirst = false;
    yield ends.take(decode(decoder, octets, lines));
    if (encoding === undefined) for (const octet of octets) if (octet === LF) lines++;
  }
  yield ends.take(decode(decoder, undefined, lines)) + ends.last();
}

function decoderFor(encoding = 'utf-8'): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch {
    throw usageError(
      `--encoding ${encoding} is not known; ${REMEDY.replace('give --encoding, such as', 'give')}`,
    );
  }
}

function decode(decoder: TextDecoder, octets: Uint8Array | undefined, lines: number): string {
  try {
    return octets ? decoder.decode(octets, { stream: true }) : decoder.decode();
  } catch {
    const line = lines + 1 + (octets ? linesBeforeFault(octets) : 0);
    throw usageError(`line ${line} is not ${decoder.encoding.toUpperCase()}; ${REMEDY}`);
  }
}

/** A character may have begun in the octets before: the first line is at fault where no other is. */
function linesBeforeFault(octets: Uint8Array): number {
  let line = 0;
  let from = octets.indexOf(LF) + 1;
  while (from > 0 && from < octets.length) {
    line++;
    const end = octets.indexOf(LF, from);
    const isWhole = isUtf8(octets.subarray(from, end === -1 ? undefined : end));
    if (!isWhole) return line;
    if (end === -1) break;
    from = end + 1;
  }
  return 0;
}

/** What is plainly something else is called by its name. */
function refuseOthers(octets: Uint8Array): void {
  const [first, second] = octets;
  if (first === 0xff && second === 0xfe) throw usageError('the file is in UTF-16; give --encoding utf-16le');
  if (first === 0xfe && second === 0xff) throw usageError('the file is in UTF-16; give --encoding utf-16be');
  const head = octets.subarray(0, 1000);
  const zeros = head.filter((octet) => octet === 0).length;
  if (zeros === 0) return;
  const isWide = zeros > head.length / 3;
  const what = isWide ? 'it looks like UTF-16: give --encoding utf-16le or utf-16be' : 'it is no text';
  throw usageError(`the file has zero octets: ${what}`);
}

/** CR LF and CR become LF, also where a chunk ends between the two. */
class LineEnds {
  #pending = false;

  take(text: string): string {
    const all = (this.#pending ? '\r' : '') + text;
    this.#pending = all.endsWith('\r');
    return (this.#pending ? all.slice(0, -1) : all).replace(/\r\n?/g, '\n');
  }

  last(): string {
    return this.#pending ? '\n' : '';
  }
}
