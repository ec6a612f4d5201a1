import { readFileSync } from 'node:fs';
import { fileFault, usageError } from './errors';
import { LineCounter, isMap, isScalar, parseDocument } from './libraries';

export interface FileProblem {
  readonly text: string;
  /** From 1. */
  readonly line: number | undefined;
}

export interface FileValue {
  readonly value: unknown;
  readonly line: number | undefined;
}

export interface ConfigFile {
  readonly values: ReadonlyMap<string, FileValue>;
  readonly problems: readonly FileProblem[];
}

/** The keys of a file in YAML, of which JSON is a part. `name` is the file as it was given. */
export function readConfigFile(path: string, name: string): ConfigFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError(`the configuration ${name} cannot be read: ${fileFault(error)}`);
  }
  return parseConfig(text);
}

export function parseConfig(text: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const problems = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
    text: message,
    line: lineAt(pos[0]),
  }));
  const values = new Map<string, FileValue>();
  if (problems.length > 0) return { values, problems };
  const { contents } = document;
  if (contents === null) return { values, problems };
  if (!isMap(contents)) {
    const remedy = 'give properties and values, such as "host: smsc.example"';
    return { values, problems: [{ text: remedy, line: 1 }] };
  }
  // Values of their own, so that anchors and aliases are understood; too many of them are refused.
  const plain = plainOf(() => document.toJS({ maxAliasCount: 100 }) as Record<string, unknown>);
  if (typeof plain === 'string') return { values, problems: [{ text: plain, line: 1 }] };
  for (const { key } of contents.items) {
    const named = isScalar(key) ? String(key.value) : '';
    const offset = isScalar(key) ? key.range?.[0] : undefined;
    const line = offset === undefined ? undefined : lineAt(offset);
    if (Object.hasOwn(plain, named)) values.set(named, { value: plain[named], line });
  }
  return { values, problems };
}

function plainOf(make: () => Record<string, unknown>): Record<string, unknown> | string {
  try {
    return make();
  } catch (error) {
    return (error as Error).message;
  }
}
