import { eventNames } from './event-names';

/** A node as the flows have it, running or not. */
export interface FlowDefinition {
  readonly id: string;
  readonly type: string;
  readonly z?: string;
  readonly connection?: unknown;
  readonly events?: unknown;
}

/**
 * Whether the flows have an smpp-in that is to take messages of a connection, be it that it, its group, its flow or the
 * subflow that it lies in is disabled, or that it is wrongly configured. `ids`: the connection's own id and, in a
 * subflow, the one it has in the template.
 */
export function wantsMessages(flows: readonly FlowDefinition[], ids: readonly string[]): boolean {
  return flows.some(
    ({ type, connection, events, z }) =>
      type === 'smpp-in' &&
      typeof connection === 'string' &&
      ids.includes(connection) &&
      eventNames(events).includes('message') &&
      isPlaced(flows, z),
  );
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
