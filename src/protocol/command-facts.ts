import { COMMANDS, type CommandName, type CommandSpec, type FieldSpec, type ResponseName } from './commands';
import { hex32 } from './statuses';

type Table = typeof COMMANDS;
type Routed<R> = { [C in CommandName]: Table[C] extends { route: R } ? C : never }[CommandName];

/** A command that goes through the queue of a client. */
export type QueuedCommand = Routed<'queue'>;
/** A command that a client sends straight to a session, and that fails where there is none. */
export type DirectCommand = Routed<'direct'>;
/** A command that binds a session. */
export type BindCommand = {
  [C in CommandName]: Table[C] extends Pick<Required<CommandSpec>, 'binds'> ? C : never;
}[CommandName];

/** What is asked of a command often, looked up once. */
export interface CommandFacts extends CommandSpec {
  /** The names of its mandatory fields. */
  readonly fieldNames: ReadonlySet<string>;
  /** The fields that are times. */
  readonly timeFields: readonly string[];
  /** Is sent to one number or to several. */
  readonly recipient: boolean;
  /** Can ask for a receipt. */
  readonly receipt: boolean;
}

function factsOf(spec: CommandSpec): CommandFacts {
  const fields: readonly FieldSpec[] = spec.fields;
  const fieldNames = new Set(fields.map(({ name }) => name));
  return {
    ...spec,
    fieldNames,
    timeFields: fields.filter(({ type }) => type === 'time').map(({ name }) => name),
    recipient: fieldNames.has('destination_addr') || fieldNames.has('dest_address'),
    receipt: fieldNames.has('registered_delivery'),
  };
}

const FACTS: ReadonlyMap<string, CommandFacts> = new Map(
  Object.entries(COMMANDS).map(([name, spec]) => [name, factsOf(spec)]),
);

/** All that the table says of a command; undefined for one that it does not have. */
export function commandFacts(command: CommandName): CommandFacts;
export function commandFacts(command: string): CommandFacts | undefined;
export function commandFacts(command: string): CommandFacts | undefined {
  return FACTS.get(command);
}

function routed(wanted: CommandSpec['route']): unknown {
  return [...FACTS]
    .filter(([, { route }]) => route === wanted)
    .sort(([, one], [, other]) => (one.stored ?? 0) - (other.stored ?? 0))
    .map(([name]) => name);
}

/** The commands that go through a queue, each at the index of its number in stores. */
export const QUEUED = routed('queue') as readonly QueuedCommand[];
/** The commands that go straight to a session. */
export const DIRECT = routed('direct') as readonly DirectCommand[];

/** Whether it is the name of a command that goes through the queue. */
export function isQueued(command: string): command is QueuedCommand {
  return FACTS.get(command)?.route === 'queue';
}

/** Whether it is the name of a command that binds a session. */
export function isBindCommand(command: string): command is BindCommand {
  return FACTS.get(command)?.binds !== undefined;
}

const NAMES = new Map<number, CommandName>(
  Object.entries(COMMANDS).map(([name, { id }]) => [id, name as CommandName]),
);

/** Whether a command_id is that of a response: its highest bit is set (3.4 section 5.1.2.1). */
export function isResponse(id: number): boolean {
  return id >= 0x80000000;
}

/** The command_id of a command, by name. */
export function commandId(name: CommandName): number {
  return COMMANDS[name].id;
}

/** The name of a command_id; `0x00000110` for one that no specification defines. */
export function commandName(id: number): CommandName | `0x${string}` {
  return NAMES.get(id) ?? (hex32(id) as `0x${string}`);
}

/** Whether `name` is a command of the specifications. */
export function isCommandName(name: string): name is CommandName {
  return FACTS.has(name);
}

/**
 * The command that answers a request: `submit_sm_resp` for `submit_sm`,
 * `generic_nack` for an unknown command; undefined for a response, and for
 * outbind and alert_notification, which are not answered.
 */
export function responseOf(name: string): ResponseName | undefined {
  const response = `${name}_resp`;
  if (isCommandName(response)) return response as ResponseName;
  return isCommandName(name) || isResponse(Number(name)) ? undefined : 'generic_nack';
}
