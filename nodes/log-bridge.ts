import { lineInFlow } from './wording';

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

/** Node-RED says these itself: its own time and level, and the name of the node. */
const HIDDEN = new Set(['level', 'time', 'msg', 'connection', 'system_id', 'event', 'stage']);

/** Takes the engine's log lines and says them in Node-RED's log: a sentence, then the facts. */
export function logTo(node: NodeLog): (line: Record<string, unknown>) => void {
  return (line) => node[methodFor(line)](sentence(line));
}

/** What was recorded was to be seen: Node-RED's own level would leave debug and trace out. */
function methodFor({ level, recorded }: Record<string, unknown>): keyof NodeLog {
  const method = METHODS[String(level)] ?? 'log';
  return recorded === true && (method === 'debug' || method === 'trace') ? 'log' : method;
}

/**
 * `bound to h:2775 (event=session stage=bound host=h:2775 session=1)`: a sentence, then all facts, event and stage first.
 * The facts begin at the last ` (event=`, and each is one word or one text in quotes; docs/logging.md says how to read them.
 */
function sentence(line: Record<string, unknown>): string {
  const { event, stage } = line;
  const text = lineInFlow(line);
  const facts = [
    `event=${shown(event)}`,
    `stage=${shown(stage)}`,
    ...Object.entries(line)
      .filter(([name, value]) => !HIDDEN.has(name) && value !== undefined)
      .map(([name, value]) => `${word(name)}=${shown(value)}`),
  ].join(' ');
  if (text === '') return `(${facts})`;
  // A peer's words are not to begin a line of their own, nor what looks like facts.
  return `${text.replace(CONTROL, escaped)} (${facts})`;
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const PLAIN = /^[^\s"'=()[\]{},\\\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/;
/** What JSON would read as something else than a text. */
const TYPED = /^(?:-?\d.*|true|false|null)$/;
const UNSAFE = /[\s()\u007f-\u009f\u2028\u2029]/g;

const escaped = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;

const word = (text: string): string => (PLAIN.test(text) ? text : quoted(text));

/** As JSON, but for blanks other than a space, and parentheses. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(UNSAFE, (sign) => (sign === ' ' ? sign : escaped(sign)));

function shown(value: unknown): string {
  if (typeof value === 'string') return TYPED.test(value) ? quoted(value) : word(value);
  if (typeof value !== 'object' || value === null) return String(value);
  // An error as pino writes it: the stack would fill the log.
  const { message } = value as { message?: unknown };
  if (typeof message === 'string') return quoted(message);
  return JSON.stringify(value).replace(UNSAFE, escaped);
}
