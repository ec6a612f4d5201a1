import { inspect } from 'node:util';
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { SmppError } from '../src/index';
import type { TypedInputs } from './compose';
import { FORM_INPUTS } from './forms';
import type { Fields } from './values';

type Evaluate = (msg: NodeMessage) => Promise<unknown>;
type Name = keyof TypedInputs;

/** What the editor writes for an input that the user left alone. */
const NONE = { type: 'str', value: '' } as const;
const DEFAULTS = {
  message: { type: 'msg', value: 'payload' },
  source: NONE,
  destination: { type: 'msg', value: 'topic' },
  ...Object.fromEntries(FORM_INPUTS.map(({ name }) => [name, NONE])),
} as Readonly<Record<Name, { type: string; value: string }>>;

/** The typed inputs of an smpp-out node. Those that were left alone do not appear in the result. */
export class TypedInputReader {
  readonly #evaluators: readonly (readonly [Name, Evaluate, string])[];
  /** Settles when all that was asked for is read. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(RED: NodeAPI, node: Node, definition: Fields) {
    const names = Object.keys(DEFAULTS) as Name[];
    this.#evaluators = names.flatMap((name) => {
      const type = textOf(definition[`${name}Type`], DEFAULTS[name].type);
      const value = textOf(definition[name], DEFAULTS[name].value);
      const alone = value === '' || (type === DEFAULTS[name].type && value === DEFAULTS[name].value);
      return alone ? [] : [[name, evaluator(RED, node, name, value, type), placeOf(type, value)] as const];
    });
  }

  /** At once where all were left alone; else in the order of asking, for messages go in the order in which they came. */
  read(msg: NodeMessage): TypedInputs | Promise<TypedInputs> {
    return this.#evaluators.length === 0 ? {} : this.#evaluate(msg);
  }

  async #evaluate(msg: NodeMessage): Promise<TypedInputs> {
    const values = this.#evaluators.map(
      async ([name, evaluate, place]) => [name, { value: await evaluate(msg), place }] as const,
    );
    const turn = Promise.all([Promise.all(values), this.#last]);
    this.#last = turn.catch(() => undefined);
    const [read] = await turn;
    return Object.fromEntries(read);
  }
}

/** As the editor shows it. */
function placeOf(type: string, value: string): string {
  if (type === 'env') return `the environment variable ${value}`;
  if (type === 'jsonata') return `the expression ${value}`;
  return ['msg', 'flow', 'global'].includes(type) ? `${type}.${value}` : `the ${type} ${value}`;
}

function textOf(given: unknown, fallback: string): string {
  return typeof given === 'string' || typeof given === 'number' ? String(given) : fallback;
}

function evaluator(RED: NodeAPI, node: Node, name: Name, value: string, type: string): Evaluate {
  return (msg) =>
    new Promise((resolve, reject) => {
      const settle = (error: unknown, result?: unknown): void => {
        // Node-RED has an empty text for a variable that is not set.
        if (!error) return resolve(type === 'env' && result === '' ? undefined : result);
        // A path through something that is not there: msg.sms.text without msg.sms.
        if (type === 'msg' && error instanceof TypeError) return resolve(undefined);
        const reason = error instanceof Error ? error.message : inspect(error);
        const text = `${name} (${type} ${value}) cannot be evaluated: ${reason}`;
        reject(new SmppError('INVALID_EXPRESSION', text, { cause: error }));
      };
      try {
        RED.util.evaluateNodeProperty(value, type, node, msg, settle);
      } catch (error) {
        settle(error);
      }
    });
}
