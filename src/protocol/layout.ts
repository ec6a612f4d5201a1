import { isResponse } from './command-facts';
import { COMMANDS, type CommandName, type FieldSpec, type FieldType } from './commands';
import type { WireType } from './cursor';
import { destinations, failures, messageIds as message_ids } from './lists';
import { count, cstring, int32, int8, octets, time } from './scalars';

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
// prettier-ignore
export const ENVELOPE = [
  'command', 'command_status', 'sequence_number', 'tlvs', 'command_id', 'command_length', 'flaws',
] as const;

// prettier-ignore
const WIRE_TYPES: Readonly<Record<FieldType, WireType>> = {
  int8, int32, count, cstring, time, octets, destinations, failures, message_ids,
};

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
