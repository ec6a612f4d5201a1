import {
  HEADER_LENGTH,
  decodePdu,
  plainCopy,
  statusCode,
  statusName,
  writeHeader,
  type CodecOptions,
  type Pdu,
} from '../../protocol';

/**
 * A PDU as an event shows it: status by name and by number, all fields by their specification names, and nothing
 * but plain objects. Where decoded PDUs leave for handlers and flows they pass here.
 */
export function pduFields(pdu: Pdu): {
  command: string;
  command_status: string;
  command_status_code: number;
  sequence_number: number;
  tlvs: Record<string, unknown>;
  [field: string]: unknown;
} {
  const { command_status: status } = pdu;
  return Object.assign(
    plainCopy<object>(pdu) as { command: string; sequence_number: number; tlvs: Pdu['tlvs'] },
    {
      command_status: statusName(status),
      command_status_code: status,
    },
  );
}

/** A status by name, as everything that a flow sees has it: with its number beside it. */
export function statusFields(name: string | undefined): {
  command_status?: string;
  command_status_code?: number;
} {
  const code = name === undefined ? undefined : statusCode(name);
  if (name === undefined) return {};
  return { command_status: name, ...(code === undefined ? {} : { command_status_code: code }) };
}

/** What the SMSC said to a refusal in words, where it did. */
export function infoField(info: string | undefined): { additional_status_info_text?: string } {
  return info === undefined ? {} : { additional_status_info_text: info };
}

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
