import type { StatusName } from './statuses';
import type { TlvName, Told } from './tlvs';

/**
 * How a mandatory field is written (SMPP 3.4 section 3.1). `max` of a field
 * counts the octets of a C-octet string with its NUL, as the specifications do.
 *
 * - `time`: a C-octet string of 0 or 16 characters
 * - `count`: one octet, how many octets or items the next counted field has
 * - `octets`, `destinations`, `failures`, `message_ids`: as many as the count says
 */
export type FieldType =
  'int8' | 'int32' | 'cstring' | 'time' | 'count' | 'octets' | 'destinations' | 'failures' | 'message_ids';

/** A mandatory field of a PDU. */
export interface FieldSpec {
  /** Its name in the specification. */
  readonly name: string;
  /** How it is written. */
  readonly type: FieldType;
  /** Most octets, of a C-octet string with its NUL. */
  readonly max?: number;
  /** The status that names this field as the one at fault. */
  readonly status: StatusName;
  /** SMSCs are known that demand more than the specification allows: encoding does not enforce `max`. */
  readonly soft?: true;
  /** SMSCs are known that demand longer ones: `max` with {@link CodecOptions.allowLong}. */
  readonly longest?: number;
  /** SMSCs are known that write longer ones: so many octets with the NUL are kept when it is read. */
  readonly kept?: number;
  /** An address: in ISO 8859-1 with {@link CodecOptions.addressEncoding}. */
  readonly address?: true;
  /** What it tells that not everybody who looks at a PDU is to see; see {@link maskPdu}. */
  readonly tells?: Told;
  /** Of a `count`: the field that is counted. */
  readonly of?: string;
}

/** SMPP 3.4 section 2.2, 5.0 section 2.3. */
export type SessionState = 'open' | 'outbound' | 'bound_tx' | 'bound_rx' | 'bound_trx' | 'unbound' | 'closed';

/** Which end of the link: the client (ESME) or the server (SMSC). */
export type Role = 'esme' | 'smsc';

/** A command of SMPP. */
export interface CommandSpec {
  /** Its command_id. */
  readonly id: number;
  /** Its mandatory fields, in their order. */
  readonly fields: readonly FieldSpec[];
  /** Of a request: who may issue it in which states. Responses and generic_nack always may. */
  readonly from?: Partial<Record<Role, readonly SessionState[]>>;
  /** How a client sends it: by way of its queue, or straight to a session. */
  readonly route?: 'queue' | 'direct';
  /** Of what goes through the queue: its number in the records of stores, which never changes; the next is free. */
  readonly stored?: number;
  /** Carries the text of a message, in short_message or in the TLV message_payload. */
  readonly text?: true;
  /** The interface_version that has it first, where that is not 3.3: 0x34 or 0x50. */
  readonly since?: number;
  /** The TLVs that it must have. */
  readonly mandatoryTlvs?: readonly TlvName[];
  /** Is about a message that was accepted before, which its message_id names (3.4 sections 4.8 to 4.10). */
  readonly manages?: true;
  /** Of a direct request: it changes something. Without an answer it may have been carried out. */
  readonly changes?: true;
  /** The state that it leads to. */
  readonly binds?: SessionState;
  /** SMPP 3.4 has it no more. */
  readonly obsolete?: true;
}

/** A field whose name and type the compiler knows: what PDUs have is derived from it. */
export interface Field<N extends string, T extends FieldType> extends FieldSpec {
  readonly name: N;
  readonly type: T;
}

const SIZE = 'ESME_RINVPARLEN' as StatusName;
const int8 = <const N extends string>(name: N, status = SIZE): Field<N, 'int8'> => ({
  name,
  type: 'int8',
  status,
});
const int32 = <const N extends string>(name: N, status = SIZE): Field<N, 'int32'> => ({
  name,
  type: 'int32',
  status,
});
const text = <const N extends string>(
  name: N,
  max: number,
  status = SIZE,
  more: Partial<FieldSpec> = {},
): Field<N, 'cstring'> => ({ ...more, name, type: 'cstring', max, status });
const time = <const N extends string>(name: N, status: StatusName): Field<N, 'time'> => ({
  name,
  type: 'time',
  max: 17,
  status,
});
/** A count, and the field of up to 255 octets or items that it counts. */
const counted = <const N extends string, const O extends string, const T extends FieldType>(
  [name, of, type]: readonly [N, O, T],
  status: StatusName,
  more: Partial<FieldSpec> = {},
): readonly [Field<N, 'count'>, Field<O, T>] => [
  { name, type: 'count', of, status },
  { ...more, name: of, type, max: 255, status },
];

const address = <const N extends string>(name: N, max: number, status?: StatusName): Field<N, 'cstring'> =>
  text(name, max, status, { address: true, tells: 'number' });
/** Octets with the NUL: as long as what SMSCs are seen to demand in place of the specification's length. */
const LONG = 65;

const serviceType = text('service_type', 6, 'ESME_RINVSERTYP', { longest: 21 });
/** Octets with the NUL. 64 characters in 5.0 and 3.4; SMSCs are seen that write more, and receipts need all of them. */
const LONGEST_ID = 256;
const messageId = text('message_id', 65, 'ESME_RINVMSGID', { kept: LONGEST_ID });
const systemId = text('system_id', 16, 'ESME_RINVSYSID', { longest: LONG });
// Accounts with passwords of more than 8 characters exist at many SMSCs; the session warns.
const password = text('password', 9, 'ESME_RINVPASWD', { soft: true, tells: 'secret' });
const esmClass = int8('esm_class', 'ESME_RINVESMCLASS');
const priorityFlag = int8('priority_flag', 'ESME_RINVPRTFLG');
const registered = int8('registered_delivery', 'ESME_RINVREGDLVFLG');
const dataCoding = int8('data_coding', 'ESME_RINVDCS');
const predefined = int8('sm_default_msg_id', 'ESME_RINVDFTMSGID');
const replaceFlag = int8('replace_if_present_flag', 'ESME_RINVREPFLAG');

const source = [
  int8('source_addr_ton', 'ESME_RINVSRCTON'),
  int8('source_addr_npi', 'ESME_RINVSRCNPI'),
  address('source_addr', 21, 'ESME_RINVSRCADR'),
] as const;
// data_sm and alert_notification allow longer addresses: 3.4 sections 4.7.1 and 4.12.1.
const longSource = [source[0], source[1], address('source_addr', 65, 'ESME_RINVSRCADR')] as const;
const destination = [
  int8('dest_addr_ton', 'ESME_RINVDSTTON'),
  int8('dest_addr_npi', 'ESME_RINVDSTNPI'),
  address('destination_addr', 21, 'ESME_RINVDSTADR'),
] as const;
const longDestination = [
  destination[0],
  destination[1],
  address('destination_addr', 65, 'ESME_RINVDSTADR'),
] as const;
const schedule = [
  time('schedule_delivery_time', 'ESME_RINVSCHED'),
  time('validity_period', 'ESME_RINVEXPIRY'),
] as const;
const destinations = counted(['number_of_dests', 'dest_address', 'destinations'], 'ESME_RINVNUMDESTS');
const failures = counted(['no_unsuccess', 'unsuccess_sme', 'failures'], 'ESME_RINVNUMDESTS');
const messageIds = counted(['no_messages', 'message_ids', 'message_ids'], 'ESME_RINVNUMMSGS');
// 254 octets in 3.4, 255 in 5.0; SMSCs of 3.4 take 255 as well.
const shortMessage = counted(['sm_length', 'short_message', 'octets'], 'ESME_RINVMSGLEN', { tells: 'text' });
const outcome = [time('final_date', 'ESME_RQUERYFAIL'), int8('message_state'), int8('error_code')] as const;
const handling = [...schedule, registered, replaceFlag, dataCoding, predefined, ...shortMessage] as const;
const head = [esmClass, int8('protocol_id'), priorityFlag] as const;

const bind = [
  systemId,
  password,
  text('system_type', 13, 'ESME_RINVSYSTYP', { longest: LONG }),
  int8('interface_version'),
  int8('addr_ton'),
  int8('addr_npi'),
  text('address_range', 41, SIZE, { longest: LONG, tells: 'number' }),
] as const;
const message = [serviceType, ...source, ...destination, ...head, ...handling] as const;
const multi = [serviceType, ...source, ...destinations, ...head, ...handling] as const;
const data = [serviceType, ...longSource, ...longDestination, esmClass, registered, dataCoding] as const;
const replacement = [messageId, ...source, ...schedule, registered, predefined, ...shortMessage] as const;
// Here sm_length says how many octets of the message are asked for.
const details = [messageId, ...source, int8('sm_length', 'ESME_RINVMSGLEN')] as const;
const found = [
  ...[serviceType, ...source, ...destinations, int8('protocol_id'), priorityFlag, ...schedule],
  ...[registered, dataCoding, ...shortMessage, messageId, ...outcome],
] as const;
const broadcast = [
  ...[serviceType, ...source, messageId, priorityFlag, ...schedule, replaceFlag, dataCoding],
  predefined,
] as const;
const alert = [
  ...longSource,
  int8('esme_addr_ton'),
  int8('esme_addr_npi'),
  address('esme_addr', 65),
] as const;
const none = [] as const;

/*
 * Who issues what in which states: what SMPP 3.4 (section 2.3) or 5.0 (section 2.4) allows, and 3.3's own beside them. So
 * data_sm goes both ways over every bind (3.4), and enquire_link before and after it (5.0).
 */
const BOUND = ['bound_tx', 'bound_rx', 'bound_trx'] as const;
const BEFORE_BIND = { esme: ['open', 'outbound'] } as const;
const SENDING = { esme: ['bound_tx', 'bound_trx'] } as const;
const RECEIVING = { smsc: ['bound_rx', 'bound_trx'] } as const;
const BOTH_BOUND = { esme: BOUND, smsc: BOUND } as const;
const OPEN = ['open', 'outbound', ...BOUND, 'unbound'] as const;

const queued = <const N extends number>(stored: N) =>
  ({ from: SENDING, route: 'queue', stored, text: true }) as const;
const direct = { from: SENDING, route: 'direct' } as const;
const changing = { ...direct, changes: true } as const;
const obsolete = { ...direct, obsolete: true } as const;
const since34 = { since: 0x34 } as const;
const since50 = { since: 0x50 } as const;
/** 5.0 section 4.4.1.1. */
const BROADCAST_TLVS = [
  ...(['broadcast_area_identifier', 'broadcast_content_type', 'broadcast_rep_num'] as const),
  'broadcast_frequency_interval',
] as const;

/**
 * Every command of SMPP 3.3, 3.4 and 5.0 with its mandatory fields in order of
 * the wire; the three broadcast commands are of 5.0. What else is known of a command is derived from here.
 */
export const COMMANDS = {
  generic_nack: { id: 0x80000000, fields: none },
  bind_receiver: { id: 0x00000001, fields: bind, from: BEFORE_BIND, binds: 'bound_rx' },
  bind_receiver_resp: { id: 0x80000001, fields: [systemId] },
  bind_transmitter: { id: 0x00000002, fields: bind, from: BEFORE_BIND, binds: 'bound_tx' },
  bind_transmitter_resp: { id: 0x80000002, fields: [systemId] },
  query_sm: { id: 0x00000003, fields: [messageId, ...source], ...direct, manages: true },
  query_sm_resp: { id: 0x80000003, fields: [messageId, ...outcome] },
  submit_sm: { id: 0x00000004, fields: message, ...queued(0) },
  submit_sm_resp: { id: 0x80000004, fields: [messageId] },
  deliver_sm: { id: 0x00000005, fields: message, from: RECEIVING, text: true },
  deliver_sm_resp: { id: 0x80000005, fields: [messageId] },
  unbind: { id: 0x00000006, fields: none, from: BOTH_BOUND },
  unbind_resp: { id: 0x80000006, fields: none },
  replace_sm: { id: 0x00000007, fields: replacement, ...changing, manages: true, text: true },
  replace_sm_resp: { id: 0x80000007, fields: none },
  cancel_sm: {
    id: 0x00000008,
    fields: [serviceType, messageId, ...source, ...destination],
    ...changing,
    manages: true,
  },
  cancel_sm_resp: { id: 0x80000008, fields: none },
  bind_transceiver: { id: 0x00000009, fields: bind, from: BEFORE_BIND, binds: 'bound_trx', ...since34 },
  bind_transceiver_resp: { id: 0x80000009, fields: [systemId] },
  outbind: { id: 0x0000000b, fields: [systemId, password], from: { smsc: ['open'] } },
  enquire_link: { id: 0x00000015, fields: none, from: { esme: OPEN, smsc: OPEN } },
  enquire_link_resp: { id: 0x80000015, fields: none },
  submit_multi: { id: 0x00000021, fields: multi, ...queued(2) },
  submit_multi_resp: { id: 0x80000021, fields: [messageId, ...failures] },
  param_retrieve: { id: 0x00000022, fields: [text('param_name', 32, 'ESME_RINVPARAM')], ...obsolete },
  param_retrieve_resp: {
    id: 0x80000022,
    fields: [text('param_value', 101, 'ESME_RPARAMRETFAIL', { tells: 'text' })],
  },
  query_last_msgs: {
    id: 0x00000023,
    fields: [...source, int8('number_of_messages', 'ESME_RINVNUMMSGS')],
    ...obsolete,
  },
  query_last_msgs_resp: { id: 0x80000023, fields: messageIds },
  query_msg_details: { id: 0x00000024, fields: details, ...obsolete },
  query_msg_details_resp: { id: 0x80000024, fields: found },
  alert_notification: { id: 0x00000102, fields: alert, from: RECEIVING, ...since34 },
  data_sm: { id: 0x00000103, fields: data, ...queued(1), from: BOTH_BOUND, ...since34 },
  data_sm_resp: { id: 0x80000103, fields: [messageId] },
  broadcast_sm: {
    id: 0x00000111,
    fields: broadcast,
    ...queued(3),
    ...since50,
    mandatoryTlvs: BROADCAST_TLVS,
  },
  broadcast_sm_resp: { id: 0x80000111, fields: [messageId] },
  query_broadcast_sm: { id: 0x00000112, fields: [messageId, ...source], ...direct, ...since50 },
  query_broadcast_sm_resp: { id: 0x80000112, fields: [messageId] },
  cancel_broadcast_sm: {
    id: 0x00000113,
    fields: [serviceType, messageId, ...source],
    ...changing,
    ...since50,
  },
  cancel_broadcast_sm_resp: { id: 0x80000113, fields: none },
} as const satisfies Record<string, CommandSpec>;

/** The parts of the items of lists (3.4 sections 4.5.1.1 and 4.5.2.1). */
export const ITEM_FIELDS = {
  /** dest_flag 1 */
  sme: destination,
  /** dest_flag 2 */
  list: [text('dl_name', 21, 'ESME_RINVDLNAME', { tells: 'number' })],
  failure: [...destination, int32('error_status_code')],
  /** 3.3 has 8 hexadecimal digits; the length of 3.4 is taken, as for every message_id. */
  id: messageId,
} as const;

/**
 * Octets, with its NUL, that are kept of a C-octet string when it is read: what the specification allows, what peers are
 * known to write beyond it, and at least as much as any address may have. What is longer is cut there, as a flaw: else one
 * PDU could make whoever keeps its fields keep a hundred times of what was meant.
 */
export function keptOf({ max = LONG, longest = 0, kept = 0 }: FieldSpec): number {
  return Math.max(max, kept || longest || LONG);
}

/** The name of a command: `submit_sm`, `submit_sm_resp` … */
export type CommandName = keyof typeof COMMANDS;
/** The name of a command that is answered. */
export type RequestName = Exclude<CommandName, ResponseName>;
/** The name of a command that answers. */
export type ResponseName = Extract<CommandName, `${string}_resp` | 'generic_nack'>;
