/** Property by property: to what begins as a copy V8 adds each further one in microseconds. */
export function joined(
  bindings: Record<string, unknown>,
  facts: Record<string, unknown>,
): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const name in bindings) all[name] = bindings[name];
  for (const name in facts) all[name] = facts[name];
  return all;
}
