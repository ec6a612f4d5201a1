/** A node as its flow file has it. */
export type Definition = Readonly<Record<string, unknown>> & { readonly type: string };

export type NodeType = 'smpp-config' | 'smpp-out' | 'smpp-in' | 'smpp-simulator';

type Migration = (definition: Definition) => Definition;

/**
 * What brings a saved node from one version of its definition to the next: the first entry makes 2 of 1. The `version`
 * default of the html is the list's length and one.
 */
const MIGRATIONS: Readonly<Record<NodeType, readonly Migration[]>> = {
  'smpp-config': [],
  'smpp-out': [],
  'smpp-in': [],
  'smpp-simulator': [],
};

/** The version of the definition that this package writes. */
export const currentVersion = (type: NodeType): number => MIGRATIONS[type].length + 1;

export interface Migrated<T> {
  readonly definition: T;
  /** What to do about the version; absent when all is well. */
  readonly problem?: string;
}

/** Brings a definition up to date, in a copy. Flows written by hand and by programs have no version: it is 1. */
export function migrate<T extends Definition>(type: NodeType, definition: T): Migrated<T> {
  const current = currentVersion(type);
  const saved = definition.version;
  const version = saved === undefined || saved === '' ? 1 : Number(saved);
  if (!Number.isInteger(version) || version < 1)
    return {
      definition,
      problem: `version (${JSON.stringify(saved)}): open the node, press Done and deploy`,
    };
  if (version > current) {
    const remedy = 'update the package, or open the node, check it and press Done';
    return { definition, problem: `the node was saved by a newer @nazjs/node-red-smpp; ${remedy}` };
  }
  const steps = MIGRATIONS[type].slice(version - 1);
  const migrated = steps.reduce<Definition>((at, step) => step(at), definition);
  return { definition: { ...migrated, version: current } as unknown as T };
}
