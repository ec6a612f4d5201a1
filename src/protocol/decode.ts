import { commandName } from './command-facts';
import { Cursor } from './cursor';
import type { PduError, PduHeader } from './errors';
import { decodeHeader, HEADER_LENGTH } from './header';
import { layoutOf, type Layout } from './layout';
import { readingOf, withoutFields } from './missing-fields';
import { refusal } from './refusal';
import { decodeTlvs } from './tlv-values';
import { tlvTable } from './tlvs';
import type { CodecOptions, Pdu } from './types';

/**
 * The PDU that `octets` are, exactly. Buffers in it are views of `octets`: copy
 * what you keep. Objects in it have no prototype.
 *
 * What real peers write although they should not is taken and noted in
 * `flaws`: fields and TLVs of an unusual length, stray octets at the end, a
 * response that is cut short anywhere. A response that has TLVs in the place of
 * its mandatory fields is read as such : the fields are empty.
 *
 * @throws {PduError} With `header` and the `command_status` to answer:
 *   `PDU_TRUNCATED` (a mandatory field of a request is missing or cut),
 *   `TLV_OVERRUN`, `INVALID_DEST_FLAG`. Without `header`: `PDU_TOO_SHORT`,
 *   `PDU_LENGTH` (command_length is not the number of octets).
 */
export function decodePdu(octets: Buffer, options?: CodecOptions): Pdu {
  const header = decodeHeader(octets);
  if (header.command_length !== octets.length) throw wrongLength(header, octets);
  const layout = layoutOf(header.command_id);
  if (!layout) return unknownPdu(header, octets);

  const pdu = bare();
  pdu.command = layout.command;
  pdu.command_id = layout.id;
  pdu.command_status = header.command_status;
  pdu.sequence_number = header.sequence_number;
  const cursor = readBody(pdu, octets, header, layout, options);
  if (cursor.flaws) pdu.flaws = cursor.flaws;
  return pdu as unknown as Pdu;
}

/** Reads fields and TLVs into `pdu`; the cursor has the flaws. */
export function readBody(
  pdu: Record<string, unknown>,
  octets: Buffer,
  header: PduHeader,
  layout: Layout,
  options: CodecOptions | undefined,
): Cursor {
  const table = tlvTable(options?.vendorTlvs);
  const cursor = new Cursor(octets, HEADER_LENGTH, layout.response, header);
  cursor.latin1Addresses = options?.addressEncoding === 'latin1';
  // 3.4 section 4.4.2: a negative response has no body.
  const bodyless = layout.response && header.command_status !== 0 && octets.length === HEADER_LENGTH;
  for (const { name, spec, wire } of layout.fields) {
    pdu[name] = bodyless ? wire.empty() : wire.decode(cursor, spec);
  }
  pdu.tlvs = decodeTlvs(cursor, table);
  if (!layout.response || bodyless) return cursor;
  const reading = readingOf(pdu, cursor, layout.fields);
  const other = reading === 'sensible' ? undefined : withoutFields(octets, header, layout, table, reading);
  if (other) Object.assign(pdu, other.fields);
  return other?.cursor ?? cursor;
}

function unknownPdu(header: PduHeader, octets: Buffer): Pdu {
  const { command_id, command_status, sequence_number } = header;
  const tlvs: unknown = Object.create(null);
  const body = octets.subarray(HEADER_LENGTH);
  const pdu = { command: commandName(command_id), command_id, command_status, sequence_number, tlvs, body };
  return Object.assign(bare(), pdu) as unknown as Pdu;
}

/** The error where `command_length` is not the number of octets. */
export function wrongLength({ command_length }: PduHeader, octets: Buffer): PduError {
  const message = `command_length is ${command_length}, but there are ${octets.length} octets: cut a stream with PduFramer first`;
  return refusal('PDU_LENGTH', message, 'ESME_RINVCMDLEN');
}

/** Named for what a console shows. */
const Properties = class Pdu {
  [name: string]: unknown;
};

/**
 * An empty object without prototype. V8 makes a hash table of what
 * Object.create(null) gives; measured, this way to it takes half the time to
 * fill twenty properties, and to read them.
 */
function bare(): InstanceType<typeof Properties> {
  return Object.setPrototypeOf(new Properties(), null) as InstanceType<typeof Properties>;
}

/**
 * A body without its optional part, for a peer of SMPP 3.3 (which has no TLVs).
 * A message in message_payload is lost by this. The body of an unknown command stays as it is.
 *
 * @throws {PduError} as {@link decodePdu} does, without `header`.
 */
export function stripTlvs(commandId: number, body: Buffer): Buffer {
  const layout = layoutOf(commandId);
  if (!layout) return body;
  const cursor = new Cursor(body, 0, layout.response);
  for (const { spec, wire } of layout.fields) wire.decode(cursor, spec);
  return body.subarray(0, cursor.offset);
}
