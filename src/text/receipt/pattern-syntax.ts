import type { TextError } from '../errors';
import { invalidPattern, type Assertion, type Emit, type Ranges } from './pattern-program';

const DIGITS: Ranges = [[0x30, 0x39]];
const WORD: Ranges = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]; // prettier-ignore
const SPACE: Ranges = [[0x09, 0x0d], [0x20, 0x20], [0xa0, 0xa0], [0x1680, 0x1680], [0x2000, 0x200a], [0x2028, 0x2029], [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff]]; // prettier-ignore
const LINE_ENDS: Ranges = [[0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]]; // prettier-ignore

const SHORTHANDS: Readonly<Record<string, Ranges>> = { d: DIGITS, w: WORD, s: SPACE };
const CONTROLS: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, v: 0x0b, '0': 0x00 };

const MAX_REPEAT = 1000;
const MAX_DEPTH = 50;

const set =
  (ranges: Ranges, negated = false): Emit =>
  (into) =>
    into.set(ranges, negated);
const single = (code: number): Emit => set([[code, code]]);
const assertion =
  (kind: Assertion): Emit =>
  (into) =>
    into.add({ op: 'assert', assertion: kind });

/**
 * The regular part of JavaScript's regular expressions: no back references and no look-around, for
 * which no bound in time can be kept. Python's `(?P<name>…)` and `{,n}` are understood too.
 */
export class PatternParser {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): Emit {
    const emit = this.#choice();
    if (this.#at < this.#source.length) throw this.#error('there is a ")" too many');
    return emit;
  }

  #choice(): Emit {
    if (++this.#depth > MAX_DEPTH)
      throw this.#error(`it has more than ${MAX_DEPTH} groups within each other`);
    const emits = [this.#sequence()];
    while (this.#take('|')) emits.push(this.#sequence());
    this.#depth--;
    return (into) => into.choice(emits);
  }

  #sequence(): Emit {
    const emits: Emit[] = [];
    while (this.#at < this.#source.length && !this.#sees('|') && !this.#sees(')')) emits.push(this.#term());
    return (into) => emits.forEach((emit) => emit(into));
  }

  #term(): Emit {
    const atom = this.#atom();
    const [least, most] = this.#quantifier() ?? [1, 1];
    if (least === 1 && most === 1) return atom;
    if (most < least || least > MAX_REPEAT || (most !== Infinity && most > MAX_REPEAT)) {
      throw this.#error(`a repetition must be within {0,${MAX_REPEAT}}, the smaller number first`);
    }
    const lazy = this.#take('?');
    return (into) => into.repeat(atom, least, most, lazy);
  }

  #quantifier(): [number, number] | undefined {
    if (this.#take('*')) return [0, Infinity];
    if (this.#take('+')) return [1, Infinity];
    if (this.#take('?')) return [0, 1];
    const match = /^\{(\d*)(,?)(\d*)\}/.exec(this.#source.slice(this.#at, this.#at + 12));
    if (!match || (match[1] === '' && match[3] === '')) return undefined;
    this.#at += match[0].length;
    const least = Number(match[1]);
    if (match[2] === '') return [least, least];
    return [least, match[3] === '' ? Infinity : Number(match[3])];
  }

  #atom(): Emit {
    const character = this.#next();
    if (character === '(') return this.#group();
    if (character === '[') return this.#set();
    if (character === '.') return set(LINE_ENDS, true);
    if (character === '^') return assertion('start');
    if (character === '$') return assertion('end');
    if (character === '\\') return this.#escape();
    if ('*+?'.includes(character)) throw this.#error(`"${character}" has nothing to repeat`);
    return single(character.charCodeAt(0));
  }

  #group(): Emit {
    let name: string | undefined;
    if (this.#take('?')) {
      const start = this.#source.slice(this.#at);
      const named = /^P?<([A-Za-z_]\w*)>/.exec(start);
      if (named) name = named[1];
      else if (!start.startsWith(':'))
        throw this.#error('look-ahead, look-behind and options within are not supported');
      this.#at += named ? named[0].length : 1;
    }
    const emit = this.#choice();
    if (!this.#take(')')) throw this.#error('a ")" is missing');
    return name === undefined ? emit : (into) => into.group(emit, name);
  }

  #escape(): Emit {
    const letter = this.#next();
    if (letter === 'b') return assertion('boundary');
    if (letter === 'B') return assertion('no-boundary');
    const shorthand = shorthandOf(letter);
    return shorthand ? set(shorthand, letter < 'a') : single(this.#escaped(letter));
  }

  /** The code unit of an escape that stands for one. */
  #escaped(letter: string): number {
    const control = CONTROLS[letter];
    if (control !== undefined) return control;
    if (letter === 'x') return this.#hex(2);
    if (letter === 'u') return this.#hex(4);
    if (/[A-Za-z1-9]/.test(letter)) throw this.#error(`"\\${letter}" is not supported`);
    return letter.charCodeAt(0);
  }

  #hex(digits: number): number {
    const written = this.#source.slice(this.#at, this.#at + digits);
    if (!/^[\da-f]+$/i.test(written) || written.length !== digits)
      throw this.#error('hexadecimal digits are missing');
    this.#at += digits;
    return parseInt(written, 16);
  }

  #set(): Emit {
    const negated = this.#take('^');
    const ranges: [number, number][] = [];
    while (!this.#take(']')) {
      const first = this.#setMember(ranges);
      if (first === undefined) continue;
      const isRange =
        this.#sees('-') && this.#source[this.#at + 1] !== ']' && this.#at + 1 < this.#source.length;
      if (isRange) this.#at++;
      const last = isRange ? this.#setMember([]) : first;
      if (last === undefined || last < first) throw this.#error('a range in [] is out of order');
      ranges.push([first, last]);
    }
    return set(ranges, negated);
  }

  /** One code unit; undefined for a shorthand, whose ranges are added. */
  #setMember(ranges: [number, number][]): number | undefined {
    const character = this.#next();
    if (character !== '\\') return character.charCodeAt(0);
    const letter = this.#next();
    if (letter === 'b') return 0x08;
    const shorthand = shorthandOf(letter);
    if (!shorthand) return this.#escaped(letter);
    for (const [first, last] of letter < 'a' ? complement(shorthand) : shorthand) ranges.push([first, last]);
    return undefined;
  }

  #sees(character: string): boolean {
    return this.#source[this.#at] === character;
  }

  #take(character: string): boolean {
    if (!this.#sees(character)) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    const character = this.#source[this.#at++];
    if (character === undefined) throw this.#error('it ends too early');
    return character;
  }

  #error(why: string): TextError {
    return invalidPattern(`${why} (at ${this.#at})`, this.#at);
  }
}

function shorthandOf(letter: string): Ranges | undefined {
  return /[dswDSW]/.test(letter) ? SHORTHANDS[letter.toLowerCase()] : undefined;
}

function complement(ranges: Ranges): Ranges {
  const result: [number, number][] = [];
  let from = 0;
  for (const [first, last] of ranges) {
    if (from < first) result.push([from, first - 1]);
    from = last + 1;
  }
  result.push([from, 0xffff]);
  return result;
}
