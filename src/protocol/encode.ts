import { isResponse } from './command-facts';
import { COMMANDS } from './commands';
import { HEADER_LENGTH, writeHeader } from './header';
import { ENVELOPE, layoutNamed, type Layout } from './layout';
import { invalidField, refusal, show } from './refusal';
import { statusCode, unknownStatus } from './statuses';
import { didYouMean } from './suggest';
import { encodeTlv, sizeOfTlv, TLV_HEADER_LENGTH } from './tlv-values';
import { tlvTable, type TlvDefinition } from './tlvs';
import type { CodecOptions, PduInput } from './types';

type Properties = Readonly<Record<string, unknown>>;

interface PlannedTlv {
  readonly definition: TlvDefinition;
  readonly value: unknown;
  readonly size: number;
}

/** A PDU that has been checked and measured: what is left cannot fail. */
interface Plan {
  readonly id: number;
  readonly status: number;
  /** Octets of the body. */
  readonly size: number;
  /** Undefined for an unknown command: its body is written as it is. */
  readonly layout: Layout | undefined;
  /** One per mandatory field; none: no body. */
  readonly values: readonly unknown[];
  readonly tlvs: readonly PlannedTlv[];
}

const UNKNOWN_COMMAND = /^0x[0-9a-f]{8}$/i;
const NO_TLVS: readonly PlannedTlv[] = [];
const NO_VALUES: readonly unknown[] = [];

/**
 * The octets of a whole PDU.
 *
 * A negative response has a body only where a field or TLV of it has a value
 * (SMPP 3.4 section 4.4.2).
 *
 * @throws {PduError} that names field, value and limit; `command_status` is the
 *   status that an SMSC would answer with. Codes: `INVALID_FIELD`, `INVALID_TLV`,
 *   `UNKNOWN_FIELD`, `UNKNOWN_TLV`, `UNKNOWN_COMMAND`, `UNKNOWN_STATUS`, `TWO_MESSAGES`.
 * @throws {SmppError} `INVALID_VENDOR_TLV` for `vendorTlvs` given as a list, as {@link TlvTable} does.
 */
export function encodePdu(pdu: PduInput, options?: CodecOptions): Buffer {
  const plan = planPdu(pdu, options);
  const sequence = sequenceOf(pdu.sequence_number);
  const length = HEADER_LENGTH + plan.size;
  const octets = Buffer.allocUnsafe(length);
  writeHeader(octets, 0, length, plan.id, plan.status, sequence);
  writeBody(plan, octets, HEADER_LENGTH);
  return octets;
}

/** All that follows the header, for whoever numbers and sends it later. @throws as {@link encodePdu} does. */
export function encodeBody(pdu: PduInput, options?: CodecOptions): Buffer {
  const plan = planPdu(pdu, options);
  const octets = Buffer.allocUnsafe(plan.size);
  writeBody(plan, octets, 0);
  return octets;
}

function planPdu(pdu: PduInput, options: CodecOptions | undefined): Plan {
  const properties: Properties = pdu as unknown as Properties;
  const status = statusOf(pdu.command_status);
  const layout = layoutNamed(pdu.command);
  if (!layout) return planUnknown(properties, status);

  const values: unknown[] = [];
  let size = 0;
  let named = 0;
  let said = false;
  for (const { name, reads, spec, wire } of layout.fields) {
    if (properties[name] !== undefined) named++;
    let value = properties[reads];
    if (value === undefined) value = spec.of === undefined ? wire.empty() : '';
    else said ||= !isEmpty(value);
    size += wire.size(value, spec, options);
    values.push(value);
  }
  checkNames(properties, layout, named);

  const tlvs = pdu.tlvs === undefined ? NO_TLVS : planTlvs(pdu.tlvs, options);
  for (const tlv of tlvs) size += TLV_HEADER_LENGTH + tlv.size;
  if (tlvs.length > 0) refuseTwoMessages(properties, tlvs);

  const { id } = layout;
  if (status !== 0 && layout.response && !said && tlvs.length === 0) {
    return { id, status, size: 0, layout, values: NO_VALUES, tlvs };
  }
  return { id, status, size, layout, values, tlvs };
}

function isEmpty(value: unknown): boolean {
  return value === '' || value === 0 || (value as { length?: unknown } | null)?.length === 0;
}

function planTlvs(input: unknown, options: CodecOptions | undefined): readonly PlannedTlv[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalidField({ name: 'tlvs' }, input, 'is not an object: give { name: value }');
  }
  const names = Object.keys(input);
  if (names.length === 0) return NO_TLVS;
  const table = tlvTable(options?.vendorTlvs);
  const planned: PlannedTlv[] = [];
  for (const name of names) {
    const given = (input as Properties)[name];
    if (given === undefined) continue;
    const definition = table.named(name);
    if (!definition) {
      const hint = didYouMean(name, table.names());
      const message = `there is no TLV "${name}"${hint}; give its tag as "0x1403", or define it in vendorTlvs`;
      throw refusal('UNKNOWN_TLV', message, 'ESME_ROPTPARNOTALLWD', { field: name });
    }
    const values: readonly unknown[] = Array.isArray(given) ? given : [given];
    for (const value of values) planned.push({ definition, value, size: sizeOfTlv(definition, value) });
  }
  return planned;
}

/** 3.4 section 5.3.2.32: one message has its text in one place. */
function refuseTwoMessages(properties: Properties, tlvs: readonly PlannedTlv[]): void {
  const short = properties.short_message;
  if (short === undefined || isEmpty(short)) return;
  if (!tlvs.some(({ definition }) => definition.name === 'message_payload')) return;
  const message = `short_message ${show('short_message', short)} and the TLV message_payload cannot both be given: leave one out`;
  throw refusal('TWO_MESSAGES', message, 'ESME_ROPTPARNOTALLWD', { field: 'message_payload' });
}

/** Refuses names that the command does not have. `named` fields were seen, so mostly a count is enough. */
function checkNames(properties: Properties, layout: Layout, named: number): void {
  const names = Object.keys(properties);
  let expected = named;
  for (const name of ENVELOPE) if (properties[name] !== undefined) expected++;
  if (names.length === expected) return;
  for (const name of names) {
    if (layout.known.has(name) || properties[name] === undefined) continue;
    const hint = didYouMean(name, layout.known);
    const fields = layout.fields.map((field) => field.name).join(', ') || 'none';
    const message = `${layout.command} has no field "${name}"${hint}; it has: ${fields}`;
    throw refusal('UNKNOWN_FIELD', message, 'ESME_RINVCMDLEN', { field: name });
  }
}

function planUnknown(properties: Properties, status: number): Plan {
  const command = String(properties.command);
  if (!UNKNOWN_COMMAND.test(command)) {
    const hint = didYouMean(command, Object.keys(COMMANDS));
    const message = `"${command}" is not a command of SMPP${hint}; one that no specification defines is written 0x00000110`;
    throw refusal('UNKNOWN_COMMAND', message, 'ESME_RINVCMDID', { field: 'command' });
  }
  const body = properties.body ?? Buffer.alloc(0);
  if (!(body instanceof Uint8Array)) throw invalidField({ name: 'body' }, body, 'is not a Buffer');
  const id = Number(command);
  const silent = isResponse(id) && status !== 0 && body.length === 0;
  const values = silent ? NO_VALUES : [body];
  return { id, status, size: body.length, layout: undefined, values, tlvs: NO_TLVS };
}

function statusOf(status: number | string | undefined): number {
  if (status === undefined) return 0;
  const code = typeof status === 'string' ? statusCode(status) : status;
  if (code === undefined) {
    const { code: reason, message } = unknownStatus(String(status));
    throw refusal(reason, message, 'ESME_RSYSERR', { field: 'command_status' });
  }
  return checkedUint32('command_status', code);
}

/** 3.4 section 3.2 allows 1 to 0x7FFFFFFF; but what a peer has chosen must be echoed, whatever it is. */
function sequenceOf(sequence: number | undefined): number {
  return sequence === undefined ? 0 : checkedUint32('sequence_number', sequence);
}

function checkedUint32(name: string, value: unknown): number {
  if (typeof value === 'number' && value >>> 0 === value) return value;
  throw invalidField({ name }, value, `is not allowed: give an integer from 0 to 4294967295`);
}

function writeBody({ layout, values, tlvs }: Plan, into: Buffer, offset: number): void {
  if (!layout) {
    for (const body of values) into.set(body as Uint8Array, offset);
    return;
  }
  let at = offset;
  for (let index = 0; index < values.length; index++) {
    const field = layout.fields[index];
    if (field) at = field.wire.encode(values[index], into, at);
  }
  for (const { definition, value, size } of tlvs) at = encodeTlv(definition, value, size, into, at);
}
