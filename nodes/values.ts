export type Fields = Readonly<Record<string, unknown>>;

/** Core nodes and the editor leave a property empty, or null, where they have no use for it. */
export const blank = (value: unknown): boolean => value === undefined || value === null || value === '';

/** An object with named fields: no list, no octets, no date. */
export function isFields(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !ArrayBuffer.isView(value) && !(value instanceof Date);
}

/** As JSON has it, for error texts. */
export const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
