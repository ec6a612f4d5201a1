import { ITEM_FIELDS, type FieldSpec } from './commands';
import type { Cursor, WireType } from './cursor';
import { invalidField } from './refusal';
import { cstring, int32, int8 } from './scalars';
import type { CodecOptions } from './types';

type Item = Record<string, unknown>;

const SME = 1;
const LIST = 2;
const ITEM_TYPES = { int8, int32, cstring } as const;

/** Octets of an item's fields; refuses names that are none. */
function sizeOfItem(
  item: Item,
  fields: readonly FieldSpec[],
  list: FieldSpec,
  at: number,
  options?: CodecOptions,
): number {
  let size = 0;
  for (const field of fields) {
    const { empty, size: sizeOf } = typeOf(field);
    // The list's own name leads to the item, the field's to the part of it.
    const named = { ...field, name: `${list.name}[${at}].${field.name}` };
    size += sizeOf(item[field.name] ?? empty(), named, options);
  }
  for (const name of Object.keys(item)) {
    if (name === 'dest_flag' || fields.some((field) => field.name === name)) continue;
    throw invalidField(list, item, `has "${name}" at ${at}: it may have ${namesOf(fields)}`);
  }
  return size;
}

function encodeItem(item: Item, fields: readonly FieldSpec[], into: Buffer, offset: number): number {
  let end = offset;
  for (const field of fields) {
    const { empty, encode } = typeOf(field);
    end = encode(item[field.name] ?? empty(), into, end);
  }
  return end;
}

function decodeItem(cursor: Cursor, fields: readonly FieldSpec[], item: Item): Item {
  for (const field of fields) item[field.name] = typeOf(field).decode(cursor, field);
  return item;
}

/** How a part of an item is written. */
export function typeOf(field: FieldSpec): (typeof ITEM_TYPES)[keyof typeof ITEM_TYPES] {
  return ITEM_TYPES[field.type as keyof typeof ITEM_TYPES];
}

function namesOf(fields: readonly FieldSpec[]): string {
  return fields.map((field) => field.name).join(', ');
}

function bare(): Item {
  return Object.create(null) as Item;
}

function itemAt(item: unknown, at: number, field: FieldSpec): Item {
  if (typeof item === 'object' && item !== null && !Array.isArray(item)) return item as Item;
  throw invalidField(field, item, `at ${at} is not an object`);
}

/** A list whose items are written one behind the other. */
function listOf(
  sizeOne: (item: unknown, at: number, field: FieldSpec, options?: CodecOptions) => number,
  encodeOne: (item: never, into: Buffer, offset: number) => number,
  decodeOne: (cursor: Cursor) => unknown,
): WireType {
  return {
    empty: () => [],
    size(value, field, options) {
      if (!Array.isArray(value)) throw invalidField(field, value, 'is not a list');
      if (value.length > (field.max ?? 0)) {
        throw invalidField(field, value, `is too long: at most ${field.max} fit into one PDU`);
      }
      return value.reduce((size: number, item, at) => size + sizeOne(item, at, field, options), 0);
    },
    encode: (value, into, offset) =>
      (value as never[]).reduce((end, item) => encodeOne(item, into, end), offset),
    // To its end, or of a response as far as it goes.
    decode(cursor, field) {
      const items: unknown[] = [];
      for (let at = 0; at < cursor.count; at++) {
        if (cursor.offset >= cursor.end) {
          const message = `${field.name} should have ${cursor.count} entries, but the PDU ends after ${at}`;
          cursor.fail('PDU_TRUNCATED', message, field.status, field.name);
          break;
        }
        items.push(decodeOne(cursor));
      }
      return items;
    },
  };
}

/** dest_address(es) of submit_multi: 3.4 section 4.5.1.1. */
export const destinations = listOf(
  (entry, at, field, options) => {
    const item = itemAt(entry, at, field);
    const flag = flagOf(item);
    if (item.dest_flag !== undefined && item.dest_flag !== flag) {
      const named = { name: `${field.name}[${at}].dest_flag`, status: 'ESME_RINVDESTFLAG' } as const;
      throw invalidField(named, item.dest_flag, 'is wrong: 1 goes with a destination_addr, 2 with a dl_name');
    }
    return 1 + sizeOfItem(item, fieldsOf(flag), field, at, options);
  },
  (item: Item, into, offset) => {
    const flag = flagOf(item);
    into[offset] = flag;
    return encodeItem(item, fieldsOf(flag), into, offset + 1);
  },
  (cursor) => {
    const item = bare();
    const flag = (item.dest_flag = cursor.octets[cursor.offset++]);
    if (flag !== SME && flag !== LIST) {
      const message = `dest_flag ${flag} is neither 1 (address) nor 2 (distribution list)`;
      cursor.fail('INVALID_DEST_FLAG', message, 'ESME_RINVDESTFLAG', 'dest_flag');
    }
    return decodeItem(cursor, fieldsOf(flag === LIST ? LIST : SME), item);
  },
);

function flagOf(item: Item): number {
  return item.dl_name === undefined ? SME : LIST;
}

/** What a destination consists of behind its dest_flag. */
export function fieldsOf(flag: number): readonly FieldSpec[] {
  return flag === LIST ? ITEM_FIELDS.list : ITEM_FIELDS.sme;
}

/** unsuccess_sme(s) of submit_multi_resp: 3.4 section 4.5.2.1. */
export const failures = listOf(
  (item, at, field, options) => sizeOfItem(itemAt(item, at, field), ITEM_FIELDS.failure, field, at, options),
  (item: Item, into, offset) => encodeItem(item, ITEM_FIELDS.failure, into, offset),
  (cursor) => decodeItem(cursor, ITEM_FIELDS.failure, bare()),
);

/** The ids that query_last_msgs_resp lists (SMPP 3.3). */
export const messageIds = listOf(
  (id, at, field) => cstring.size(id, { ...ITEM_FIELDS.id, name: `${field.name}[${at}]` }),
  cstring.encode,
  (cursor) => cstring.decode(cursor, ITEM_FIELDS.id),
);
