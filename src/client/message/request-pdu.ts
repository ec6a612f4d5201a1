import { HEADER_LENGTH, decodePdu, writeHeader, type CodecOptions, type Pdu } from '../../protocol';

/** A request of ours as it goes out, from the body that the queue holds. */
export function requestPdu(
  commandId: number,
  body: Buffer,
  sequenceNumber: number,
  codec?: CodecOptions,
): { pdu: Pdu; octets: Buffer } {
  const octets = Buffer.allocUnsafe(HEADER_LENGTH + body.length);
  writeHeader(octets, 0, octets.length, commandId, 0, sequenceNumber);
  body.copy(octets, HEADER_LENGTH);
  return { pdu: decodePdu(octets, codec), octets };
}
