import type { PduHeader } from './errors';
import { refusal } from './refusal';

/** Octets of the header that every PDU has (SMPP 3.4 section 3.2). */
export const HEADER_LENGTH = 16;

/** Reads the header. @throws {PduError} `PDU_TOO_SHORT`, when there are not 16 octets. */
export function decodeHeader(octets: Buffer): PduHeader {
  if (octets.length < HEADER_LENGTH) {
    const message = `a PDU has a header of ${HEADER_LENGTH} octets, but there are only ${octets.length}`;
    throw refusal('PDU_TOO_SHORT', message, 'ESME_RINVCMDLEN');
  }
  return {
    command_length: octets.readUInt32BE(0),
    command_id: octets.readUInt32BE(4),
    command_status: octets.readUInt32BE(8),
    sequence_number: octets.readUInt32BE(12),
  };
}

/** Writes the 16 octets of a header at `offset`; the four numbers must be unsigned 32 bit integers. */
export function writeHeader(
  buffer: Buffer,
  offset: number,
  command_length: number,
  command_id: number,
  command_status: number,
  sequence_number: number,
): void {
  buffer.writeUInt32BE(command_length, offset);
  buffer.writeUInt32BE(command_id, offset + 4);
  buffer.writeUInt32BE(command_status, offset + 8);
  buffer.writeUInt32BE(sequence_number, offset + 12);
}
