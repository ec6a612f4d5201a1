/**
 * A PDU explained for people: every field with its place, its octets, its value and what that means. Driven by the same
 * tables and the same readers as `decodePdu`, so that the two cannot differ. Pure.
 */
import { commandName } from '../command-facts';
import { Cursor } from '../cursor';
import { readBody, wrongLength } from '../decode';
import { PduError, type PduHeader } from '../errors';
import { HEADER_LENGTH, decodeHeader } from '../header';
import { layoutOf, type Layout } from '../layout';
import { tlvTable } from '../tlvs';
import { definedIn, described, explainList, isList } from './parts';
import { commandSection, fieldSection, headerSection } from './sections';
import { explainTlvs } from './tlvs';
import type { ExplainOptions, ExplainedFault, ExplainedField, Explanation } from './types';
import { explainUserData } from './user-data';
import {
  FIELD_WORDS,
  commandMeaning,
  plural,
  sequenceMeaning,
  statusMeaning,
  type WordContext,
} from './words';

export { explanationData, type ExplainedFieldData, type ExplanationData } from './data';
export { explanationTable, printable, type TableOptions } from './table';
export type { ExplainOptions, ExplainedFault, ExplainedField, Explanation } from './types';

/**
 * What the octets of one PDU say, field by field. Never throws for octets, however wrong: of a PDU that `decodePdu`
 * refuses, the fields up to the fault are explained, `fault` is the reason, and what is left is one field `rest`.
 * @throws {SmppError} `INVALID_VENDOR_TLV` for a definition of a TLV that cannot be; TypeError for what is no octets
 */
export function explain(given: Uint8Array, options: ExplainOptions = {}): Explanation {
  const octets = bufferOf(given);
  if (octets.length < HEADER_LENGTH) return explainStub(octets);
  const header = decodeHeader(octets);
  const command = commandName(header.command_id);
  const context = { commandId: header.command_id, command, dataCoding: 0 };
  // Octets beyond command_length belong to no field of this PDU.
  const { command_length: length } = header;
  const end = length >= HEADER_LENGTH && length < octets.length ? length : octets.length;
  const layout = layoutOf(header.command_id);
  const body = layout
    ? new BodyExplainer(octets.subarray(0, end), header, layout, options, context).explain()
    : { fields: unknownBody(octets.subarray(0, end)), flaws: [] };
  const fields = [...headerFields(octets, header, command), ...body.fields];
  if (end < octets.length) fields.push(rest(octets, end, hasPassword(layout) && !options.showPassword));
  const fault =
    length === octets.length ? body.fault : faultOf(wrongLength(header, octets), 0, 'command_length');
  const defined = definedIn(commandSection(command));
  return { command, ...defined, header, fields, flaws: body.flaws, ...(fault && { fault }) };
}

function faultOf(error: PduError, offset: number, field = error.field): ExplainedFault {
  const { code, message, command_status } = error;
  return { code, message, offset, ...(field === undefined ? {} : { field }), command_status };
}

/** What is there of a header. */
function explainStub(octets: Buffer): Explanation {
  const names = ['command_length', 'command_id', 'command_status', 'sequence_number'];
  const fields: ExplainedField[] = [];
  for (let at = 0; at + 4 <= octets.length; at += 4) {
    const value = octets.readUInt32BE(at);
    fields.push({
      kind: 'header',
      name: names[at / 4] ?? '',
      offset: at,
      length: 4,
      octets: octets.subarray(at, at + 4),
      value,
      ...definedIn(headerSection(names[at / 4] ?? '')),
    });
  }
  const read = fields.length * 4;
  if (read < octets.length) fields.push(rest(octets, read, false));
  try {
    decodeHeader(octets);
  } catch (error) {
    if (error instanceof PduError) return { fields, flaws: [], fault: faultOf(error, octets.length) };
    throw error;
  }
  return { fields, flaws: [] };
}

function headerFields(octets: Buffer, header: PduHeader, command: string): ExplainedField[] {
  const { command_length, command_id, command_status, sequence_number } = header;
  const field = (name: string, offset: number, value: number, meaning?: string): ExplainedField => {
    const view = octets.subarray(offset, offset + 4);
    const said = meaning === undefined ? {} : { meaning };
    return {
      kind: 'header',
      name,
      offset,
      length: 4,
      octets: view,
      value,
      ...said,
      ...definedIn(headerSection(name)),
    };
  };
  return [
    field('command_length', 0, command_length, plural(command_length, 'octet')),
    field('command_id', 4, command_id, commandMeaning(command, command_id)),
    field('command_status', 8, command_status, statusMeaning(command_status, command_id)),
    field('sequence_number', 12, sequence_number, sequenceMeaning(sequence_number)),
  ];
}

function unknownBody(octets: Buffer): ExplainedField[] {
  const [offset, length] = [HEADER_LENGTH, octets.length - HEADER_LENGTH];
  const view = octets.subarray(offset);
  const meaning = 'the body of a command that no specification defines';
  return length > 0
    ? [{ kind: 'field', name: 'body', offset, length, octets: view, value: view, meaning }]
    : [];
}

function rest(octets: Buffer, offset: number, masked: boolean): ExplainedField {
  const length = octets.length - offset;
  const view = masked ? asterisks(length) : octets.subarray(offset);
  return { kind: 'rest', name: 'rest', offset, length, octets: view, value: view, meaning: 'not read' };
}

function asterisks(length: number): Buffer {
  return Buffer.alloc(length, '*');
}

const PASSWORD = 'password';

function hasPassword(layout: Layout | undefined): boolean {
  return layout?.fields.some(({ name }) => name === PASSWORD) ?? false;
}

interface Body {
  readonly fields: ExplainedField[];
  readonly flaws: readonly string[];
  readonly fault?: ExplainedFault;
}

/** Walks over a body as `decodePdu` does, and notes where each field lies. */
class BodyExplainer {
  readonly #octets: Buffer;
  readonly #header: PduHeader;
  readonly #layout: Layout;
  readonly #options: ExplainOptions;
  readonly #cursor: Cursor;
  readonly #values: Record<string, unknown> = {};
  readonly #fields: ExplainedField[] = [];
  #context: WordContext;

  constructor(
    octets: Buffer,
    header: PduHeader,
    layout: Layout,
    options: ExplainOptions,
    context: WordContext,
  ) {
    this.#octets = octets;
    this.#header = header;
    this.#layout = layout;
    this.#options = options;
    this.#context = context;
    this.#cursor = new Cursor(octets, HEADER_LENGTH, layout.response, header);
    this.#cursor.latin1Addresses = options.addressEncoding === 'latin1';
  }

  explain(): Body {
    const { flaws, present, error } = this.#read();
    const dataCoding = this.#values['data_coding'];
    if (typeof dataCoding === 'number') this.#context = { ...this.#context, dataCoding };
    const offset = this.#walk(present);
    const cursor = this.#cursor;
    if (offset === undefined) this.#fields.push(...this.#tlvs());
    const from = offset ?? cursor.offset;
    if (from < this.#octets.length) {
      const unread = this.#layout.fields.slice(this.#fields.length).some(({ name }) => name === PASSWORD);
      this.#fields.push(rest(this.#octets, from, unread && !this.#options.showPassword));
    }
    return { fields: this.#fields, flaws, ...(error && { fault: faultOf(error, from) }) };
  }

  /** How `decodePdu` reads it: what is flawed, how many fields there are, or why it cannot. */
  #read(): { flaws: readonly string[]; present: number; error?: PduError } {
    const { length } = this.#layout.fields;
    try {
      const cursor = readBody(this.#values, this.#octets, this.#header, this.#layout, this.#options);
      return { flaws: cursor.flaws ?? [], present: cursor.present ?? length };
    } catch (error) {
      if (!(error instanceof PduError)) throw error;
      return { flaws: [], present: length, error };
    }
  }

  /** The fields; where one cannot be read, where it begins. */
  #walk(present: number): number | undefined {
    const cursor = this.#cursor;
    for (const { name, spec, wire } of this.#layout.fields.slice(0, present)) {
      const offset = cursor.offset;
      const flawless = cursor.flaws?.length ?? 0;
      let value: unknown;
      try {
        value = wire.decode(cursor, spec);
      } catch {
        if (!isList(spec.type)) return offset;
        const list = explainList(spec, this.#octets, [offset, cursor.count], false, this.#context);
        const [length, view] = [list.end - offset, this.#octets.subarray(offset, list.end)];
        const items = list.fields.map((item) => item.value);
        if (length > 0)
          this.#fields.push({
            kind: 'field',
            name,
            offset,
            length,
            octets: view,
            value: items,
            ...this.#definedIn(name),
            fields: list.fields,
          });
        return list.fault;
      }
      const flaws = cursor.flaws?.slice(flawless) ?? [];
      // Of a response that is cut short: nothing lies there.
      if (offset >= cursor.end && flaws.length > 0) continue;
      this.#fields.push(this.#field(name, offset, value, flaws, isList(spec.type) ? spec : undefined));
    }
    return undefined;
  }

  #field(
    name: string,
    offset: number,
    value: unknown,
    flaws: readonly string[],
    list?: Layout['fields'][number]['spec'],
  ): ExplainedField {
    const length = this.#cursor.offset - offset;
    const where = { kind: 'field', name, offset, length, ...this.#definedIn(name) } as const;
    if (name === PASSWORD && !this.#options.showPassword) {
      return {
        ...where,
        octets: asterisks(length),
        value: '********',
        meaning: 'not shown',
        ...(flaws.length > 0 && { flaws }),
      };
    }
    const field = { ...where, octets: this.#octets.subarray(offset, offset + length), value };
    const said = described(FIELD_WORDS[name], value, this.#context);
    if (list) {
      const count = this.#cursor.count;
      const { fields } = explainList(
        list,
        this.#octets,
        [offset, count],
        this.#layout.response,
        this.#context,
      );
      return { ...field, ...said, ...(flaws.length > 0 && { flaws }), ...(fields.length > 0 && { fields }) };
    }
    const text = name === 'short_message' ? this.#message(field.octets, offset) : {};
    const all = [...flaws, ...(text.flaws ?? [])];
    return { ...field, ...said, ...text, ...(all.length > 0 && { flaws: all }) };
  }

  #definedIn(name: string): { section?: string } {
    return definedIn(fieldSection(name, this.#context.command));
  }

  #tlvs(): ExplainedField[] {
    const table = tlvTable(this.#options.vendorTlvs);
    return explainTlvs(this.#cursor, table, this.#context).map((tlv) => {
      const value = tlv.fields?.find(({ name }) => name === 'value');
      if (tlv.name !== 'message_payload' || !value) return tlv;
      const text = this.#message(value.octets, value.offset);
      const flaws = [...(tlv.flaws ?? []), ...(text.flaws ?? [])];
      const fields = (tlv.fields ?? []).map((one) => (one === value ? { ...one, ...text } : one));
      return {
        ...tlv,
        ...(text.meaning !== undefined && { meaning: text.meaning }),
        fields,
        ...(flaws.length > 0 && { flaws }),
      };
    });
  }

  /** The user data header of a message where esm_class announces one, and its text. */
  #message(octets: Buffer, offset: number): Pick<ExplainedField, 'meaning' | 'flaws' | 'fields'> {
    const esmClass = this.#values['esm_class'];
    const hasHeader = typeof esmClass === 'number' && (esmClass & 0x40) !== 0 && octets.length > 0;
    const { fields, flaw } = hasHeader ? explainUserData(octets, offset) : { fields: [], flaw: undefined };
    const data = fields.find(({ name }) => name === 'user_data');
    const start = flaw !== undefined ? 0 : hasHeader ? (data?.offset ?? offset + octets.length) - offset : 0;
    const text = this.#text(octets, start);
    const flaws = [flaw, text.flaw].filter((one) => one !== undefined);
    const parts = fields.map((one) =>
      one === data && text.meaning !== undefined ? { ...one, meaning: text.meaning } : one,
    );
    return {
      ...(text.meaning !== undefined && { meaning: text.meaning }),
      ...(flaws.length > 0 && { flaws }),
      ...(parts.length > 0 && { fields: parts }),
    };
  }

  #text(octets: Buffer, start: number): { meaning?: string; flaw?: string } {
    const { decodeText } = this.#options;
    if (!decodeText || octets.length === start || !('data_coding' in this.#values)) return {};
    try {
      const header = start > 0 ? [octets.subarray(0, start)] : [];
      return {
        meaning: JSON.stringify(decodeText(octets.subarray(start), this.#context.dataCoding, ...header)),
      };
    } catch (error) {
      return { flaw: `the text cannot be read: ${error instanceof Error ? error.message : String(error)}` };
    }
  }
}

/** The same octets, not a copy. */
function bufferOf(given: Uint8Array): Buffer {
  if (Buffer.isBuffer(given)) return given;
  if (!((given as unknown) instanceof Uint8Array))
    throw new TypeError(
      "explain takes octets, a Buffer or Uint8Array; of hexadecimal digits Buffer.from(text, 'hex')",
    );
  return Buffer.from(given.buffer, given.byteOffset, given.byteLength);
}
