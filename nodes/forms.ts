import { commandFacts, type CommandFacts, type DirectCommand, type QueuedCommand } from '../src/index';

/** A typed input of smpp-out that gives one field of some commands. Left blank, the message says it. */
export interface FormInput {
  /** The property of the node; beside it stands its type, as `messageIdType`. */
  readonly name: string;
  /** The field of the message. */
  readonly field: string;
  /** Whether a command has it. */
  has(facts: CommandFacts): boolean;
}

/** About an earlier message, which may be named by its id here. */
const isManaging = ({ manages, obsolete }: CommandFacts): boolean => manages === true && !obsolete;
/** About an earlier message. */
const isAboutMessage = ({ route, obsolete, fieldNames }: CommandFacts): boolean =>
  route === 'direct' && !obsolete && fieldNames.has('message_id');
/** To all phones of an area. */
const isBroadcast = ({ route, recipient }: CommandFacts): boolean => route === 'queue' && !recipient;

const FORM = [
  { name: 'ownId', field: 'id', has: isManaging },
  { name: 'messageId', field: 'message_id', has: isAboutMessage },
  { name: 'areas', field: 'broadcast_area_identifier', has: isBroadcast },
  { name: 'contentType', field: 'broadcast_content_type', has: isBroadcast },
  { name: 'repetitions', field: 'broadcast_rep_num', has: isBroadcast },
  { name: 'interval', field: 'broadcast_frequency_interval', has: isBroadcast },
] as const satisfies readonly FormInput[];

/** The name of a typed input of {@link FORM_INPUTS}. */
export type FormInputName = (typeof FORM)[number]['name'];
/** All of them, in the order of the dialog. */
export const FORM_INPUTS: readonly (FormInput & { readonly name: FormInputName })[] = FORM;

/** The typed inputs that a command has; none for what cannot be sent. */
export function formInputsOf(command: string): typeof FORM_INPUTS {
  const facts = commandFacts(command);
  return facts ? FORM_INPUTS.filter((input) => input.has(facts)) : [];
}

/** What the dialog of smpp-out has to know of the commands that a node can be set to, in JSON; the build puts it there. */
export function editorCommands(commands: readonly (QueuedCommand | DirectCommand)[]): string {
  const rows = commands.map((name) => {
    const { route, text = false, recipient, receipt } = commandFacts(name);
    const inputs = formInputsOf(name).map((input) => input.name);
    return { name, queued: route === 'queue', text, recipient, receipt, inputs };
  });
  return JSON.stringify(rows);
}
