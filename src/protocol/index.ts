/**
 * Octets ⇄ PDUs: the command, TLV and status tables of SMPP 3.3, 3.4 and 5.0,
 * the codec that they drive, and the framing of a stream. Pure: no I/O, no
 * clock, no randomness.
 *
 * @packageDocumentation
 */
export { PduError, SmppError, type PduHeader, type SmppErrorOptions } from './errors';
export {
  COMMANDS,
  ITEM_FIELDS,
  type CommandName,
  type CommandSpec,
  type Field,
  type FieldSpec,
  type FieldType,
  type RequestName,
  type ResponseName,
  type Role,
  type SessionState,
} from './commands';
export * from './command-facts';
export * from './broadcast';
export * from './versions';
export {
  STATUSES,
  STATUS_ALIASES,
  describeStatus,
  statusCode,
  statusName,
  type StatusDescription,
  type StatusKind,
  type StatusName,
} from './statuses';
export {
  TLVS,
  TLV_ALIASES,
  TlvTable,
  tagName,
  type TlvName,
  type TlvDefinition,
  type TlvSpec,
  type TlvType,
  type Told,
  type VendorTlv,
} from './tlvs';
export type * from './types';
export { firstTlv } from './tlv-values';
export { plainCopy, setOwn } from './plain';
export { didYouMean } from './suggest';
export { HEADER_LENGTH, decodeHeader, writeHeader } from './header';
export { encodeBody, encodePdu } from './encode';
export { decodePdu, stripTlvs } from './decode';
export { explain, explanationData, explanationTable, printable } from './explain';
export type {
  ExplainOptions,
  ExplainedFault,
  ExplainedField,
  ExplainedFieldData,
  Explanation,
  ExplanationData,
  TableOptions,
} from './explain';
export { hasSecret, maskPdu, maskInPlace, type MaskOptions } from './mask';
export { readMessageIdResponse, type MessageIdResponse } from './message-id-response';
export { PduFramer, DEFAULT_MAX_PDU_LENGTH, type PduFramerOptions, type PduSink } from './framer';
export * from './ussd';
