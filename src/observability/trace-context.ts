/**
 * W3C Trace Context, level 1 (https://www.w3.org/TR/trace-context-1/): which trace a message belongs to, as its sender
 * says. Nothing of it goes over SMPP.
 */
export interface TraceContext {
  /** `00-<trace-id>-<parent-id>-<flags>`, lower case hexadecimal. */
  readonly traceparent: string;
  /** What belongs to `traceparent`, as it was given. */
  readonly tracestate?: string | undefined;
}

const PARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
/** Section 3.2.2: the version that is written here. */
const VERSION = '00';
const SIMPLE_KEY = /^[a-z][a-z\d_\-*/]{0,255}$/;
const TENANT_KEY = /^[a-z\d][a-z\d_\-*/]{0,240}@[a-z][a-z\d_\-*/]{0,13}$/;
/** Printable ASCII without comma and equals sign; the last is no blank. */
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
/** Section 3.3.1.1. */
const MOST_MEMBERS = 32;
/** Section 3.3.1.5: so many characters are kept; longer members go first, then those at the end. */
const MOST_CHARACTERS = 512;
const LARGE_MEMBER = 128;
/** What is longer is not looked at. */
const LONGEST = 32 * 1024;

/** Undefined: the traceparent is none. A tracestate that is none is left out. */
export function traceContext(traceparent: unknown, tracestate?: unknown): TraceContext | undefined {
  const parent = readParent(traceparent);
  if (parent === undefined) return undefined;
  const state = tracestate === undefined ? undefined : readState(tracestate);
  return state === undefined ? { traceparent: parent } : { traceparent: parent, tracestate: state };
}

/** In lines of the log, by the names that OpenTelemetry has for them: `span_id` is the sender's span, there is none of ours. */
export function traceFacts({ traceparent }: TraceContext): { trace_id: string; span_id: string } {
  return { trace_id: traceparent.slice(3, 35), span_id: traceparent.slice(36, 52) };
}

function readParent(given: unknown): string | undefined {
  if (typeof given !== 'string' || given.length > LONGEST) return undefined;
  const [, version, trace = '', parent = '', flags = '', rest] = PARENT.exec(given) ?? [];
  if (version === undefined || version === 'ff' || /^0+$/.test(trace) || /^0+$/.test(parent))
    return undefined;
  if (version === VERSION) return rest === undefined ? given : undefined;
  // Of a later version what is known here, of the flags that it is sampled.
  const sampled = (Number.parseInt(flags, 16) & 1) === 1 ? '01' : '00';
  return [VERSION, trace, parent, sampled].join('-');
}

/** Several headers of one message are one list. */
function readState(given: unknown): string | undefined {
  const text: unknown = Array.isArray(given) ? given.join(',') : given;
  if (typeof text !== 'string' || text.length > LONGEST) return undefined;
  const members = text
    .split(',')
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((member) => member !== '');
  const keys = new Set(members.map(keyOf));
  const isWrong = keys.has(undefined) || keys.size < members.length || members.length > MOST_MEMBERS;
  return isWrong || members.length === 0 ? undefined : shortened(members).join(',');
}

function keyOf(member: string): string | undefined {
  const at = member.indexOf('=');
  const key = member.slice(0, Math.max(at, 0));
  const isKey = SIMPLE_KEY.test(key) || TENANT_KEY.test(key);
  return isKey && VALUE.test(member.slice(at + 1)) ? key : undefined;
}

function shortened(members: readonly string[]): string[] {
  const kept = [...members];
  const isOver = (): boolean => kept.join(',').length > MOST_CHARACTERS;
  for (let at = kept.length - 1; at >= 0 && isOver(); at--)
    if ((kept[at] as string).length > LARGE_MEMBER) kept.splice(at, 1);
  while (isOver()) kept.pop();
  return kept;
}
