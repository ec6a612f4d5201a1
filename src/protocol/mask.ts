import { COMMANDS, ITEM_FIELDS, type FieldSpec } from './commands';
import { Cursor } from './cursor';
import { readBody } from './decode';
import { PduError } from './errors';
import { HEADER_LENGTH, decodeHeader } from './header';
import { layoutOf, type Layout } from './layout';
import { fieldsOf, typeOf } from './lists';
import { TLV_HEADER_LENGTH } from './tlv-values';
import { tlvTable, type TlvDefinition, type Told } from './tlvs';
import type { CodecOptions } from './types';

/** What a masked PDU still shows; a password never. */
export interface MaskOptions extends Pick<CodecOptions, 'vendorTlvs'> {
  /** Show addresses, names of distribution lists and callback numbers; default false. */
  readonly numbers?: boolean | undefined;
  /** Show texts: short_message, message_payload, and what is said in TLVs; default false. */
  readonly texts?: boolean | undefined;
}

/** Commands with a password. */
const SECRETS: ReadonlySet<number> = new Set(
  Object.values(COMMANDS)
    .filter(({ fields }) => (fields as readonly FieldSpec[]).some(({ tells }) => tells === 'secret'))
    .map(({ id }) => id),
);
const STAR = 0x2a;
const UDHI = 0x40;

/**
 * A copy of a PDU in which the password, and unless they are asked for numbers and texts, are overwritten with `*`, octet
 * by octet: every length stays true, and whatever takes PDUs apart still can. What stays: the header, user data headers,
 * and of a receipt as SMPP 3.4 appendix B has it all but the text at its end. Of a PDU that cannot be read, and of a
 * command that is not known, nothing but the header is shown; a TLV that is not known, or a vendor's that is no integer,
 * only where numbers and texts are asked for.
 */
export function maskPdu(octets: Uint8Array, options: MaskOptions = {}): Buffer {
  const masked = Buffer.from(octets);
  maskInPlace(masked, options);
  return masked;
}

/** Whether a command has a password. */
export function hasSecret(commandId: number): boolean {
  return SECRETS.has(commandId);
}

/** As {@link maskPdu}, in these very octets. */
export function maskInPlace(octets: Buffer, options: MaskOptions): void {
  const showsAll = options.numbers === true && options.texts === true;
  const id = octets.length < HEADER_LENGTH ? 0 : octets.readUInt32BE(4);
  if (showsAll && !SECRETS.has(id)) return;
  const layout = layoutOf(id);
  const length = octets.length < HEADER_LENGTH ? 0 : decodeHeader(octets).command_length;
  if (!layout || length !== octets.length) return cover(octets, HEADER_LENGTH, octets.length);
  try {
    new Masker(octets, layout, options).mask();
  } catch (error) {
    if (!(error instanceof PduError)) throw error;
    cover(octets, HEADER_LENGTH, octets.length);
  }
}

function cover(octets: Buffer, from: number, to: number): void {
  if (to > from) octets.fill(STAR, from, to);
}

class Masker {
  readonly #octets: Buffer;
  readonly #layout: Layout;
  readonly #options: MaskOptions;
  readonly #values: Record<string, unknown> = {};

  constructor(octets: Buffer, layout: Layout, options: MaskOptions) {
    this.#octets = octets;
    this.#layout = layout;
    this.#options = options;
  }

  /** Reads all before it overwrites anything. */
  mask(): void {
    const { fields, response } = this.#layout;
    const header = decodeHeader(this.#octets);
    const { present = fields.length } = readBody(
      this.#values,
      this.#octets,
      header,
      this.#layout,
      this.#options,
    );
    const cursor = new Cursor(this.#octets, HEADER_LENGTH, response, header);
    for (const { spec, wire } of fields.slice(0, present)) {
      const from = cursor.offset;
      wire.decode(cursor, spec);
      this.#field(spec, from, cursor);
    }
    this.#tlvs(cursor.offset);
  }

  #hides(tells: Told | undefined): boolean {
    const { numbers, texts } = this.#options;
    return tells === 'secret' || (tells === 'number' && !numbers) || (tells === 'text' && !texts);
  }

  #field(spec: FieldSpec, from: number, { offset, count, lenient }: Cursor): void {
    if (spec.type === 'destinations' || spec.type === 'failures') this.#items(spec, from, count, lenient);
    else if (!this.#hides(spec.tells)) return;
    else if (spec.type === 'octets') this.#message(from, offset);
    else this.#text(from, offset);
  }

  /** A C-octet string, its NUL excepted. */
  #text(from: number, to: number): void {
    const end = this.#octets[to - 1] === 0 ? to - 1 : to;
    cover(this.#octets, from, Math.min(end, this.#octets.length));
  }

  #items({ type }: FieldSpec, from: number, count: number, lenient: boolean): void {
    const cursor = new Cursor(this.#octets, from, lenient);
    for (let at = 0; at < count && cursor.offset < cursor.end; at++) {
      const fields = type === 'failures' ? ITEM_FIELDS.failure : fieldsOf(this.#octets[cursor.offset++] ?? 0);
      for (const field of fields) {
        const start = cursor.offset;
        typeOf(field).decode(cursor, field);
        if (this.#hides(field.tells)) this.#text(start, cursor.offset);
      }
    }
  }

  /** All of them; what is behind the last whole one is octets of nothing. */
  #tlvs(start: number): void {
    const octets = this.#octets;
    const table = tlvTable(this.#options.vendorTlvs);
    let at = start;
    while (at + TLV_HEADER_LENGTH <= octets.length) {
      const from = at + TLV_HEADER_LENGTH;
      const to = from + octets.readUInt16BE(at + 2);
      if (to > octets.length) break;
      this.#tlv(table.withTag(octets.readUInt16BE(at)), from, to);
      at = to;
    }
    if (!this.#options.numbers || !this.#options.texts) cover(octets, at, octets.length);
  }

  #tlv(definition: TlvDefinition | undefined, from: number, to: number): void {
    if (!definition || !isStandard(definition)) {
      const { numbers, texts } = this.#options;
      const isInteger = definition?.type.startsWith('int') === true && to - from <= 4;
      if (!isInteger && !(numbers && texts)) this.#text(from, to);
    } else if (!this.#hides(definition.tells)) return;
    else if (definition.name === 'message_payload') this.#message(from, to);
    else if (definition.type === 'cstring') this.#text(from, to);
    else cover(this.#octets, Math.min(to, from + (definition.head ?? 0)), to);
  }

  /** User data: its header stays, and what a receipt says of its message. */
  #message(from: number, to: number): void {
    const { esm_class: esmClass, data_coding: coding } = this.#values;
    const hasHeader = typeof esmClass === 'number' && (esmClass & UDHI) !== 0;
    const start = hasHeader ? this.#header(from, to) : from + receiptLength(this.#octets, from, to);
    if (!isUcs2(coding)) return cover(this.#octets, start, to);
    // As UTF-16: else each pair would be a character of its own.
    for (let at = start; at < to; at++) this.#octets[at] = (at - start) % 2 === 0 && at + 1 < to ? 0 : STAR;
  }

  /** Returns where the user data header ends; where it is malformed it is none. Only data of known kinds is shown. */
  #header(from: number, to: number): number {
    const octets = this.#octets;
    const end = from + 1 + (octets[from] ?? 0);
    const hidden: [number, number][] = [];
    let at = from + 1;
    while (at + 2 <= end) {
      const next = at + 2 + (octets[at + 1] ?? 0);
      if (!PLAIN_ELEMENTS.has(octets[at] ?? 0)) hidden.push([at + 2, next]);
      at = next;
    }
    if (at !== end || end > to) return from;
    for (const [start, stop] of hidden) cover(octets, start, stop);
    return end;
  }
}

const isStandard = ({ tag, name }: TlvDefinition): boolean => tlvTable(undefined).withTag(tag)?.name === name;

/** Concatenation, ports, message waiting, control parameters, source, shift tables (TS 23.040 section 9.2.3.24). */
const PLAIN_ELEMENTS: ReadonlySet<number> = new Set([0x00, 0x01, 0x04, 0x05, 0x06, 0x07, 0x08, 0x24, 0x25]);

/** TS 23.038 section 4: general data coding, and message waiting, with UCS2. */
function isUcs2(coding: unknown): boolean {
  if (typeof coding !== 'number') return false;
  return (coding < 0x80 && (coding & 0x2c) === 0x08) || (coding & 0xf0) === 0xe0;
}

/** SMPP 3.4 appendix B, up to where the text begins. */
const RECEIPT =
  /^id:[\w.-]{1,64} (?:sub:\d{1,4} )?(?:dlvrd:\d{1,4} )?submit date:\d{10,14} done date:\d{10,14} stat:[A-Z]{1,12} err:\w{1,8}(?: text:|$)/i;
const LONGEST_RECEIPT = 256;

function receiptLength(octets: Buffer, from: number, to: number): number {
  const text = octets.toString('latin1', from, Math.min(to, from + LONGEST_RECEIPT));
  return RECEIPT.exec(text)?.[0].length ?? 0;
}
