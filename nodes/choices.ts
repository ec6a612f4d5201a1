/** Reads the properties of a node that are one of several, a number or a flag; collects what is wrong. */
export class Reader {
  readonly problems: string[] = [];
  readonly #definition: Readonly<Record<string, unknown>>;

  constructor(definition: Readonly<Record<string, unknown>>) {
    this.#definition = definition;
  }

  /** Blank or absent: the first. */
  choice<const T extends string>(property: string, choices: readonly T[]): T {
    const given = this.#definition[property];
    const [first] = choices as readonly [T];
    if (blank(given)) return first;
    const found = choices.find((choice) => choice === given);
    if (found === undefined) this.#problem(property, given, `give one of ${choices.join(', ')}`);
    return found ?? first;
  }

  /** Also numbers as text, as environment variables are. */
  number(property: string, fallback: number, { min, max }: { min: number; max: number }): number {
    const given = this.#definition[property];
    if (blank(given)) return fallback;
    const value = typeof given === 'string' || typeof given === 'number' ? Number(given) : NaN;
    if (value >= min && value <= max) return value;
    this.#problem(property, given, `give a number from ${min} to ${max}`);
    return fallback;
  }

  flag(property: string): boolean {
    const given = this.#definition[property];
    if (blank(given)) return false;
    if (/^(true|1|yes|on)$/i.test(String(given))) return true;
    if (/^(false|0|no|off)$/i.test(String(given))) return false;
    this.#problem(property, given, 'give true or false');
    return false;
  }

  text(property: string, fallback: string): string {
    const given = this.#definition[property];
    if (blank(given)) return fallback;
    const unset = unsetVariable(given);
    if (unset !== undefined) this.#problem(property, undefined, unsetText(unset, property));
    return String(given);
  }

  add(problem: string): void {
    this.problems.push(problem);
  }

  #problem(property: string, given: unknown, remedy: string): void {
    const unset = unsetVariable(given);
    const shown = given === undefined || unset !== undefined ? '' : ` (${JSON.stringify(given)})`;
    this.problems.push(unset === undefined ? `${property}${shown}: ${remedy}` : unsetText(unset, property));
  }
}

const blank = (value: unknown): boolean => value === undefined || value === null || value === '';

const unsetText = (name: string, property: string): string =>
  `environment variable ${name} is not set (${property})`;

/** Node-RED leaves `${NAME}` as it is where there is no such variable. */
function unsetVariable(value: unknown): string | undefined {
  return typeof value === 'string' ? /^\$\{(\S+)\}$/.exec(value)?.[1] : undefined;
}
