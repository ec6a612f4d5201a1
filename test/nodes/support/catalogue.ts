import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const NODES = join(__dirname, '..', '..', '..', 'nodes');

export type Look = (key: string, values?: Readonly<Record<string, unknown>>) => string;

/** A node's texts by their keys, as `smpp-config.label.host`. */
export function texts(type: string): ReadonlyMap<string, string> {
  const file = join(NODES, 'locales', 'en-US', `${type}.json`);
  return new Map(flat(JSON.parse(readFileSync(file, 'utf8')) as object, ''));
}

/** Looks texts up as Node-RED does: a key that there is not stands for itself, where no `defaultValue` does. */
export function catalogue(type: string): Look {
  const all = texts(type);
  return (key, { defaultValue = key, ...values } = {}) =>
    (all.get(key) ?? (defaultValue as string)).replace(/__(\w+)__/g, (_, name: string) =>
      String(values[name]),
    );
}

function flat(tree: object, path: string): [string, string][] {
  return Object.entries(tree).flatMap(([name, value]: [string, unknown]): [string, string][] =>
    typeof value === 'object' && value !== null
      ? flat(value, `${path}${name}.`)
      : [[path + name, String(value)]],
  );
}
