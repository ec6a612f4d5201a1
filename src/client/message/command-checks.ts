import { INTERFACE_VERSIONS, commandFacts, versionName, type CommandFacts } from '../../protocol';
import { MessageError, invalidField } from '../config/errors';
import type { Settings } from '../config/options';
import type { ParsedMessage } from './message';

/** How a TLV that a command must have may be given. */
const EXAMPLES: Readonly<Record<string, string>> = {
  broadcast_area_identifier: '"Lyon" or a list of areas',
  broadcast_content_type: '"emergency_broadcasts" or {"network_type": "gsm", "content_type": "weather"}',
  broadcast_rep_num: 'how often it is broadcast, such as 5',
  broadcast_frequency_interval: '"10 minutes"',
};

/**
 * Refuses what an SMSC must refuse: a command that the version of this connection does not have, one without what it
 * must have. Throws {@link MessageError}.
 */
export function checkCommand(parsed: ParsedMessage, { interfaceVersion }: Settings): void {
  const { command, fields, tlvs } = parsed;
  const facts = commandFacts(command);
  if (facts.since === undefined) return;
  if (INTERFACE_VERSIONS[interfaceVersion] < facts.since)
    throw new MessageError('NOT_SUPPORTED', 'command', tooNew(facts, command, interfaceVersion));
  for (const name of facts.mandatoryTlvs ?? [])
    if (tlvs[name] === undefined)
      throw new MessageError(
        'MISSING_FIELD',
        name,
        `${command} needs ${name} (SMPP 5.0 section 4.4.1.1)`,
        undefined,
        `give ${EXAMPLES[name] ?? 'it'}`,
      );
  checkNames(command, fields, tlvs);
}

function tooNew({ since = 0 }: CommandFacts, command: string, interfaceVersion: string): string {
  const needed = versionName(since);
  return (
    `${command} is a command of SMPP ${needed}, and this connection binds as ${interfaceVersion} (interfaceVersion): ` +
    `set interfaceVersion to ${needed} where the SMSC speaks it`
  );
}

/** 5.0 sections 4.4.1.1, 4.6.1.1 and 4.6.2.1: a broadcast is named by the SMSC's id or by the client's, not by both. */
function checkNames(command: string, fields: Fields, tlvs: Fields): void {
  if (!command.includes('broadcast')) return;
  const [id, reference] = [isGiven(fields['message_id']), isGiven(tlvs['user_message_reference'])];
  if (id && reference) {
    const text = `${command} has both message_id and user_message_reference (SMPP 5.0 section 4.4.1.1): give one of them`;
    throw invalidField('user_message_reference', text);
  }
  if (id || reference || command === 'broadcast_sm') return;
  const isGroup = command === 'cancel_broadcast_sm';
  const group = ['service_type', 'source_addr'].some((name) => isGiven(fields[name]));
  if (isGroup && (group || isGiven(tlvs['broadcast_content_type']))) return;
  const others = isGroup ? ', or service_type, broadcast_content_type or source_addr for all that fit' : '';
  const remedy = `give message_id or user_message_reference${others}`;
  throw new MessageError('MISSING_FIELD', 'message_id', `${command} names no broadcast`, undefined, remedy);
}

type Fields = Readonly<Record<string, unknown>>;
const isGiven = (value: unknown): boolean => value !== undefined && value !== '';
