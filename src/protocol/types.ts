import type { COMMANDS, CommandName, FieldType, ITEM_FIELDS } from './commands';
import type { STATUS_ALIASES, StatusName } from './statuses';
import type { TLVS, TlvName, TlvTable, TlvType, VendorTlv } from './tlvs';

/** What a field of each type is in a PDU. */
interface FieldValues {
  int8: number;
  int32: number;
  count: number;
  cstring: string;
  time: string;
  octets: Buffer;
  destinations: DestAddress[];
  failures: UnsuccessSme[];
  message_ids: string[];
}

interface FieldInputs extends Omit<FieldValues, 'octets' | 'destinations' | 'failures' | 'message_ids'> {
  octets: Uint8Array;
  destinations: readonly DestAddressInput[];
  failures: readonly UnsuccessSmeInput[];
  message_ids: readonly string[];
}

interface NamedField {
  readonly name: string;
  readonly type: FieldType;
}
type Values<F extends NamedField> = { [K in F as K['name']]: FieldValues[K['type']] };
type Inputs<F extends NamedField> = { [K in F as K['name']]?: FieldInputs[K['type']] | undefined };
type FieldOf<C extends CommandName> = (typeof COMMANDS)[C]['fields'][number];
type Items = typeof ITEM_FIELDS;
type ItemOf<I extends Exclude<keyof Items, 'id'>> = Items[I][number];

/** One recipient of submit_multi that is a number. */
export type SmeAddress = { dest_flag: 1 } & Values<ItemOf<'sme'>>;
/** One recipient of submit_multi that is a distribution list. */
export type DistributionList = { dest_flag: 2 } & Values<ItemOf<'list'>>;
/** A recipient of submit_multi: a number, or a list that the SMSC keeps. */
export type DestAddress = SmeAddress | DistributionList;
/** A recipient that submit_multi_resp reports as refused. */
export type UnsuccessSme = Values<ItemOf<'failure'>>;
/** `dest_flag` is derived: 2 where there is a `dl_name`. */
export type DestAddressInput =
  ({ dest_flag?: 1 } & Inputs<ItemOf<'sme'>>) | ({ dest_flag?: 2 } & Inputs<ItemOf<'list'>>);
/** A recipient that submit_multi did not reach, as it is given. */
export type UnsuccessSmeInput = Inputs<ItemOf<'failure'>>;

type TlvValueOfType<T extends TlvType> = T extends `int${string}`
  ? number
  : T extends 'octets'
    ? Buffer
    : string;
/** What the value of a TLV is: number, string or Buffer. */
export type TlvValue = number | string | Buffer;
/** What a value of this TLV is: a number, a text or octets. */
export type TlvValueOf<N extends TlvName> = TlvValueOfType<(typeof TLVS)[N]['type']>;
/** One value, or a list of them where the TLV is repeated. */
export type OneOrMany<V> = V | V[];
/** TLVs by name, unknown ones by their tag as `0x1403`. */
export type Tlvs = { [N in TlvName]?: OneOrMany<TlvValueOf<N>> } & Record<
  string,
  OneOrMany<TlvValue> | undefined
>;

interface Envelope {
  command_id: number;
  command_status: number;
  sequence_number: number;
  tlvs: Tlvs;
  /** What was accepted although it is not what the specification says; absent where there is nothing. */
  flaws?: string[];
}

/** A decoded PDU of one command. */
export type PduOf<C extends CommandName> = {
  /** The command, by name. */
  command: C;
} & Envelope &
  Values<FieldOf<C>>;
/** A decoded PDU of a command that no specification defines. */
export type UnknownPdu = {
  /** Its command_id, in hexadecimal. */
  command: `0x${string}`;
  /** All after the header. */
  body: Buffer;
} & Envelope;
/** A decoded PDU; `command` tells which. */
export type Pdu = { [C in CommandName]: PduOf<C> }[CommandName] | UnknownPdu;

/** Everything but the command is optional: numbers are 0, strings and lists empty. */
interface EnvelopeInput {
  command_status?: number | StatusName | keyof typeof STATUS_ALIASES | `0x${string}` | undefined;
  sequence_number?: number | undefined;
  tlvs?: Tlvs | undefined;
  /** Of a decoded PDU; these are derived again. */
  command_id?: number | undefined;
  command_length?: number | undefined;
  flaws?: string[] | undefined;
}

/** A PDU of one command to encode. Counts such as `sm_length` are derived from what they count. */
export type PduInputOf<C extends CommandName> = {
  /** The command, by name. */
  command: C;
} & EnvelopeInput &
  Inputs<FieldOf<C>>;
/** A PDU of a command that is not known here, as it is given: `command` is its command_id in hexadecimal. */
export type UnknownPduInput = {
  /** Its command_id, in hexadecimal. */
  command: `0x${string}`;
  /** All after the header; default nothing. */
  body?: Uint8Array;
} & EnvelopeInput;
/** A PDU to encode; `command` tells which. */
export type PduInput = { [C in CommandName]: PduInputOf<C> }[CommandName] | UnknownPduInput;

/** What the codec goes by. */
export interface CodecOptions {
  /** TLVs of the vendor of the SMSC; a {@link TlvTable} made once is faster than a list, which is checked at each call. */
  vendorTlvs?: TlvTable | readonly VendorTlv[] | undefined;
  /** Octets of address fields: ASCII (the default), or ISO 8859-1 where the SMSC has agreed to it. */
  addressEncoding?: 'ascii' | 'latin1' | undefined;
  /**
   * Encodes system_id, system_type and address_range of up to 64 octets and service_type of up to 20, as some SMSCs
   * demand; by default what is longer than the specification allows is refused.
   */
  allowLong?: boolean | undefined;
}
