import { isPlausible } from '../pcap';

/** How a text writes octets. */
export type TextForm = 'hex' | 'dump' | 'base64';

export interface TextOctets {
  readonly form: TextForm;
  /** One for each dump, or for each line where each is a PDU of its own. */
  readonly blocks: readonly Buffer[];
  /** Lines that are no part of a dump. */
  readonly passed: number;
}

/** A text that is no octets: why, for people. */
export class TextFormError extends Error {}

/**
 * The octets that a text writes: hexadecimal digits with anything usual between them (`00 1f`, `0x00, 0x1f`, `00:1f`,
 * `\x00\x1f`), a dump (hexdump -C, xxd, od -t x1, tcpdump -X, Wireshark), or base64.
 * @throws TextFormError where it is none of them
 */
export function octetsOfText(text: string, wanted: TextForm | 'auto' = 'auto'): TextOctets {
  if (wanted === 'base64') return ofBase64(text);
  const dump = readDump(text);
  if (dump) return dump;
  if (wanted === 'dump')
    throw new TextFormError('no line of the text has an offset and octets, as lines of a dump have');
  const base64 = wanted === 'auto' && BASE64.test(text.trim()) ? Buffer.from(text, 'base64') : undefined;
  const digits = text.replace(BETWEEN, '');
  if (SHORT_OCTET.test(text))
    throw new TextFormError('octets are written with one digit: give two for each, such as 07');
  const isHex = digits !== '' && HEX.test(digits) && digits.length % 2 === 0;
  if (isHex && !(base64 && isPlausible(base64) && !isPlausible(Buffer.from(digits, 'hex'))))
    return ofHex(text, digits);
  if (base64 && isPlausible(base64)) return ofBase64(text);
  throw new TextFormError(whyNotHex(text, digits));
}

const HEX = /^[0-9a-f]+$/i;
const BASE64 = /^[\w+/\s-]+={0,2}$/;
/** As of `[0, 16]` and `0x0`: put together they would be other octets. */
const SHORT_OCTET = /\b0x[0-9a-f]\b|(?:^|[,[])\s*[0-9a-f]\s*(?=[,\]])/i;
/** What people and programs write between hexadecimal digits. */
const BETWEEN = /\\x|\b0x|<Buffer\b|[\s,;:"'`{}[\]()<>-]/gi;

function ofHex(text: string, digits: string): TextOctets {
  const lines = text.split('\n').map((line) => line.replace(BETWEEN, ''));
  const blocks = lines.filter((line) => line !== '').map((line) => Buffer.from(line, 'hex'));
  // Each line a PDU: one that is wrong does not put those behind it out of step.
  const isEach = blocks.length > 1 && blocks.every((block) => isPlausible(block));
  return { form: 'hex', blocks: isEach ? blocks : [Buffer.from(digits, 'hex')], passed: 0 };
}

function ofBase64(text: string): TextOctets {
  const trimmed = text.trim();
  if (!BASE64.test(trimmed)) throw new TextFormError('the text is not base64');
  return { form: 'base64', blocks: [Buffer.from(trimmed, 'base64')], passed: 0 };
}

function whyNotHex(text: string, digits: string): string {
  const forms = 'hexadecimal digits, a dump, or base64 of a PDU';
  if (digits === '') return `there are no octets: give ${forms}`;
  if (HEX.test(digits))
    return `there are ${digits.length} hexadecimal digits: an octet has two, so that one is missing`;
  const clean = text.replace(BETWEEN, (between) => ' '.repeat(between.length));
  const at = clean.search(/[^0-9a-f\s]/i);
  const before = text.slice(0, at).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  return `${JSON.stringify(text[at])} at ${place} is no hexadecimal digit: give ${forms}`;
}

/** Offset, what stands behind it, and the octets with what follows them. */
const DUMP_LINE = /^\s*(?:0x)?([0-9a-f]{4,8})(:\s*|\s{2,}|\t|\s(?=[0-9a-f]{2}(?:\s|$)))(.*)$/i;
const LONGEST_DUMP = 64 * 1024 * 1024;

interface Line {
  readonly offset: string;
  readonly rest: string;
}

function readDump(text: string): TextOctets | undefined {
  const reader = new DumpReader();
  let passed = 0;
  for (const line of text.split('\n')) {
    const match = DUMP_LINE.exec(line);
    if (match && reader.takes(match[1] ?? '')) reader.line({ offset: match[1] ?? '', rest: match[3] ?? '' });
    else if (line.trim() === '*') reader.repeat();
    // An offset alone ends the dumps of hexdump and od.
    else if (reader.takes(line.trim())) reader.line({ offset: line.trim(), rest: '' });
    else if (line.trim() !== '') passed++;
  }
  const blocks = reader.end();
  if (blocks.length === 0) return undefined;
  return { form: 'dump', blocks, passed };
}

/** Lines whose offsets go up from 0; at the next 0 the next block begins. */
class DumpReader {
  readonly #blocks: Buffer[] = [];
  #lines: Buffer[] = [];
  #length = 0;
  /** The line whose octets end where the next one begins. */
  #last: Line | undefined;
  #repeats = false;

  /** Whether a line with this offset goes on, or begins a block. */
  takes(offset: string): boolean {
    const at = Number.parseInt(offset, 16);
    if (Number.isNaN(at) || !HEX.test(offset)) return false;
    return at === 0 || (this.#last !== undefined && this.#sizeOfLast(offset) !== undefined);
  }

  line(line: Line): void {
    const at = Number.parseInt(line.offset, 16);
    if (at === 0) this.#finish();
    else this.#settle(this.#sizeOfLast(line.offset));
    this.#last = line;
  }

  repeat(): void {
    this.#repeats = this.#last !== undefined;
  }

  end(): Buffer[] {
    this.#finish();
    return this.#blocks.filter(({ length }) => length > 0);
  }

  /** Octets of the line before an offset, which is hexadecimal, or octal as of od. */
  #sizeOfLast(offset: string): number | undefined {
    const sizes = [16, 8].map((base) => Number.parseInt(offset, base) - this.#length);
    return sizes.find((size) => size > 0 && (this.#repeats ? size <= LONGEST_DUMP : size <= 64));
  }

  #settle(size: number | undefined): void {
    if (!this.#last) return;
    const octets = octetsOfLine(this.#last.rest, this.#repeats ? undefined : size);
    this.#keep(octets);
    if (this.#repeats && size !== undefined && octets.length > 0) {
      for (let left = size - octets.length; left > 0; left -= octets.length)
        this.#keep(octets.subarray(0, left));
    }
    this.#repeats = false;
    this.#last = undefined;
  }

  #keep(octets: Buffer): void {
    this.#length += octets.length;
    if (this.#length > LONGEST_DUMP) throw new TextFormError('the dump is longer than 64 MiB');
    this.#lines.push(octets);
  }

  #finish(): void {
    this.#settle(undefined);
    if (this.#lines.length > 0) this.#blocks.push(Buffer.concat(this.#lines));
    this.#lines = [];
    this.#length = 0;
  }
}

/** `size`: octets that the line has by the offset of the next one. A line has 16 at most where nothing says otherwise. */
function octetsOfLine(rest: string, size = 16): Buffer {
  // Three blanks, or a bar, stand before the characters.
  const [columns = ''] = rest.split(/\s{3,}|\s*\|/);
  let digits = '';
  for (const token of columns.trim().split(/\s+/)) {
    if (!/^(?:[0-9a-f]{2})+$/i.test(token) || digits.length >= size * 2) break;
    digits += token;
  }
  return Buffer.from(digits.slice(0, size * 2), 'hex');
}
