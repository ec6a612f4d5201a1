import { invalidPattern, type Assertion, type Node } from './pattern-syntax';

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

/** Time is bounded by the length of the text times this. */
const MAX_INSTRUCTIONS = 1000;

export function compile(node: Node, ignoreCase: boolean): Program {
  const compiler = new Compiler(ignoreCase);
  compiler.emit(node);
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

  emit(node: Node): void {
    switch (node.kind) {
      case 'set':
        this.add({ op: 'set', has: this.#test(node) });
        break;
      case 'assert':
        this.add({ op: 'assert', assertion: node.assertion });
        break;
      case 'sequence':
        for (const one of node.nodes) this.emit(one);
        break;
      case 'choice':
        this.#choice(node.nodes);
        break;
      case 'group':
        this.#group(node);
        break;
      case 'repeat':
        this.#repeat(node);
        break;
    }
  }

  #test({ ranges, negated }: Node & { kind: 'set' }): (code: number) => boolean {
    const within = (code: number): boolean => ranges.some(([first, last]) => code >= first && code <= last);
    if (!this.#ignoreCase) return (code) => within(code) !== negated;
    return (code) => (within(code) || within(lower(code)) || within(upper(code))) !== negated;
  }

  #choice(nodes: readonly Node[]): void {
    const exits: { op: 'jump'; to: number }[] = [];
    for (const [index, node] of nodes.entries()) {
      if (index === nodes.length - 1) {
        this.emit(node);
        break;
      }
      const split = this.add({ op: 'split', first: this.instructions.length + 1, second: 0 });
      this.emit(node);
      exits.push(this.add({ op: 'jump', to: 0 }));
      split.second = this.instructions.length;
    }
    for (const exit of exits) exit.to = this.instructions.length;
  }

  #group({ node, name }: Node & { kind: 'group' }): void {
    if (name === undefined) return this.emit(node);
    const known = this.names.indexOf(name);
    const index = known === -1 ? this.names.push(name) - 1 : known;
    this.add({ op: 'save', slot: 2 * index });
    this.emit(node);
    this.add({ op: 'save', slot: 2 * index + 1 });
  }

  #repeat({ node, least, most, lazy }: Node & { kind: 'repeat' }): void {
    for (let count = 0; count < least; count++) this.emit(node);
    if (most === Infinity) {
      const split = this.#split(lazy);
      this.emit(node);
      this.add({ op: 'jump', to: split.at });
      split.leave(this.instructions.length);
      return;
    }
    const splits = [];
    for (let count = least; count < most; count++) {
      splits.push(this.#split(lazy));
      this.emit(node);
    }
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
