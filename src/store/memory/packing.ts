import type { RecordReader, RecordWriter } from '../disk/record/bytes';

/** Undefined: there is none; false: it has no JSON. */
export function jsonOf(metadata: unknown): string | undefined | false {
  if (metadata === undefined) return undefined;
  try {
    return JSON.stringify(metadata) ?? false;
  } catch {
    return false;
  }
}

const BYTES = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

/** The value of a lower case hexadecimal digit; -1: it is none. */
function digit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
}

export function isUuid(id: string): boolean {
  if (id.length !== 36) return false;
  for (let at = 0; at < 36; at++) {
    const code = id.charCodeAt(at);
    const isDash = at === 8 || at === 13 || at === 18 || at === 23;
    if (isDash ? code !== 0x2d : digit(code) < 0) return false;
  }
  return true;
}

export function writeUuid(writer: RecordWriter, id: string): void {
  for (let at = 0; at < 36; at += 2) {
    if (id.charCodeAt(at) === 0x2d) at++;
    writer.octet((digit(id.charCodeAt(at)) << 4) | digit(id.charCodeAt(at + 1)));
  }
}

export function readUuid(reader: RecordReader): string {
  let id = '';
  for (let at = 0; at < 16; at++) {
    if (at === 4 || at === 6 || at === 8 || at === 10) id += '-';
    id += BYTES[reader.octet()] as string;
  }
  return id;
}
