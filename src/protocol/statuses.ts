import { SmppError } from './errors';
import { didYouMean } from './suggest';

/**
 * What a sender does about a status: `throttle` pauses all sending, `retry`
 * tries this request again later, `fail` gives it up.
 */
export type StatusKind = 'ok' | 'throttle' | 'retry' | 'fail';

type StatusRow = readonly [code: number, kind: StatusKind, meaning: string];

/**
 * Every command_status of SMPP 3.3, 3.4 (section 5.1.3) and 5.0 (section
 * 4.7.6). `fail`: the request itself is at fault, so that repeating it
 * cannot help; `retry`: the peer, the link, or a cause that is not given.
 */
export const STATUSES = {
  ESME_ROK: [0x0000, 'ok', 'The request was accepted.'],
  ESME_RINVMSGLEN: [0x0001, 'fail', 'The length of the message is invalid.'],
  ESME_RINVCMDLEN: [0x0002, 'fail', 'The length of the PDU does not fit its command.'],
  ESME_RINVCMDID: [0x0003, 'fail', 'The command is unknown to the peer.'],
  ESME_RINVBNDSTS: [0x0004, 'retry', 'The session is not bound, or not bound for this command.'],
  ESME_RALYBND: [0x0005, 'retry', 'The account is bound already; an old session may still be open.'],
  ESME_RINVPRTFLG: [0x0006, 'fail', 'The priority_flag is invalid.'],
  ESME_RINVREGDLVFLG: [0x0007, 'fail', 'The registered_delivery flag is invalid.'],
  ESME_RSYSERR: [0x0008, 'retry', 'The peer has a fault of its own and could not serve the request.'],
  ESME_RINVSRCADR: [0x000a, 'fail', 'The source address is invalid or not allowed.'],
  ESME_RINVDSTADR: [0x000b, 'fail', 'The destination address is invalid.'],
  ESME_RINVMSGID: [0x000c, 'fail', 'The message_id is invalid or unknown.'],
  ESME_RBINDFAIL: [0x000d, 'retry', 'The bind failed for a reason that the peer does not give.'],
  ESME_RINVPASWD: [0x000e, 'fail', 'The password is wrong.'],
  ESME_RINVSYSID: [0x000f, 'fail', 'The system_id is unknown to the peer.'],
  ESME_RCANCELFAIL: [0x0011, 'fail', 'The message could not be cancelled.'],
  ESME_RREPLACEFAIL: [0x0013, 'fail', 'The message could not be replaced.'],
  ESME_RMSGQFUL: [0x0014, 'throttle', 'The message queue of the peer is full.'],
  ESME_RINVSERTYP: [0x0015, 'fail', 'The service_type is invalid.'],
  ESME_RADDCUSTFAIL: [0x0019, 'fail', 'The customer could not be added.'],
  ESME_RDELCUSTFAIL: [0x001a, 'fail', 'The customer could not be deleted.'],
  ESME_RMODCUSTFAIL: [0x001b, 'fail', 'The customer could not be modified.'],
  ESME_RENQCUSTFAIL: [0x001c, 'fail', 'The customer could not be looked up.'],
  ESME_RINVCUSTID: [0x001d, 'fail', 'The customer ID is invalid.'],
  ESME_RINVCUSTNAME: [0x001f, 'fail', 'The customer name is invalid.'],
  ESME_RINVCUSTADR: [0x0021, 'fail', 'The customer address is invalid.'],
  ESME_RINVADR: [0x0022, 'fail', 'The address is invalid.'],
  ESME_RCUSTEXIST: [0x0023, 'fail', 'The customer exists already.'],
  ESME_RCUSTNOTEXIST: [0x0024, 'fail', 'The customer does not exist.'],
  ESME_RADDDLFAIL: [0x0026, 'fail', 'The distribution list could not be added.'],
  ESME_RMODDLFAIL: [0x0027, 'fail', 'The distribution list could not be modified.'],
  ESME_RDELDLFAIL: [0x0028, 'fail', 'The distribution list could not be deleted.'],
  ESME_RVIEWDLFAIL: [0x0029, 'fail', 'The distribution list could not be shown.'],
  ESME_RLISTDLSFAIL: [0x0030, 'fail', 'The distribution lists could not be listed.'],
  ESME_RPARAMRETFAIL: [0x0031, 'fail', 'The parameter could not be retrieved.'],
  ESME_RINVPARAM: [0x0032, 'fail', 'The parameter name is invalid.'],
  ESME_RINVNUMDESTS: [0x0033, 'fail', 'The number of destinations is invalid.'],
  ESME_RINVDLNAME: [0x0034, 'fail', 'The name of the distribution list is invalid.'],
  ESME_RINVDLMEMBDESC: [0x0035, 'fail', 'The description of the distribution list member is invalid.'],
  ESME_RINVDLMEMBTYP: [0x0038, 'fail', 'The type of the distribution list member is invalid.'],
  ESME_RINVDLMODOPT: [0x0039, 'fail', 'The way to modify the distribution list is invalid.'],
  ESME_RINVDESTFLAG: [0x0040, 'fail', 'The dest_flag of a destination is invalid.'],
  ESME_RINVSUBREP: [0x0042, 'fail', 'The request to submit with replacement is invalid.'],
  ESME_RINVESMCLASS: [0x0043, 'fail', 'The esm_class is invalid.'],
  ESME_RCNTSUBDL: [0x0044, 'fail', 'The message cannot be submitted to the distribution list.'],
  ESME_RSUBMITFAIL: [0x0045, 'retry', 'The submission failed for a reason that the peer does not give.'],
  ESME_RINVSRCTON: [0x0048, 'fail', 'The type of number (TON) of the source address is invalid.'],
  ESME_RINVSRCNPI: [0x0049, 'fail', 'The numbering plan (NPI) of the source address is invalid.'],
  ESME_RINVDSTTON: [0x0050, 'fail', 'The type of number (TON) of the destination address is invalid.'],
  ESME_RINVDSTNPI: [0x0051, 'fail', 'The numbering plan (NPI) of the destination address is invalid.'],
  ESME_RINVSYSTYP: [0x0053, 'fail', 'The system_type is invalid.'],
  ESME_RINVREPFLAG: [0x0054, 'fail', 'The replace_if_present_flag is invalid.'],
  ESME_RINVNUMMSGS: [0x0055, 'fail', 'The number of messages is invalid.'],
  ESME_RTHROTTLED: [0x0058, 'throttle', 'Messages come faster than the peer allows.'],
  ESME_RPROVNOTALLWD: [0x0059, 'fail', 'Provisioning is not allowed.'],
  ESME_RINVSCHED: [0x0061, 'fail', 'The schedule_delivery_time is invalid.'],
  ESME_RINVEXPIRY: [0x0062, 'fail', 'The validity_period is invalid.'],
  ESME_RINVDFTMSGID: [0x0063, 'fail', 'The predefined message (sm_default_msg_id) is invalid or not found.'],
  ESME_RX_T_APPN: [0x0064, 'retry', 'The receiving application has a temporary fault.'],
  ESME_RX_P_APPN: [0x0065, 'fail', 'The receiving application has a permanent fault.'],
  ESME_RX_R_APPN: [0x0066, 'fail', 'The receiving application refuses the message.'],
  ESME_RQUERYFAIL: [0x0067, 'fail', 'The query failed.'],
  ESME_RINVOPTPARSTREAM: [0x00c0, 'fail', 'The optional part of the PDU is malformed.'],
  ESME_ROPTPARNOTALLWD: [0x00c1, 'fail', 'An optional parameter (TLV) is not allowed here.'],
  ESME_RINVPARLEN: [0x00c2, 'fail', 'A parameter has an invalid length.'],
  ESME_RMISSINGOPTPARAM: [0x00c3, 'fail', 'An optional parameter (TLV) that is needed here is missing.'],
  ESME_RINVOPTPARAMVAL: [0x00c4, 'fail', 'An optional parameter (TLV) has an invalid value.'],
  ESME_RDELIVERYFAILURE: [0xfe, 'fail', 'The message could not be delivered (data_sm in transaction mode).'],
  ESME_RUNKNOWNERR: [0x00ff, 'retry', 'The peer reports an error that it cannot name.'],
  ESME_RSERTYPUNAUTH: [0x0100, 'fail', 'The account may not use this service_type.'],
  ESME_RPROHIBITED: [0x0101, 'fail', 'The account may not use this operation.'],
  ESME_RSERTYPUNAVAIL: [0x0102, 'retry', 'The service_type is unavailable at present.'],
  ESME_RSERTYPDENIED: [0x0103, 'fail', 'The service_type is denied.'],
  ESME_RINVDCS: [0x0104, 'fail', 'The data_coding is invalid or not supported.'],
  ESME_RINVSRCADDRSUBUNIT: [0x0105, 'fail', 'The source_addr_subunit is invalid.'],
  ESME_RINVDSTADDRSUBUNIT: [0x0106, 'fail', 'The dest_addr_subunit is invalid.'],
  ESME_RINVBCASTFREQINT: [0x0107, 'fail', 'The broadcast_frequency_interval is invalid.'],
  ESME_RINVBCASTALIAS_NAME: [0x0108, 'fail', 'The alias of a broadcast area is invalid.'],
  ESME_RINVBCASTAREAFMT: [0x0109, 'fail', 'The format of a broadcast area is invalid.'],
  ESME_RINVNUMBCAST_AREAS: [0x010a, 'fail', 'The number of broadcast areas is invalid.'],
  ESME_RINVBCASTCNTTYPE: [0x010b, 'fail', 'The broadcast_content_type is invalid.'],
  ESME_RINVBCASTMSGCLASS: [0x010c, 'fail', 'The broadcast_message_class is invalid.'],
  ESME_RBCASTFAIL: [0x010d, 'retry', 'The broadcast failed for a reason that the peer does not give.'],
  ESME_RBCASTQUERYFAIL: [0x010e, 'fail', 'The query of the broadcast failed.'],
  ESME_RBCASTCANCELFAIL: [0x010f, 'fail', 'The broadcast could not be cancelled.'],
  ESME_RINVBCAST_REP: [0x0110, 'fail', 'The number of repetitions of the broadcast is invalid.'],
  ESME_RINVBCASTSRVGRP: [0x0111, 'fail', 'The broadcast_service_group is invalid.'],
  ESME_RINVBCASTCHANIND: [0x0112, 'fail', 'The broadcast_channel_indicator is invalid.'],
} as const satisfies Record<string, StatusRow>;

/** Other names of the same codes: those that 5.0 changed, and spellings in wide use. */
export const STATUS_ALIASES = {
  ESME_RINVTLVSTREAM: 'ESME_RINVOPTPARSTREAM',
  ESME_RTLVNOTALLWD: 'ESME_ROPTPARNOTALLWD',
  ESME_RINVTLVLEN: 'ESME_RINVPARLEN',
  ESME_RMISSINGTLV: 'ESME_RMISSINGOPTPARAM',
  ESME_RINVTLVVAL: 'ESME_RINVOPTPARAMVAL',
  ESME_RINVBCASTALIASNAME: 'ESME_RINVBCASTALIAS_NAME',
  ESME_RINVNUMBCASTAREAS: 'ESME_RINVNUMBCAST_AREAS',
  ESME_RINVBCASTREP: 'ESME_RINVBCAST_REP',
} as const satisfies Record<string, StatusName>;

/** A command_status by its name of SMPP 3.4; the ones that only 5.0 has, by that. */
export type StatusName = keyof typeof STATUSES;

/** What {@link describeStatus} tells. */
export interface StatusDescription {
  /** The name, or for a code that no specification defines, `0x00000401`. */
  readonly name: string;
  /** The command_status. */
  readonly code: number;
  /** One sentence for people. */
  readonly meaning: string;
  /** What comes of a message that is refused with it. */
  readonly kind: StatusKind;
}

const byCode = new Map<number, StatusDescription>();
const codes = new Map<string, number>();
for (const [name, [code, kind, meaning]] of Object.entries(STATUSES)) {
  byCode.set(code, Object.freeze({ name, code, meaning, kind }));
  codes.set(name, code);
}
for (const [alias, name] of Object.entries(STATUS_ALIASES)) codes.set(alias, STATUSES[name][0]);

const HEXADECIMAL = /^0x[0-9a-f]{1,8}$/i;

/** Eight hexadecimal digits, as unknown commands and statuses are written. */
export function hex32(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

/** The name of a command_status; `0x00000401` for one that no specification defines. */
export function statusName(code: number): string {
  return byCode.get(code)?.name ?? hex32(code);
}

/** The code of a status by its 3.4 or 5.0 name or as `0x00000401`; undefined if it is neither. */
export function statusCode(name: string): number | undefined {
  return codes.get(name) ?? (HEXADECIMAL.test(name) ? Number(name) : undefined);
}

/**
 * Name, code, meaning and default treatment of a status. A code that no
 * specification defines is `retry`: its meaning is not known, and attempts are limited.
 *
 * @throws {SmppError} `UNKNOWN_STATUS` for a name that is none.
 */
export function describeStatus(codeOrName: number | string): StatusDescription {
  const code = typeof codeOrName === 'number' ? codeOrName : statusCode(codeOrName);
  if (code === undefined) throw unknownStatus(String(codeOrName));
  return byCode.get(code) ?? { name: hex32(code), code, meaning: meaningOfRange(code), kind: 'retry' };
}

/** The error for a status name that is none. */
export function unknownStatus(name: string): SmppError {
  const hint = didYouMean(name, codes.keys());
  const message = `"${name}" is not a command_status${hint}; give a name such as ESME_ROK, or a code such as 0x00000401`;
  return new SmppError('UNKNOWN_STATUS', message);
}

/** SMPP 5.0 section 4.7.6: 0x400 to 0x4FF are the vendors', all others reserved. */
function meaningOfRange(code: number): string {
  return code >= 0x400 && code <= 0x4ff
    ? 'A status of the vendor of this SMSC; its documentation says what it means.'
    : 'A status that no SMPP specification defines; ask the operator of this SMSC.';
}
