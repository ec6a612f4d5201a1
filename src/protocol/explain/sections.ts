import type { COMMANDS, ITEM_FIELDS } from '../commands';
import type { CommandName } from '../commands';
import type { TlvName } from '../tlvs';

/** Numbers of sections, by version of the specification. */
interface Sections {
  readonly v33?: string;
  readonly v34?: string;
  readonly v50?: string;
}

type FieldNames<F extends readonly { readonly name: string }[]> = F[number]['name'];
type FieldName =
  | { [C in CommandName]: FieldNames<(typeof COMMANDS)[C]['fields']> }[CommandName]
  | { [I in 'sme' | 'list' | 'failure']: FieldNames<(typeof ITEM_FIELDS)[I]> }['sme' | 'list' | 'failure']
  | 'dest_flag';

const both = (v34: string, v50: string): Sections => ({ v34, v50 });
const only50 = (v50: string): Sections => ({ v50 });
/** Of SMPP 3.3 alone: its section 5.2 has them all. */
const OBSOLETE: Sections = { v33: '5.2' };

const COMMAND_SECTIONS: Readonly<Record<CommandName, Sections>> = {
  generic_nack: both('4.3.1', '4.1.4.1'),
  bind_receiver: both('4.1.3', '4.1.1.3'),
  bind_receiver_resp: both('4.1.4', '4.1.1.4'),
  bind_transmitter: both('4.1.1', '4.1.1.1'),
  bind_transmitter_resp: both('4.1.2', '4.1.1.2'),
  query_sm: both('4.8.1', '4.5.2.1'),
  query_sm_resp: both('4.8.2', '4.5.2.2'),
  submit_sm: both('4.4.1', '4.2.1.1'),
  submit_sm_resp: both('4.4.2', '4.2.1.2'),
  deliver_sm: both('4.6.1', '4.3.1.1'),
  deliver_sm_resp: both('4.6.2', '4.3.1.2'),
  unbind: both('4.2.1', '4.1.1.8'),
  unbind_resp: both('4.2.2', '4.1.1.9'),
  replace_sm: both('4.10.1', '4.5.3.1'),
  replace_sm_resp: both('4.10.2', '4.5.3.2'),
  cancel_sm: both('4.9.1', '4.5.1.1'),
  cancel_sm_resp: both('4.9.2', '4.5.1.2'),
  bind_transceiver: both('4.1.5', '4.1.1.5'),
  bind_transceiver_resp: both('4.1.6', '4.1.1.6'),
  outbind: both('4.1.7', '4.1.1.7'),
  enquire_link: both('4.11.1', '4.1.2.1'),
  enquire_link_resp: both('4.11.2', '4.1.2.2'),
  submit_multi: both('4.5.1', '4.2.3.1'),
  submit_multi_resp: both('4.5.2', '4.2.3.2'),
  param_retrieve: OBSOLETE,
  param_retrieve_resp: OBSOLETE,
  query_last_msgs: OBSOLETE,
  query_last_msgs_resp: OBSOLETE,
  query_msg_details: OBSOLETE,
  query_msg_details_resp: OBSOLETE,
  alert_notification: both('4.12.1', '4.1.3.1'),
  data_sm: both('4.7.1', '4.2.2.1'),
  data_sm_resp: both('4.7.2', '4.2.2.2'),
  broadcast_sm: only50('4.4.1.1'),
  broadcast_sm_resp: only50('4.4.1.2'),
  query_broadcast_sm: only50('4.6.1.1'),
  query_broadcast_sm_resp: only50('4.6.1.3'),
  cancel_broadcast_sm: only50('4.6.2.1'),
  cancel_broadcast_sm_resp: only50('4.6.2.3'),
};

const TON = both('5.2.5', '4.7.1');
const NPI = both('5.2.6', '4.7.2');
const LENGTH = both('5.2.21', '4.7.28');
const TIMES = '4.7.23';
/** What the specifications define with the command that has it. */
const WITH_COMMAND = 'command';

const FIELD_SECTIONS: Readonly<Record<FieldName, Sections | typeof WITH_COMMAND>> = {
  system_id: both('5.2.1', '4.7.30'),
  password: both('5.2.2', '4.7.18'),
  system_type: both('5.2.3', '4.7.31'),
  interface_version: both('5.2.4', '4.7.13'),
  ...{ addr_ton: TON, source_addr_ton: TON, dest_addr_ton: TON, esme_addr_ton: TON },
  ...{ addr_npi: NPI, source_addr_npi: NPI, dest_addr_npi: NPI, esme_addr_npi: NPI },
  address_range: both('5.2.7', '4.7.3'),
  source_addr: both('5.2.8', '4.7.29'),
  destination_addr: both('5.2.9', '4.7.8'),
  esme_addr: both('5.2.10', '4.7.11'),
  service_type: both('5.2.11', '4.7.25'),
  esm_class: both('5.2.12', '4.7.12'),
  protocol_id: both('5.2.13', '4.7.20'),
  priority_flag: both('5.2.14', '4.7.19'),
  schedule_delivery_time: both('5.2.15', TIMES),
  validity_period: both('5.2.16', TIMES),
  registered_delivery: both('5.2.17', '4.7.21'),
  replace_if_present_flag: both('5.2.18', '4.7.22'),
  data_coding: both('5.2.19', '4.7.7'),
  sm_default_msg_id: both('5.2.20', '4.7.27'),
  sm_length: LENGTH,
  short_message: both('5.2.22', '4.7.26'),
  message_id: both('5.2.23', '4.7.14'),
  number_of_dests: both('5.2.24', '4.7.17'),
  dest_flag: both('5.2.25', '4.7.9'),
  no_unsuccess: both('5.2.26', '4.7.16'),
  dl_name: both('5.2.27', '4.7.10'),
  message_state: both('5.2.28', '4.7.15'),
  error_status_code: both('5.1.3', '4.7.6'),
  dest_address: WITH_COMMAND,
  unsuccess_sme: WITH_COMMAND,
  final_date: WITH_COMMAND,
  error_code: WITH_COMMAND,
  param_name: WITH_COMMAND,
  param_value: WITH_COMMAND,
  number_of_messages: WITH_COMMAND,
  no_messages: WITH_COMMAND,
  message_ids: WITH_COMMAND,
};

const HEADER_SECTIONS: Readonly<Record<string, Sections>> = {
  command_length: both('5.1.1', '4.7.4'),
  command_id: both('5.1.2', '4.7.5'),
  command_status: both('5.1.3', '4.7.6'),
  sequence_number: both('5.1.4', '4.7.24'),
};

const tlv34 = (v34: number, v50: number): Sections => both(`5.3.2.${v34}`, `4.8.4.${v50}`);
const tlv50 = (v50: number): Sections => only50(`4.8.4.${v50}`);

const TLV_SECTIONS: Readonly<Record<TlvName, Sections>> = {
  dest_addr_subunit: tlv34(1, 23),
  dest_network_type: tlv34(3, 26),
  dest_bearer_type: tlv34(5, 24),
  dest_telematics_id: tlv34(7, 29),
  source_addr_subunit: tlv34(2, 54),
  source_network_type: tlv34(4, 57),
  source_bearer_type: tlv34(6, 55),
  source_telematics_id: tlv34(8, 61),
  qos_time_to_live: tlv34(9, 46),
  payload_type: tlv34(10, 44),
  additional_status_info_text: tlv34(11, 1),
  receipted_message_id: tlv34(12, 47),
  ms_msg_wait_facilities: tlv34(13, 40),
  privacy_indicator: tlv34(14, 45),
  source_subaddress: tlv34(15, 60),
  dest_subaddress: tlv34(16, 28),
  user_message_reference: tlv34(17, 62),
  user_response_code: tlv34(18, 63),
  source_port: tlv34(20, 59),
  destination_port: tlv34(21, 30),
  sar_msg_ref_num: tlv34(22, 48),
  language_indicator: tlv34(19, 35),
  sar_total_segments: tlv34(23, 50),
  sar_segment_seqnum: tlv34(24, 49),
  sc_interface_version: tlv34(25, 51),
  callback_num_pres_ind: tlv34(37, 17),
  callback_num_atag: tlv34(38, 16),
  number_of_messages: tlv34(39, 43),
  callback_num: tlv34(36, 15),
  dpf_result: tlv34(28, 32),
  set_dpf: tlv34(29, 52),
  ms_availability_status: tlv34(30, 39),
  network_error_code: tlv34(31, 42),
  message_payload: tlv34(32, 36),
  delivery_failure_reason: tlv34(33, 19),
  more_messages_to_send: tlv34(34, 38),
  message_state: tlv34(35, 37),
  congestion_state: tlv50(18),
  ussd_service_op: tlv34(44, 64),
  broadcast_channel_indicator: tlv50(7),
  broadcast_content_type: tlv50(8),
  broadcast_content_type_info: tlv50(6),
  broadcast_message_class: tlv50(12),
  broadcast_rep_num: tlv50(13),
  broadcast_frequency_interval: tlv50(11),
  broadcast_area_identifier: tlv50(4),
  broadcast_error_status: tlv50(10),
  broadcast_area_success: tlv50(5),
  broadcast_end_time: tlv50(9),
  broadcast_service_group: tlv50(14),
  billing_identification: tlv50(3),
  source_network_id: tlv50(56),
  dest_network_id: tlv50(25),
  source_node_id: tlv50(58),
  dest_node_id: tlv50(27),
  dest_addr_np_resolution: tlv50(22),
  dest_addr_np_information: tlv50(21),
  dest_addr_np_country: tlv50(20),
  display_time: tlv34(26, 31),
  sms_signal: tlv34(40, 53),
  ms_validity: tlv34(27, 41),
  alert_on_message_delivery: tlv34(41, 2),
  its_reply_type: tlv34(42, 33),
  its_session_info: tlv34(43, 34),
};

function written({ v33, v34, v50 }: Sections): string {
  const of = { '3.3': v33, '3.4': v34, '5.0': v50 };
  const said = Object.entries(of).flatMap(([version, section]) =>
    section ? [`${version} section ${section}`] : [],
  );
  return `SMPP ${said.join(', ')}`;
}

const mapOf = (table: Readonly<Record<string, Sections>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(table).map(([name, sections]) => [name, written(sections)]));

const COMMAND = mapOf(COMMAND_SECTIONS);
const HEADER = mapOf(HEADER_SECTIONS);
const TLV = mapOf(TLV_SECTIONS);
const FIELD = new Map(
  Object.entries(FIELD_SECTIONS).map(([name, of]) => [name, of === WITH_COMMAND ? of : written(of)]),
);
/** All tags and lengths. */
const TLV_PARTS = written(both('3.2.4.1', '4.8.1'));
const VENDOR_TLVS = written(both('5.3.1', '4.8.1'));
const USER_DATA_HEADER = '3GPP TS 23.040 section 9.2.3.24';

/** Where a command is defined; undefined for one that is in no specification. */
export function commandSection(command: string): string | undefined {
  return COMMAND.get(command);
}

/** Where a field of the header is defined. */
export function headerSection(name: string): string | undefined {
  return HEADER.get(name);
}

/** Where a mandatory field is defined: for itself, or with the command that has it. */
export function fieldSection(name: string, command: string): string | undefined {
  const own = FIELD.get(name);
  return own === WITH_COMMAND || own === undefined ? COMMAND.get(command) : own;
}

/** Where a TLV is defined, or what is said of those that are left to vendors. */
export function tlvSection(name: string, isVendor: boolean): string | undefined {
  return TLV.get(name) ?? (isVendor ? VENDOR_TLVS : undefined);
}

/** Where tag and length of a TLV, or the elements of a user data header, are defined. */
export const PART_SECTIONS = { tlv: TLV_PARTS, udh: USER_DATA_HEADER } as const;
