import { blank, type Fields } from './values';

/** What an smpp-in is set to listen to: a list, or its names separated by commas (as an environment variable has it). */
export function eventNames(given: unknown): readonly unknown[] {
  if (blank(given)) return ['message', 'receipt'];
  if (Array.isArray(given)) return given;
  return typeof given === 'string' ? given.split(/[\s,]+/) : [given];
}

/** A node as the flows have it, running or not. */
export interface FlowDefinition {
  readonly id: string;
  readonly type: string;
  readonly z?: string;
  readonly connection?: unknown;
  readonly events?: unknown;
  /** Variables that a flow, group or subflow, or an instance of one, sets for what lies in it. */
  readonly env?: unknown;
}

/**
 * Whether the flows have an smpp-in that is to take messages of a connection, be it that it, its group, its flow or the
 * subflow that it lies in is disabled, or that it is wrongly configured. `ids`: the connection's own id and, in a
 * subflow, the one it has in the template.
 */
export function wantsMessages(
  flows: readonly FlowDefinition[],
  ids: readonly string[],
  environment: Fields = process.env,
): boolean {
  const mayBe = (given: unknown): unknown[] => meanings(given, flows, environment);
  return flows.some(
    ({ type, connection, events, z }) =>
      type === 'smpp-in' &&
      mayBe(connection).some((id) => typeof id === 'string' && ids.includes(id)) &&
      mayBe(events).some((some) => eventNames(some).includes('message')) &&
      isPlaced(flows, z),
  );
}

/**
 * What a property may stand for. Node-RED has put variables in only where the node runs: of those that do not, all
 * values are looked at that a variable of this name has anywhere, for what is kept in vain is not lost.
 */
function meanings(
  given: unknown,
  flows: readonly FlowDefinition[],
  environment: Fields,
  inside: readonly string[] = [],
): unknown[] {
  const name = typeof given === 'string' ? /^\$\{([^}]+)\}$/.exec(given)?.[1] : undefined;
  if (name === undefined) return [given];
  if (inside.includes(name)) return [];
  const set = flows.flatMap(({ env }) => (Array.isArray(env) ? (env as Fields[]) : []));
  const values = set
    .filter((variable) => variable.name === name)
    // Of this type are names of other variables.
    .map(({ type, value }) => (type === 'env' ? `\${${String(value)}}` : value));
  return [...values, environment[name]]
    .filter((value) => value !== undefined)
    .flatMap((value) => meanings(value, flows, environment, [...inside, name]));
}

/** A subflow that nobody uses is a template and no more. */
function isPlaced(
  flows: readonly FlowDefinition[],
  z: string | undefined,
  inside: readonly string[] = [],
): boolean {
  if (z === undefined || inside.includes(z)) return z === undefined;
  if (!flows.some(({ id, type }) => id === z && type === 'subflow')) return true;
  return flows.some((one) => one.type === `subflow:${z}` && isPlaced(flows, one.z, [...inside, z]));
}
