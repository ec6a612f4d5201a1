import { PduError } from './errors';
import { statusCode, type StatusName } from './statuses';

interface Named {
  readonly name: string;
  readonly status?: StatusName;
}

/**
 * The error for a value that cannot be written. `problem` goes on after field
 * and value: `source_addr "…" ` + `is 22 characters long; …`.
 */
export function invalidField(field: Named, value: unknown, problem: string): PduError {
  return new PduError('INVALID_FIELD', `${field.name} ${show(field.name, value)} ${problem}`, {
    command_status: statusCode(field.status ?? 'ESME_RINVPARLEN') ?? 0,
    field: field.name,
  });
}

/** A value as an error may show it: short, and never a secret or the text of a message. */
export function show(name: string, value: unknown): string {
  if (name === 'password') return '(not shown)';
  if (typeof value === 'string') {
    return value.length > 40 ? `"${value.slice(0, 40)}…"` : JSON.stringify(value);
  }
  if (value instanceof Uint8Array) return `(${value.length} octets)`;
  if (Array.isArray(value)) return `(a list of ${value.length})`;
  if (typeof value === 'object' && value !== null) return '(an object)';
  return String(value);
}
