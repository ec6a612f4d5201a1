import { PduError, type PduHeader } from './errors';
import { STATUSES, type StatusName } from './statuses';

/** The error for a PDU that cannot be read or written, with the status that an answer to it carries. */
export function refusal(
  code: string,
  message: string,
  status: StatusName,
  detail: { field?: string; header?: PduHeader | undefined } = {},
): PduError {
  return new PduError(code, message, { command_status: STATUSES[status][0], ...detail });
}

interface Named {
  readonly name: string;
  readonly status?: StatusName;
}

/**
 * The error for a value that cannot be written. `problem` goes on after field
 * and value: `source_addr "…" ` + `is 22 characters long; …`.
 */
export function invalidField(field: Named, value: unknown, problem: string): PduError {
  const message = `${field.name} ${show(field.name, value)} ${problem}`;
  return refusal('INVALID_FIELD', message, field.status ?? 'ESME_RINVPARLEN', { field: field.name });
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
