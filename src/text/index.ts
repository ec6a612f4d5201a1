/**
 * Characters ⇄ octets: data codings, GSM 03.38 with its national shift tables, long messages and
 * their joining, user data headers, receipts, times, addresses. Pure: no I/O, no clock, no chance.
 *
 * @packageDocumentation
 */
export { TextError } from './errors';
export type { TextErrorCode, TextErrorDetail } from './errors';
export type * from './types';
export type { DataCodings } from './plan/data-codings';
export type { LanguageName, LongMessageMethod, MessageClass, Unencodable, Unit } from './plan/types';
export { LONG_MESSAGE_METHODS, UNENCODABLE } from './plan/types';
export { encodeText } from './encode';
export { decodeText } from './decode';
export { codingOf } from './codings';
export type { EncodingName } from './plan/encodings';
export { ENCODING_NAMES, encodingName } from './plan/names';
export { languageNames } from './plan/languages';
export { segment } from './segment';
export { SINGLE, isPlain, writePlain } from './plain';
export { measure } from './measure';
export type { Measure, MeasureOptions } from './measure';
export { formatUserDataHeader, parseUserDataHeader, portElement } from './udh';
export type { Concatenation, UdhElement, UserDataHeader } from './udh';
export { headerOfParts, readUdh, udhFields } from './udh-fields';
export type { GivenElement, GivenUdh, GivenUdhFields, HexOctets, UdhFields, UdhWaiting } from './udh-fields';
export { readUserData } from './user-data';
export type { IncomingMessage, MessagePart, PartInfo, UserData } from './user-data';
export { Reassembler } from './reassembler';
export type {
  AddResult,
  IncompleteReason,
  JoinedEntry,
  JoinedMessage,
  ReassemblerOptions,
  ReassemblyEntry,
} from './reassembler';
export type { MessageFacts } from './packed-part';
export { isSamePart, joinedMessage, partFingerprint, partKey } from './joining';
export { exportParts, importParts } from './reassembly-entry';
export type { PlainPart } from './reassembly-entry';
export { decodeParts } from './decode-parts';
export type { DecodedParts } from './decode-parts';
export { classifyEsmClass } from './esm-class';
export type { EsmClass, MessageType } from './esm-class';
export { compileReceiptPattern } from './receipt/pattern';
export type { ReceiptFields } from './receipt/fields';
export type { ReceiptPattern } from './receipt/pattern';
export { MESSAGE_STATES, stateOf } from './receipt/states';
export type { MessageStateName, State, StateMapping, StateMappings } from './receipt/states';
export { parseReceipt } from './receipt/parse';
export type { NetworkError, Receipt, ReceiptOptions, ReceiptTlvs } from './receipt/parse';
export { addTime, formatSmppTime, isDate, parseSmppTime, readTime, smppTimeToIso } from './time';
export type { ReadTime, RelativeTime, SmppTime, TimeOptions } from './time';
export { instantIn, isTimeZone } from './time-zone';
export type { TimeZone, ToInstant } from './time-zone';
export { NPI, TON, resolveAddress } from './address';
export type { Address, AddressEncoding, AddressOptions } from './address';
export { withoutLineEnd } from './line-end';
export { divideNumbers } from './written-number';
export type { Coding, MessageWaiting } from './plan/types';
