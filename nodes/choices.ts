import { migrate, type Definition, type NodeType } from './migrations';
import { blank } from './values';

/** Reads the properties of a node that are one of several, a number or a flag; collects what is wrong. */
export class Reader {
  readonly problems: string[] = [];
  readonly definition: Definition;

  /** `given`: as the flow file has it; brought up to date here. */
  constructor(type: NodeType, given: object) {
    const { definition, problem } = migrate(type, given as Definition);
    this.definition = definition;
    if (problem !== undefined) this.add(`version: ${problem}`);
  }

  /** Blank or absent: the first. */
  choice<const T extends string>(property: string, choices: readonly T[]): T {
    return this.#read(
      property,
      choices[0] as T,
      (given) => choices.find((choice) => choice === given),
      `give one of ${choices.join(', ')}`,
    );
  }

  /** Also numbers as text, as environment variables are. */
  number(property: string, fallback: number, { min, max }: { min: number; max: number }): number {
    const read = (given: unknown): number | undefined => {
      const value = typeof given === 'string' || typeof given === 'number' ? Number(given) : NaN;
      return value >= min && value <= max ? value : undefined;
    };
    return this.#read(property, fallback, read, `give a number from ${min} to ${max}`);
  }

  flag(property: string): boolean {
    const read = (given: unknown): boolean | undefined =>
      /^(true|1|yes|on)$/i.test(String(given)) ||
      (/^(false|0|no|off)$/i.test(String(given)) ? false : undefined);
    return this.#read(property, false, read, 'give true or false');
  }

  text(property: string, fallback: string): string {
    return this.#read(
      property,
      fallback,
      (given) => (unsetVariable(given) === undefined ? String(given) : undefined),
      '',
    );
  }

  add(problem: string): void {
    this.problems.push(problem);
  }

  #read<T>(property: string, fallback: T, read: (given: unknown) => T | undefined, remedy: string): T {
    const given = this.definition[property];
    if (blank(given)) return fallback;
    const value = read(given);
    if (value !== undefined) return value;
    const unset = unsetVariable(given);
    this.add(
      unset === undefined
        ? `${property} (${JSON.stringify(given)}): ${remedy}`
        : `environment variable ${unset} is not set (${property})`,
    );
    return fallback;
  }
}

/** Node-RED leaves `${NAME}` as it is where there is no such variable. */
function unsetVariable(value: unknown): string | undefined {
  return typeof value === 'string' ? /^\$\{(\S+)\}$/.exec(value)?.[1] : undefined;
}
