import { ITEM_FIELDS, type FieldSpec, type FieldType } from '../commands';
import { Cursor } from '../cursor';
import { fieldsOf, typeOf } from '../lists';
import { setOwn } from '../plain';
import { fieldSection } from './sections';
import type { ExplainedField } from './types';
import { FIELD_WORDS, type Describe, type WordContext } from './words';

/** Lists are taken apart; everything else is a field as it is. */
export function isList(type: FieldType): boolean {
  return type === 'destinations' || type === 'failures' || type === 'message_ids';
}

/** The section of a specification as a property; none where there is none. */
export function definedIn(section: string | undefined): { section?: string } {
  return section === undefined ? {} : { section };
}

/** Without `meaning` where there is none: so are explanations of equal PDUs equal. */
export function described(
  describe: Describe | undefined,
  value: unknown,
  context: WordContext,
): { meaning?: string } {
  const meaning = describe?.(value as never, context);
  return meaning === undefined ? {} : { meaning };
}

/**
 * The entries of a list from `start` on, each with its parts. Where the octets end or are wrong within an entry
 * the parts before that are given, and `fault` is where the part at fault begins.
 */
export function explainList(
  { type, name }: FieldSpec,
  octets: Buffer,
  [start, count]: readonly [start: number, count: number],
  lenient: boolean,
  context: WordContext,
): { fields: ExplainedField[]; end: number; fault: number } {
  const cursor = new Cursor(octets, start, lenient);
  const fields: ExplainedField[] = [];
  for (let at = 0; at < count && cursor.offset < cursor.end; at++) {
    const from = cursor.offset;
    const { parts, value, fault } = explainItem(type, cursor, context);
    const end = fault ?? cursor.offset;
    const view = octets.subarray(from, end);
    const field = {
      kind: 'item',
      name: `${name}[${at}]`,
      offset: from,
      length: end - from,
      octets: view,
      value,
    } as const;
    // A message_id is but one part: the entry itself.
    const placed = { ...field, ...definedIn(fieldSection(name, context.command)) };
    if (end > from) fields.push(type === 'message_ids' ? placed : { ...placed, fields: parts });
    if (fault !== undefined) return { fields, end: fault, fault };
  }
  return { fields, end: cursor.offset, fault: cursor.offset };
}

function explainItem(
  type: FieldType,
  cursor: Cursor,
  context: WordContext,
): { parts: ExplainedField[]; value: unknown; fault?: number } {
  const parts: ExplainedField[] = [];
  const item: Record<string, unknown> = {};
  for (const spec of itemSpecs(type, cursor)) {
    const from = cursor.offset;
    try {
      const value = typeOf(spec).decode(cursor, spec);
      setOwn(item, spec.name, value);
      if (spec.name === 'dest_flag' && value !== 1 && value !== 2 && !cursor.lenient) {
        return { parts, value: item, fault: from };
      }
    } catch {
      return { parts, value: item, fault: from };
    }
    if (cursor.offset === from) continue;
    const value = item[spec.name];
    const where = { name: spec.name, offset: from, length: cursor.offset - from };
    const view = cursor.octets.subarray(from, cursor.offset);
    parts.push({
      kind: 'field',
      ...where,
      octets: view,
      value,
      ...described(FIELD_WORDS[spec.name], value, context),
      ...definedIn(fieldSection(spec.name, context.command)),
    });
  }
  return { parts, value: type === 'message_ids' ? item[ITEM_FIELDS.id.name] : item };
}

const DEST_FLAG: FieldSpec = { name: 'dest_flag', type: 'int8', status: 'ESME_RINVDESTFLAG' };

function itemSpecs(type: FieldType, { octets, offset }: Cursor): readonly FieldSpec[] {
  if (type === 'destinations') return [DEST_FLAG, ...fieldsOf(octets[offset] ?? 0)];
  return type === 'failures' ? ITEM_FIELDS.failure : [ITEM_FIELDS.id];
}
