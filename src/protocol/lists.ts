import { ITEM_FIELDS, type FieldSpec } from './commands';
import type { Cursor } from './cursor';
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

function typeOf(field: FieldSpec): (typeof ITEM_TYPES)[keyof typeof ITEM_TYPES] {
  return ITEM_TYPES[field.type as keyof typeof ITEM_TYPES];
}

function namesOf(fields: readonly FieldSpec[]): string {
  return fields.map((field) => field.name).join(', ');
}

function bare(): Item {
  return Object.create(null) as Item;
}

/** The items of a list, checked for number and kind. */
function itemsOf(value: unknown, field: FieldSpec): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidField(field, value, 'is not a list');
  if (value.length > (field.max ?? 0)) {
    throw invalidField(field, value, `is too long: at most ${field.max} fit into one PDU`);
  }
  return value;
}

function itemAt(item: unknown, at: number, field: FieldSpec): Item {
  if (typeof item === 'object' && item !== null && !Array.isArray(item)) return item as Item;
  throw invalidField(field, item, `at ${at} is not an object`);
}

/** A list is read to its end, or of a response as far as it goes. */
function decodeList<T>(cursor: Cursor, field: FieldSpec, decodeOne: () => T): T[] {
  const items: T[] = [];
  for (let at = 0; at < cursor.count; at++) {
    if (cursor.offset >= cursor.end) {
      const message = `${field.name} should have ${cursor.count} entries, but the PDU ends after ${at}`;
      cursor.fail('PDU_TRUNCATED', message, field.status, field.name);
      break;
    }
    items.push(decodeOne());
  }
  return items;
}

/** dest_address(es) of submit_multi: 3.4 section 4.5.1.1. */
export const destinations = {
  empty: () => [],
  size(value: unknown, field: FieldSpec, options?: CodecOptions): number {
    let size = 0;
    itemsOf(value, field).forEach((entry, at) => {
      const item = itemAt(entry, at, field);
      const flag = item.dl_name === undefined ? SME : LIST;
      if (item.dest_flag !== undefined && item.dest_flag !== flag) {
        throw invalidField(
          { name: `${field.name}[${at}].dest_flag`, status: 'ESME_RINVDESTFLAG' },
          item.dest_flag,
          'is wrong: 1 goes with a destination_addr, 2 with a dl_name',
        );
      }
      size += 1 + sizeOfItem(item, fieldsOf(flag), field, at, options);
    });
    return size;
  },
  encode(value: unknown, into: Buffer, offset: number): number {
    let end = offset;
    for (const item of value as Item[]) {
      const flag = item.dl_name === undefined ? SME : LIST;
      into[end] = flag;
      end = encodeItem(item, fieldsOf(flag), into, end + 1);
    }
    return end;
  },
  decode(cursor: Cursor, field: FieldSpec): Item[] {
    return decodeList(cursor, field, () => {
      const item = bare();
      const flag = (item.dest_flag = cursor.octets[cursor.offset++]);
      if (flag !== SME && flag !== LIST) {
        const message = `dest_flag ${flag} is neither 1 (address) nor 2 (distribution list)`;
        cursor.fail('INVALID_DEST_FLAG', message, 'ESME_RINVDESTFLAG', 'dest_flag');
      }
      return decodeItem(cursor, fieldsOf(flag === LIST ? LIST : SME), item);
    });
  },
};

function fieldsOf(flag: number): readonly FieldSpec[] {
  return flag === LIST ? ITEM_FIELDS.list : ITEM_FIELDS.sme;
}

/** unsuccess_sme(s) of submit_multi_resp: 3.4 section 4.5.2.1. */
export const failures = {
  empty: () => [],
  size(value: unknown, field: FieldSpec, options?: CodecOptions): number {
    let size = 0;
    itemsOf(value, field).forEach((entry, at) => {
      size += sizeOfItem(itemAt(entry, at, field), ITEM_FIELDS.failure, field, at, options);
    });
    return size;
  },
  encode(value: unknown, into: Buffer, offset: number): number {
    let end = offset;
    for (const item of value as Item[]) end = encodeItem(item, ITEM_FIELDS.failure, into, end);
    return end;
  },
  decode(cursor: Cursor, field: FieldSpec): Item[] {
    return decodeList(cursor, field, () => decodeItem(cursor, ITEM_FIELDS.failure, bare()));
  },
};

/** The ids that query_last_msgs_resp lists (SMPP 3.3). */
export const messageIds = {
  empty: () => [],
  size(value: unknown, field: FieldSpec): number {
    let size = 0;
    itemsOf(value, field).forEach((id, at) => {
      size += cstring.size(id, { ...ITEM_FIELDS.id, name: `${field.name}[${at}]` });
    });
    return size;
  },
  encode(value: unknown, into: Buffer, offset: number): number {
    let end = offset;
    for (const id of value as string[]) end = cstring.encode(id, into, end);
    return end;
  },
  decode(cursor: Cursor, field: FieldSpec): string[] {
    return decodeList(cursor, field, () => cstring.decode(cursor, ITEM_FIELDS.id));
  },
};
