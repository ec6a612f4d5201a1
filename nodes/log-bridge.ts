import { inFlow } from './wording';

/** A node's own log methods: Node-RED puts its type and name in front. */
export interface NodeLog {
  log(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  debug(text: string): void;
  trace(text: string): void;
}

/** By name: Node-RED counts its levels the other way round. */
const METHODS: Readonly<Record<string, keyof NodeLog>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'log',
  warn: 'warn',
  error: 'error',
  fatal: 'error',
};

/** Node-RED says these itself, or says which connection it is. */
const HIDDEN = new Set(['level', 'time', 'msg', 'connection', 'host', 'system_id', 'pid', 'hostname']);

/** Takes the engine's log lines and says them in Node-RED's log: a sentence, then the facts. */
export function logTo(node: NodeLog): (line: Record<string, unknown>) => void {
  return (line) => node[methodFor(line)](sentence(line));
}

/** What was recorded was to be seen: Node-RED's own level would leave debug and trace out. */
function methodFor({ level, recorded }: Record<string, unknown>): keyof NodeLog {
  const method = METHODS[String(level)] ?? 'log';
  return recorded === true && (method === 'debug' || method === 'trace') ? 'log' : method;
}

function sentence(line: Record<string, unknown>): string {
  const text =
    typeof line.msg === 'string' ? inFlow(`${String(line.event)} ${String(line.stage)}`, line.msg) : '';
  const isNews = (value: unknown): boolean =>
    typeof value !== 'string' || (value !== '' && !text.includes(value));
  const facts = Object.entries(line)
    .filter(([name, value]) => !HIDDEN.has(name) && value !== undefined && isNews(value))
    .map(([name, value]) => `${name}=${shown(value)}`);
  if (facts.length === 0) return text;
  return text === '' ? facts.join(' ') : `${text} (${facts.join(' ')})`;
}

function shown(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  // An error as pino writes it: the stack would fill the log.
  const { message } = value as { message?: unknown };
  return typeof message === 'string' ? JSON.stringify(message) : JSON.stringify(value);
}
