import { TextError } from '../errors';

/** Ranges of UTF-16 code units, first and last. */
export type Ranges = readonly (readonly [first: number, last: number])[];

export type Assertion = 'start' | 'end' | 'boundary' | 'no-boundary';

/** A part of a pattern: what writes its instructions, as often as they are needed. */
export type Emit = (into: Compiler) => void;

export type Instruction =
  | { readonly op: 'set'; readonly has: (code: number) => boolean }
  | { readonly op: 'assert'; readonly assertion: Assertion }
  /** Both ways, the first one preferred. */
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'match' };

export interface Program {
  readonly instructions: readonly Instruction[];
  /** Slots 2n and 2n + 1 are start and end of the nth. */
  readonly names: readonly string[];
}

export function invalidPattern(why: string, position?: number): TextError {
  const message = `The receipt pattern cannot be used: ${why}.`;
  return new TextError('INVALID_PATTERN', message, { field: 'receiptPattern', position });
}

/** Time is bounded by the length of the text times this. */
const MAX_INSTRUCTIONS = 1000;

export function compile(emit: Emit, ignoreCase: boolean): Program {
  const compiler = new Compiler(ignoreCase);
  emit(compiler);
  compiler.add({ op: 'match' });
  return { instructions: compiler.instructions, names: compiler.names };
}

class Compiler {
  readonly instructions: Instruction[] = [];
  readonly names: string[] = [];
  readonly #ignoreCase: boolean;

  constructor(ignoreCase: boolean) {
    this.#ignoreCase = ignoreCase;
  }

  add<T extends Instruction>(instruction: T): T {
    if (this.instructions.length >= MAX_INSTRUCTIONS) {
      const message = 'it is too large: counted repetitions such as {1,65} are as long as what they count';
      throw invalidPattern(message);
    }
    this.instructions.push(instruction);
    return instruction;
  }

  set(ranges: Ranges, negated: boolean): void {
    const within = (code: number): boolean => ranges.some(([first, last]) => code >= first && code <= last);
    const either = (code: number): boolean => within(code) || within(lower(code)) || within(upper(code));
    const test = this.#ignoreCase ? either : within;
    this.add({ op: 'set', has: (code) => test(code) !== negated });
  }

  choice(emits: readonly Emit[]): void {
    const exits: { op: 'jump'; to: number }[] = [];
    for (const [index, emit] of emits.entries()) {
      if (index === emits.length - 1) {
        emit(this);
        break;
      }
      const split = this.add({ op: 'split', first: this.instructions.length + 1, second: 0 });
      emit(this);
      exits.push(this.add({ op: 'jump', to: 0 }));
      split.second = this.instructions.length;
    }
    for (const exit of exits) exit.to = this.instructions.length;
  }

  group(emit: Emit, name: string): void {
    const known = this.names.indexOf(name);
    const index = known === -1 ? this.names.push(name) - 1 : known;
    this.add({ op: 'save', slot: 2 * index });
    emit(this);
    this.add({ op: 'save', slot: 2 * index + 1 });
  }

  /** `most`: Infinity for no bound. */
  repeat(emit: Emit, least: number, most: number, lazy: boolean): void {
    for (let count = 0; count < least; count++) emit(this);
    const splits = [];
    for (let count = least; count < (most === Infinity ? least + 1 : most); count++) {
      splits.push(this.#split(lazy));
      emit(this);
    }
    if (most === Infinity) this.add({ op: 'jump', to: splits[0]?.at ?? 0 });
    for (const split of splits) split.leave(this.instructions.length);
  }

  /** Into what follows or out, whichever is preferred. */
  #split(lazy: boolean): { at: number; leave(to: number): void } {
    const at = this.instructions.length;
    const split = this.add({ op: 'split', first: at + 1, second: at + 1 });
    return {
      at,
      leave(to) {
        if (lazy) split.first = to;
        else split.second = to;
      },
    };
  }
}

function lower(code: number): number {
  return String.fromCharCode(code).toLowerCase().charCodeAt(0);
}

function upper(code: number): number {
  return String.fromCharCode(code).toUpperCase().charCodeAt(0);
}
