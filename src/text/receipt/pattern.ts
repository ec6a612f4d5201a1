import { byWord, type FieldName, type ReceiptFields } from './fields';
import { compile, invalidPattern, type Assertion, type Instruction, type Program } from './pattern-program';
import { PatternParser } from './pattern-syntax';

/** A user's own form of receipt, compiled. */
export interface ReceiptPattern {
  /** The named groups of the first match, by the fields' names; undefined: no match. */
  match(text: string): ReceiptFields | undefined;
}

/** What is behind it is not looked at: receipts are short, and time must have a bound. */
const MAX_TEXT = 1000;

/** Names of groups: our own, and those of the specification's text. */
// prettier-ignore
const GROUPS = byWord<FieldName>({
  id: 'id message_id', sub: 'sub', dlvrd: 'dlvrd', submit_date: 'submit_date', done_date: 'done_date',
  stat: 'stat state', err: 'err', text: 'text',
});

/**
 * Compiles a user's pattern for receipts: a regular expression with named groups (`id`, `stat`, `err`, `submit_date`,
 * `done_date`, `sub`, `dlvrd`, `text`), of which `id` or `stat` is needed. `(?i)` at its start ignores case.
 *
 * It is not run by the engine of the language, which can take exponential time on a text that almost matches, but
 * by one that follows all ways at once (Thompson, 1968): at most 1000 steps per character, 1000 characters.
 * @throws TextError `INVALID_PATTERN`
 */
export function compileReceiptPattern(source: string | RegExp): ReceiptPattern {
  const written = typeof source === 'string' ? source : source.source;
  const ignoreCase = written.startsWith('(?i)') || (source instanceof RegExp && source.ignoreCase);
  const body = written.startsWith('(?i)') ? written.slice(4) : written;
  const program = compile(new PatternParser(body).parse(), ignoreCase);
  const unknown = program.names.find((name) => !GROUPS.has(name));
  if (unknown !== undefined) {
    throw invalidPattern(`it has no use for a group ${unknown}: use ${[...GROUPS.keys()].join(', ')}`);
  }
  if (!program.names.some((name) => GROUPS.get(name) === 'id' || GROUPS.get(name) === 'stat')) {
    throw invalidPattern('it needs a group named id or stat, as in id:(?<id>\\S+)');
  }
  return { match: (text) => fieldsOf(program, text.slice(0, MAX_TEXT)) };
}

export function matchPattern(
  pattern: string | RegExp | ReceiptPattern,
  text: string,
): ReceiptFields | undefined {
  const compiled =
    typeof pattern === 'string' || pattern instanceof RegExp ? compileReceiptPattern(pattern) : pattern;
  return compiled.match(text);
}

function fieldsOf(program: Program, text: string): ReceiptFields | undefined {
  const slots = run(program.instructions, text);
  if (!slots) return undefined;
  const fields: ReceiptFields = {};
  for (const [index, name] of program.names.entries()) {
    const [start, end] = [slots.get(2 * index), slots.get(2 * index + 1)];
    const field = GROUPS.get(name);
    if (field && start !== undefined && end !== undefined) fields[field] = text.slice(start, end);
  }
  return fields;
}

/** Where a group began or ended, newest first; shared between ways that have a beginning in common. */
interface Saved {
  readonly slot: number;
  readonly position: number;
  readonly before: Saved | undefined;
}

interface Way {
  readonly at: number;
  readonly saved: Saved | undefined;
}

/** All ways through the program at once, in the order of preference; each place at most once per character. */
function run(program: readonly Instruction[], text: string): Map<number, number> | undefined {
  const seen = new Int32Array(program.length).fill(-1);
  let ways: Way[] = [];
  let found: Way | undefined;
  for (let position = 0; position <= text.length; position++) {
    const here: Way[] = [];
    for (const way of ways) follow(program, way, text, position, seen, here);
    // The search may begin anywhere, but what began further left is preferred.
    if (!found) follow(program, { at: 0, saved: undefined }, text, position, seen, here);
    ways = [];
    for (const way of here) {
      const instruction = program[way.at];
      if (instruction?.op === 'match') {
        found = way;
        break;
      }
      if (instruction?.op !== 'set' || position === text.length) continue;
      if (instruction.has(text.charCodeAt(position))) ways.push({ at: way.at + 1, saved: way.saved });
    }
    if (ways.length === 0 && found) break;
  }
  return found && slotsOf(found.saved);
}

/** From one place to all that can be reached without taking a character. */
function follow(
  program: readonly Instruction[],
  way: Way,
  text: string,
  position: number,
  seen: Int32Array,
  here: Way[],
): void {
  const pending: Way[] = [way];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { at, saved } = next;
    if (seen[at] === position) continue;
    seen[at] = position;
    const instruction = program[at];
    switch (instruction?.op) {
      case 'split':
        pending.push({ at: instruction.second, saved }, { at: instruction.first, saved });
        break;
      case 'jump':
        pending.push({ at: instruction.to, saved });
        break;
      case 'save':
        pending.push({ at: at + 1, saved: { slot: instruction.slot, position, before: saved } });
        break;
      case 'assert':
        if (holds(instruction.assertion, text, position)) pending.push({ at: at + 1, saved });
        break;
      default:
        here.push(next);
    }
  }
}

function holds(assertion: Assertion, text: string, position: number): boolean {
  if (assertion === 'start') return position === 0;
  if (assertion === 'end') return position === text.length;
  const boundary = isWord(text, position - 1) !== isWord(text, position);
  return boundary === (assertion === 'boundary');
}

function isWord(text: string, position: number): boolean {
  return /\w/.test(text.charAt(position));
}

function slotsOf(saved: Saved | undefined): Map<number, number> {
  const slots = new Map<number, number>();
  for (let one = saved; one; one = one.before) if (!slots.has(one.slot)) slots.set(one.slot, one.position);
  return slots;
}
