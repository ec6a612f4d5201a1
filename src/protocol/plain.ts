/**
 * A copy for people and programs that know nothing of PDUs: every object without prototype, as `decodePdu`
 * makes them, becomes one with Object.prototype, however deep; so do plain objects and lists on the way there.
 * Octets, dates and all other values stay what they are. The name `__proto__` stays a property like any other.
 */
export function plainCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plainCopy) as T;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return value;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) setOwn(copy, name, plainCopy((value as typeof copy)[name]));
  return copy as T;
}

/** `target[name] = value` for names that come from outside: `__proto__` does not set the prototype. */
export function setOwn(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') target[name] = value;
  else Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}
