import type { Row } from './row';

/** Longer than any message. */
const LONGEST_LINE = 1_000_000;

/** Rows of JSON lines: each an object with the fields of a message. */
export async function* jsonRows(text: AsyncIterable<string>): AsyncGenerator<Row> {
  let number = 0;
  let line = 0;
  let offset = 0;
  for await (const one of linesOf(text)) {
    line++;
    offset += Buffer.byteLength(one) + 1;
    if (one.trim() === '') continue;
    yield { number: ++number, line, offset, ...read(one) };
  }
}

function read(line: string): Pick<Row, 'fields' | 'problem'> {
  if (line.length >= LONGEST_LINE) return { problem: `it is longer than ${LONGEST_LINE} characters` };
  try {
    const value = JSON.parse(line) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { fields: value as Record<string, unknown> };
    return {
      problem: 'give a JSON object such as {"destination_addr": "447700900123", "short_message": "Hello"}',
    };
  } catch (error) {
    return { problem: `it is no JSON: ${(error as Error).message}` };
  }
}

/** Of a line that is too long only its beginning is kept. */
async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let begun = '';
  for await (const chunk of text) {
    const [first = '', ...others] = chunk.split('\n');
    begun = (begun + first).slice(0, LONGEST_LINE);
    for (const other of others) {
      yield begun;
      begun = other;
    }
  }
  if (begun !== '') yield begun;
}
