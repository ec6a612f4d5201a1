import { commandName, decodeHeader, isResponse, statusName } from '../protocol';

/**
 * A log line about a PDU, whatever it is: what its header says (SMPP 3.4 section 3.2), and nothing of its
 * body, where passwords, numbers and texts are.
 */
export function pduLine(direction: 'in' | 'out', octets: Buffer): [Record<string, unknown>, string] {
  const { command_id: id, command_status, command_length, sequence_number } = decodeHeader(octets);
  const command = commandName(id) ?? `0x${id.toString(16).padStart(8, '0')}`;
  const facts = {
    event: 'pdu',
    stage: direction,
    command,
    sequence_number,
    ...(isResponse(id) ? { command_status: statusName(command_status) } : {}),
    command_length,
  };
  return [facts, `${command} ${direction === 'in' ? 'came' : 'goes out'}`];
}
