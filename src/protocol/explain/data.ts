import type { ExplainedFault, ExplainedField, Explanation } from './types';

/** A field of a PDU as JSON has it. */
export interface ExplainedFieldData extends Omit<ExplainedField, 'octets' | 'fields'> {
  /** As hexadecimal digits. */
  readonly octets: string;
  /** Octets in it are `{hex}`. */
  readonly value: unknown;
  /** What the field consists of. */
  readonly fields?: readonly ExplainedFieldData[];
}

/** An explanation as JSON has it. */
export interface ExplanationData extends Omit<Explanation, 'fields'> {
  /** From the first octet to the last. */
  readonly fields: readonly ExplainedFieldData[];
  /** Absent where it can be read. */
  readonly fault?: ExplainedFault;
}

/** An explanation as plain data, for an editor or any other program that gets it as JSON: it is equal to what is parsed from its own JSON. */
export function explanationData({ fields, ...others }: Explanation): ExplanationData {
  return { ...others, fields: fields.map(fieldData) };
}

function fieldData({ octets, value, fields, ...others }: ExplainedField): ExplainedFieldData {
  return {
    ...others,
    octets: octets.toString('hex'),
    value: plain(value),
    ...(fields && { fields: fields.map(fieldData) }),
  };
}

function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return { hex: value.toString('hex') };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}
