import { SmppError } from './errors';

/** `secret`: a password; `number`: whom a message is from or for; `text`: what it says. */
export type Told = 'secret' | 'number' | 'text';

/**
 * How the value of a TLV is written. Integers are unsigned; `cstring` ends in
 * NUL; `string` is an octet string that reads as text (ISO-8859-1).
 */
export type TlvType = 'int8' | 'int16' | 'int32' | 'cstring' | 'string' | 'octets';

/** A TLV of the specifications. */
export interface TlvSpec {
  /** Its tag. */
  readonly tag: number;
  /** How its value is written. */
  readonly type: TlvType;
  /** The permitted lengths in octets, where an integer has others than its own; the shortest that fits is written. */
  readonly lengths?: readonly number[];
  /** Fewest and most octets, of a C-octet string with its NUL. */
  readonly min?: number;
  /** Most octets of its value. */
  readonly max?: number;
  /** Octets that are kept of one that is longer. */
  readonly kept?: number;
  /** The specifications let it occur more than once. */
  readonly multiple?: true;
  /** What it tells that not everybody who looks at a PDU is to see; see {@link maskPdu}. */
  readonly tells?: Told;
  /** Octets of its value that tell nothing of that and stand before it: a coding, a type of number. */
  readonly head?: number;
}

type Sized = 'cstring' | 'string' | 'octets';
const sized = <const T extends Sized>(tag: number, type: T, min: number, max: number) =>
  ({ tag, type, min, max }) as const;
const int8 = (tag: number) => ({ tag, type: 'int8' }) as const;
const int16 = (tag: number) => ({ tag, type: 'int16' }) as const;
const int32 = (tag: number) => ({ tag, type: 'int32' }) as const;

/** Every TLV of SMPP 3.4 (section 5.3) and 5.0 (section 4.8.4), by its 3.4 name where it has two. */
export const TLVS = {
  dest_addr_subunit: int8(0x0005),
  dest_network_type: int8(0x0006),
  dest_bearer_type: int8(0x0007),
  dest_telematics_id: int16(0x0008),
  source_addr_subunit: int8(0x000d),
  source_network_type: int8(0x000e),
  source_bearer_type: int8(0x000f),
  // One octet by the specifications; peers write two, as for dest_telematics_id.
  source_telematics_id: { tag: 0x0010, type: 'int8', lengths: [1, 2] },
  qos_time_to_live: int32(0x0017),
  payload_type: int8(0x0019),
  additional_status_info_text: { ...sized(0x001d, 'cstring', 1, 256), tells: 'text' },
  // As much is kept as of a message_id, so that one that is cut still finds the message.
  receipted_message_id: { ...sized(0x001e, 'cstring', 1, 65), kept: 256 },
  ms_msg_wait_facilities: int8(0x0030),
  privacy_indicator: int8(0x0201),
  source_subaddress: { ...sized(0x0202, 'octets', 2, 23), tells: 'number', head: 1 },
  dest_subaddress: { ...sized(0x0203, 'octets', 2, 23), tells: 'number', head: 1 },
  user_message_reference: int16(0x0204),
  user_response_code: int8(0x0205),
  source_port: int16(0x020a),
  destination_port: int16(0x020b),
  sar_msg_ref_num: int16(0x020c),
  language_indicator: int8(0x020d),
  sar_total_segments: int8(0x020e),
  sar_segment_seqnum: int8(0x020f),
  sc_interface_version: int8(0x0210),
  callback_num_pres_ind: { tag: 0x0302, type: 'int8', multiple: true },
  callback_num_atag: { tag: 0x0303, type: 'octets', min: 0, max: 65, multiple: true, tells: 'text', head: 1 },
  number_of_messages: int8(0x0304),
  callback_num: { tag: 0x0381, type: 'octets', min: 4, max: 19, multiple: true, tells: 'number', head: 3 },
  dpf_result: int8(0x0420),
  set_dpf: int8(0x0421),
  ms_availability_status: int8(0x0422),
  network_error_code: sized(0x0423, 'octets', 3, 3),
  message_payload: { ...sized(0x0424, 'octets', 0, 65535), tells: 'text' },
  delivery_failure_reason: int8(0x0425),
  more_messages_to_send: int8(0x0426),
  message_state: int8(0x0427),
  congestion_state: int8(0x0428),
  ussd_service_op: int8(0x0501),
  broadcast_channel_indicator: int8(0x0600),
  broadcast_content_type: sized(0x0601, 'octets', 3, 3),
  broadcast_content_type_info: { ...sized(0x0602, 'octets', 0, 255), tells: 'text' },
  broadcast_message_class: int8(0x0603),
  broadcast_rep_num: int16(0x0604),
  broadcast_frequency_interval: sized(0x0605, 'octets', 3, 3),
  broadcast_area_identifier: { tag: 0x0606, type: 'octets', min: 1, max: 100, multiple: true },
  broadcast_error_status: { tag: 0x0607, type: 'int32', multiple: true },
  broadcast_area_success: { tag: 0x0608, type: 'int8', multiple: true },
  // 16 characters; peers differ in whether a NUL follows, and both are taken.
  broadcast_end_time: sized(0x0609, 'string', 16, 17),
  broadcast_service_group: sized(0x060a, 'octets', 1, 255),
  billing_identification: { ...sized(0x060b, 'octets', 0, 1024), tells: 'text' },
  source_network_id: sized(0x060d, 'cstring', 7, 66),
  dest_network_id: sized(0x060e, 'cstring', 7, 66),
  source_node_id: sized(0x060f, 'octets', 6, 6),
  dest_node_id: sized(0x0610, 'octets', 6, 6),
  dest_addr_np_resolution: int8(0x0611),
  dest_addr_np_information: { ...sized(0x0612, 'octets', 0, 10), tells: 'number' },
  dest_addr_np_country: sized(0x0613, 'octets', 1, 5),
  display_time: int8(0x1201),
  sms_signal: int16(0x1203),
  // 3.4: the behaviour alone; 5.0: behaviour, unit and number of units may follow as three octets.
  ms_validity: { tag: 0x1204, type: 'int32', lengths: [1, 4] },
  // 3.4: no value; 5.0: one octet, 0 is what no value means.
  alert_on_message_delivery: { tag: 0x130c, type: 'int8', lengths: [0, 1] },
  its_reply_type: int8(0x1380),
  its_session_info: sized(0x1383, 'octets', 2, 2),
} as const satisfies Record<string, TlvSpec>;

/** Other names of the same TLVs. */
export const TLV_ALIASES = {
  dest_port: 'destination_port',
  alert_on_msg_delivery: 'alert_on_message_delivery',
  failed_broadcast_area_identifier: 'broadcast_area_identifier',
  SC_interface_version: 'sc_interface_version',
} as const satisfies Record<string, TlvName>;

/** The name of a TLV of the specifications. */
export type TlvName = keyof typeof TLVS;

/** As much as any address may have. */
const KEPT = 65;

/**
 * Octets, of a C-octet string with its NUL, that are kept of a text or octets when they are read: what the specification
 * allows, and at least as much as any address may have. What is longer is cut there, as a flaw.
 */
export function keptOfTlv({ max = Infinity, kept = KEPT }: TlvSpec): number {
  return Math.max(max, kept);
}

/** A TLV that one vendor has defined. */
export interface VendorTlv {
  /** 0 … 0xFFFF, or the same as `0x1403`. */
  readonly tag: number | string;
  /** What the value is called in `tlvs`. */
  readonly name: string;
  /** `buffer` is another name of `octets`. */
  readonly type: TlvType | 'buffer';
  /** Fewest octets that are sent, without the NUL of a `cstring`; of a text or octets. Default 0. */
  readonly min?: number;
  /** Most octets that are sent; of what comes in, all that goes beyond is kept, and told as a flaw. */
  readonly max?: number;
  /** It may occur more than once: then that is no flaw of what comes in. */
  readonly multiple?: boolean;
}

/** A TLV as the codec uses it. */
export interface TlvDefinition extends TlvSpec {
  /** What the value is called in `tlvs`. */
  readonly name: string;
}

const byTag = new Map<number, TlvDefinition>();
const byName = new Map<string, TlvDefinition>();
for (const [name, spec] of Object.entries(TLVS)) {
  const definition = Object.freeze({ name, ...spec });
  byTag.set(spec.tag, definition);
  byName.set(name, definition);
}
for (const [alias, name] of Object.entries(TLV_ALIASES)) {
  const definition = byName.get(name);
  if (definition) byName.set(alias, definition);
}

const TYPES: readonly string[] = ['int8', 'int16', 'int32', 'cstring', 'string', 'octets'];
const TAG = /^0x[0-9a-f]{1,4}$/i;

/** `0x1403`, as unknown TLVs are written. */
export function tagName(tag: number): `0x${string}` {
  return `0x${tag.toString(16).padStart(4, '0')}`;
}

/** SMPP 3.4 section 5.3.1: tags that are left to vendors. */
export function isVendorTag(tag: number): boolean {
  return tag >= 0x1400 && tag <= 0x3fff;
}

/**
 * The TLVs of the specifications and those of one vendor. Make it once per
 * connection: {@link encodePdu} and {@link decodePdu} take it as `vendorTlvs`.
 */
export class TlvTable {
  readonly #byTag = new Map<number, TlvDefinition>();
  readonly #byName = new Map<string, TlvDefinition>();

  /** @throws {SmppError} `INVALID_VENDOR_TLV` for a definition that cannot be. */
  constructor(vendorTlvs: readonly VendorTlv[] = []) {
    for (const vendorTlv of vendorTlvs) {
      const definition = defineVendorTlv(vendorTlv);
      if (this.#byTag.has(definition.tag) || this.#byName.has(definition.name)) {
        throw invalid(vendorTlv, 'its tag or its name occurs twice');
      }
      this.#byTag.set(definition.tag, definition);
      this.#byName.set(definition.name, definition);
    }
  }

  /** The TLV of a tag; a vendor's own before the specification's. */
  withTag(tag: number): TlvDefinition | undefined {
    return this.#byTag.get(tag) ?? byTag.get(tag);
  }

  /** The TLV of a name or of a tag written `0x1403`. */
  named(name: string): TlvDefinition | undefined {
    const known = this.#byName.get(name) ?? byName.get(name);
    if (known || !TAG.test(name)) return known;
    const tag = Number(name);
    return this.withTag(tag) ?? { name: tagName(tag), tag, type: 'octets' };
  }

  /** Every name, for suggestions. */
  names(): string[] {
    return [...this.#byName.keys(), ...byName.keys()];
  }
}

/** The TLVs of the specifications alone. */
const STANDARD_TLVS = new TlvTable();

/** The table for a codec option, which is a table or a list of definitions. */
export function tlvTable(option: TlvTable | readonly VendorTlv[] | undefined): TlvTable {
  if (option === undefined) return STANDARD_TLVS;
  return option instanceof TlvTable ? option : new TlvTable(option);
}

function defineVendorTlv(vendorTlv: VendorTlv): TlvDefinition {
  const { tag: given, name, type: alias } = vendorTlv;
  const tag = typeof given === 'string' && TAG.test(given) ? Number(given) : given;
  if (typeof tag !== 'number' || !Number.isInteger(tag) || tag < 0 || tag > 0xffff) {
    throw invalid(vendorTlv, 'its tag is not a number from 0x0000 to 0xffff; vendors have 0x1400 to 0x3fff');
  }
  if (typeof name !== 'string' || name === '' || TAG.test(name)) {
    throw invalid(vendorTlv, 'its name is empty or looks like a tag');
  }
  const standard = byName.get(name);
  if (standard && standard.tag !== tag) {
    throw invalid(vendorTlv, `the specification uses this name for the tag ${tagName(standard.tag)}`);
  }
  const type = alias === 'buffer' ? 'octets' : alias;
  if (!TYPES.includes(type)) {
    throw invalid(vendorTlv, `its type is none of ${TYPES.join(', ')}, buffer`);
  }
  const { multiple } = vendorTlv;
  if (multiple !== undefined && typeof multiple !== 'boolean')
    throw invalid(vendorTlv, 'its multiple is neither true nor false');
  return { tag, name, type, ...boundsOf(vendorTlv, type), ...(multiple && { multiple }) };
}

/** What a TLV's value can have, SMPP 3.4 section 3.2.4.1. */
const MOST_OCTETS = 0xffff;

function boundsOf(vendorTlv: VendorTlv, type: TlvType): Pick<TlvSpec, 'min' | 'max' | 'kept'> {
  const { min, max } = vendorTlv;
  if (min === undefined && max === undefined) return {};
  if (type.startsWith('int')) throw invalid(vendorTlv, `min and max are octets, and an ${type} has its own`);
  const nul = type === 'cstring' ? 1 : 0;
  for (const [name, value] of Object.entries({ min, max }))
    if (value !== undefined && (!Number.isInteger(value) || value < 0 || value > MOST_OCTETS - nul))
      throw invalid(vendorTlv, `its ${name} is no whole number from 0 to ${MOST_OCTETS - nul}`);
  const [least, most] = [min ?? 0, max ?? MOST_OCTETS - nul];
  if (least > most) throw invalid(vendorTlv, 'its min is above its max');
  return { min: least + nul, max: most + nul, kept: MOST_OCTETS };
}

function invalid(vendorTlv: VendorTlv, why: string): SmppError {
  const message = `vendor TLV ${JSON.stringify(vendorTlv)} cannot be used: ${why}`;
  return new SmppError('INVALID_VENDOR_TLV', message);
}
