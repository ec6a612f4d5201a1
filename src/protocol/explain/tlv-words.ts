import { decodeBroadcastArea, decodeContentType, decodeFrequencyInterval } from '../broadcast';
import { STATES, hex8, named, time, type Describe, type Words } from './words';

/** SMPP 3.4 section 5.3.2.1. */
const SUBUNITS = named({
  0: 'unknown',
  1: 'MS display',
  2: 'mobile equipment',
  3: 'smart card 1 (SIM)',
  4: 'external unit 1',
});

/** Section 5.3.2.3. */
const NETWORKS = named({
  0: 'unknown',
  1: 'GSM',
  2: 'ANSI-136/TDMA',
  3: 'IS-95/CDMA',
  4: 'PDC',
  5: 'PHS',
  6: 'iDEN',
  7: 'AMPS',
  8: 'paging network',
});

/** Section 5.3.2.5. */
const BEARERS = named({
  0: 'unknown',
  1: 'SMS',
  2: 'circuit switched data',
  3: 'packet data',
  4: 'USSD',
  5: 'CDPD',
  6: 'DataTAC',
  7: 'FLEX/ReFLEX',
  8: 'cell broadcast',
});

/** Section 5.3.2.19. */
const LANGUAGES = named({
  0: 'unspecified',
  1: 'English',
  2: 'French',
  3: 'Spanish',
  4: 'German',
  5: 'Portuguese',
});

/** SMPP 3.4 section 5.3.2.33, 5.0 section 4.8.4.19. */
const FAILURES = named({
  0: 'destination unavailable',
  1: 'destination address invalid',
  2: 'permanent network error',
  3: 'temporary network error',
});

const USSD: Words = {
  0: 'PSSD indication',
  1: 'PSSR indication',
  2: 'USSR request',
  3: 'USSN request',
  16: 'PSSD response',
  17: 'PSSR response',
  18: 'USSR confirm',
  19: 'USSN confirm',
};

/** Section 5.3.2.31: the network, and a code of it. */
function networkError(value: Buffer): string | undefined {
  if (value.length !== 3) return undefined;
  const network = NETWORK_ERROR_TYPES[value.readUInt8(0)] ?? `network ${hex8(value.readUInt8(0))}`;
  return `${network}, error ${value.readUInt16BE(1)}`;
}

const NETWORK_ERROR_TYPES: Words = {
  1: 'ANSI-136 access denied',
  2: 'IS-95 access denied',
  3: 'GSM',
  4: 'ANSI-136 cause code',
  5: 'IS-95 cause code',
  6: 'ANSI-41',
  7: 'SMPP',
  8: 'message centre',
};

/** SMPP 5.0 section 4.8.4.18. */
function congestion(value: number): string {
  if (value === 0) return 'idle';
  if (value > 100) return 'reserved';
  if (value >= 100) return 'congested, maximum load';
  if (value >= 90) return 'nearing congestion';
  if (value >= 80) return 'optimum load';
  return value >= 50 ? 'medium load' : value >= 30 ? 'low to medium load' : 'low load';
}

/** Section 5.3.2.13. */
function waiting(value: number): string {
  const on = (value & 0x80) === 0 ? 'inactive' : 'active';
  const kind = named({ 0: 'voicemail', 1: 'fax', 2: 'e-mail', 3: 'other' })(value & 3);
  return `${kind} waiting: ${on}`;
}

/** Section 5.3.2.37. */
function presentation(value: number): string {
  const shown = { 0: 'presentation allowed', 1: 'presentation restricted', 2: 'number not available' };
  const screened = {
    0: 'not screened',
    1: 'verified and passed',
    2: 'verified and failed',
    3: 'network provided',
  };
  return `${named(shown)((value >> 2) & 3)}; ${named(screened)(value & 3)}`;
}

/** Section 5.3.2.36: digit mode, TON, NPI, digits. */
function callback(value: Buffer): string | undefined {
  if (value.length < 4) return undefined;
  const mode = value.readUInt8(0) === 1 ? 'ASCII' : 'DTMF';
  return `${mode} digits, ton ${value.readUInt8(1)}, npi ${value.readUInt8(2)}`;
}

function frequency(value: Buffer): string | undefined {
  const interval = decodeFrequencyInterval(value);
  if (!interval) return undefined;
  const unit = typeof interval.unit === 'number' ? `unit ${hex8(interval.unit)}` : interval.unit;
  return unit.includes('_') ? unit.replaceAll('_', ' ') : `every ${interval.value} ${unit}`;
}

function contentType(value: Buffer): string | undefined {
  const type = decodeContentType(value);
  return type && `${type.network_type} network, content ${type.content_type}`;
}

function area(value: Buffer): string | undefined {
  const read = decodeBroadcastArea(value);
  if (read.format === 'alias') return 'an alias or name';
  if (read.format === 'polygon') return `a polygon of ${read.points.length} corners`;
  if (read.format === 'unknown') return undefined;
  return `an arc around ${read.latitude}, ${read.longitude}`;
}

function versionOf(value: number): string {
  return value <= 0x33 ? 'SMPP 3.3 or earlier' : named({ 0x34: 'SMPP 3.4', 0x50: 'SMPP 5.0' })(value);
}

const VALIDITY = named({
  0: 'store indefinitely',
  1: 'until the phone is switched off',
  2: 'until it leaves the area',
  3: 'display only',
  4: 'for the time that follows',
});
const DELIVERY_PENDING = named({ 0: 'no flag for pending delivery', 1: 'flag for pending delivery' });

/** Of TLVs, by their names in the table of TLVs. What is left out says all by its value. */
export const TLV_WORDS: Readonly<Record<string, Describe>> = {
  ...{ dest_addr_subunit: SUBUNITS, source_addr_subunit: SUBUNITS },
  ...{ dest_network_type: NETWORKS, source_network_type: NETWORKS },
  ...{ dest_bearer_type: BEARERS, source_bearer_type: BEARERS },
  qos_time_to_live: (value: number) => `${value} seconds`,
  payload_type: named({ 0: 'default: what the bearer has', 1: 'WCMP' }),
  ms_msg_wait_facilities: waiting,
  privacy_indicator: named({ 0: 'not restricted', 1: 'restricted', 2: 'confidential', 3: 'secret' }),
  language_indicator: LANGUAGES,
  sc_interface_version: versionOf,
  sar_total_segments: (value: number) => `${value} segment${value === 1 ? '' : 's'} in all`,
  sar_segment_seqnum: (value: number) => `segment ${value}`,
  callback_num_pres_ind: presentation,
  callback_num: callback,
  ...{ dpf_result: named({ 0: 'no delivery pending flag set', 1: 'delivery pending flag set' }) },
  set_dpf: DELIVERY_PENDING,
  ms_availability_status: named({ 0: 'available', 1: 'denied', 2: 'unavailable' }),
  network_error_code: networkError,
  delivery_failure_reason: FAILURES,
  more_messages_to_send: named({ 0: 'no more messages', 1: 'more messages follow' }),
  message_state: named(STATES),
  congestion_state: congestion,
  ussd_service_op: named(USSD),
  broadcast_content_type: contentType,
  broadcast_frequency_interval: frequency,
  broadcast_area_identifier: area,
  broadcast_message_class: named({ 0: 'no class', 1: 'class 1 (user defined)', 2: 'class 2', 3: 'class 3' }),
  broadcast_channel_indicator: named({ 0: 'basic channel', 1: 'extended channel' }),
  broadcast_area_success: (value: number) =>
    value <= 100 ? `${value} %` : value === 255 ? 'not available' : 'reserved',
  broadcast_end_time: time,
  dest_addr_np_resolution: named({ 0: 'not queried', 1: 'queried, not ported', 2: 'queried, ported' }),
  display_time: named({ 0: 'temporary', 1: 'default', 2: 'invoke' }),
  ms_validity: (value: number) => VALIDITY(value > 0xff ? value >>> 24 : value),
  alert_on_message_delivery: named({
    0: 'default alert',
    1: 'low priority',
    2: 'medium priority',
    3: 'high priority',
  }),
  its_reply_type: named({
    0: 'digit',
    1: 'number',
    2: 'telephone number',
    3: 'password',
    4: 'character line',
    5: 'menu',
    6: 'date',
    7: 'time',
    8: 'continue',
  }),
};
