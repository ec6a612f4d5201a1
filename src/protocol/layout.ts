import { isResponse } from './command-facts';
import { COMMANDS, type CommandName, type FieldSpec } from './commands';
import { WIRE_TYPES, type WireType } from './wire';

/** A mandatory field with all that the codec's loops need, looked up once. */
export interface LayoutField {
  readonly name: string;
  /** The property to encode: of a count, what it counts. */
  readonly reads: string;
  readonly spec: FieldSpec;
  readonly wire: WireType;
}

export interface Layout {
  readonly command: CommandName;
  readonly id: number;
  readonly response: boolean;
  readonly fields: readonly LayoutField[];
  /** Names that a PDU to encode may have. */
  readonly known: ReadonlySet<string>;
}

/** What is not a mandatory field; all but the first four only a decoded PDU has, and they are derived again. */
export const ENVELOPE = [
  'command',
  'command_status',
  'sequence_number',
  'tlvs',
  'command_id',
  'command_length',
  'flaws',
] as const;

const byName = new Map<string, Layout>();
const byId = new Map<number, Layout>();
for (const [name, { id, fields }] of Object.entries(COMMANDS)) {
  const layout = layOut(name as CommandName, id, fields);
  byName.set(name, layout);
  byId.set(id, layout);
}

function layOut(command: CommandName, id: number, specs: readonly FieldSpec[]): Layout {
  const fields = specs.map((spec) => ({
    name: spec.name,
    reads: spec.of ?? spec.name,
    spec,
    wire: WIRE_TYPES[spec.type],
  }));
  const known = new Set([...ENVELOPE, ...fields.map((field) => field.name)]);
  return { command, id, response: isResponse(id), fields, known };
}

export function layoutNamed(command: string): Layout | undefined {
  return byName.get(command);
}

export function layoutOf(commandId: number): Layout | undefined {
  return byId.get(commandId);
}
