import { COMMANDS, didYouMean, isResponse, statusCode, type Explanation } from '../../protocol';
import { usageError } from '../errors';

/** Which PDUs are shown; all that is given must hold. */
export interface Filters {
  readonly commands: ReadonlySet<string>;
  /** `errors`: responses other than ESME_ROK. */
  readonly status: number | 'errors' | undefined;
  readonly sequence: number | undefined;
  /** A part of an address or message_id. */
  readonly find: string | undefined;
}

export function readFilters(options: Readonly<Record<string, unknown>>): Filters {
  const { status, sequence, find, command } = options;
  return {
    commands: new Set(listOf(command).map(checkedCommand)),
    status: typeof status === 'string' ? statusOf(status) : undefined,
    sequence: typeof sequence === 'number' ? sequence : undefined,
    find: typeof find === 'string' ? find : undefined,
  };
}

function listOf(value: unknown): string[] {
  const texts = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : [];
  return texts.flatMap((text) => text.split(',')).map((text) => text.trim());
}

function checkedCommand(name: string): string {
  if (name in COMMANDS) return name;
  throw usageError(`--command ${name}: there is no such command${didYouMean(name, Object.keys(COMMANDS))}`);
}

function statusOf(text: string): number | 'errors' {
  if (text === 'errors') return text;
  const code = statusCode(text);
  if (code === undefined)
    throw usageError(`--status ${text}: give errors, a name such as ESME_RTHROTTLED, or 0x00000058`);
  return code;
}

export function isWanted({ commands, status, sequence, find }: Filters, explanation: Explanation): boolean {
  const { command = '', header } = explanation;
  if (commands.size > 0 && !commands.has(command)) return false;
  if (sequence !== undefined && header?.sequence_number !== sequence) return false;
  if (status !== undefined) {
    if (!header || !isResponse(header.command_id)) return false;
    if (status === 'errors' ? header.command_status === 0 : header.command_status !== status) return false;
  }
  return find === undefined || explanation.fields.some(({ value }) => hasText(value, find));
}

/** Also within lists, and within texts of messages such as a receipt's. */
function hasText(value: unknown, find: string): boolean {
  if (typeof value === 'string') return value.includes(find);
  if (Buffer.isBuffer(value)) return value.includes(find, 0, 'latin1');
  if (Array.isArray(value)) return value.some((one) => hasText(one, find));
  return (
    typeof value === 'object' && value !== null && Object.values(value).some((one) => hasText(one, find))
  );
}
