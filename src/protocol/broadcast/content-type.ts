import { didYouMean } from '../suggest';
import { given, refused, wholeNumber } from './values';

/** What a broadcast is about (SMPP 5.0 section 4.8.4.8). */
export interface BroadcastContentType {
  /** generic, gsm, tdma, cdma; a number that is none of them stays one. */
  network_type: string | number;
  /** A name of the specification, such as emergency_broadcasts; a number that it has none for stays one. */
  content_type: string | number;
}

const NETWORKS = ['generic', 'gsm', 'tdma', 'cdma'];

const areas = (kind: string, from: number, scopes: readonly string[]): Record<string, number> =>
  Object.fromEntries(scopes.map((scope, at) => [`${kind}_${scope}`, from + at]));
const SCOPES = ['local', 'regional', 'national', 'international'];

/** The numbers of the kinds of content, by the names of the specification in snake_case. */
export const CONTENT_TYPES: Readonly<Record<string, number>> = {
  index: 0x0000,
  emergency_broadcasts: 0x0001,
  irdb_download: 0x0002,
  news_flashes: 0x0010,
  ...areas('general_news', 0x0011, SCOPES),
  ...areas('business_news', 0x0015, SCOPES),
  ...areas('sports_news', 0x0019, SCOPES),
  ...areas('entertainment_news', 0x001d, SCOPES),
  medical: 0x0021,
  doctors: 0x0022,
  pharmacy: 0x0023,
  local_traffic: 0x0030,
  long_distance_traffic: 0x0031,
  taxis: 0x0032,
  weather: 0x0033,
  local_airport_flight_schedules: 0x0034,
  restaurants: 0x0035,
  lodgings: 0x0036,
  retail_directory: 0x0037,
  advertisements: 0x0038,
  stock_quotes: 0x0039,
  employment_opportunities: 0x0040,
  technology_news: 0x0041,
  district: 0x0070,
  network_information: 0x0071,
  operator_services: 0x0080,
  ...areas('directory_enquiries', 0x0081, ['national', 'international']),
  ...areas('customer_care', 0x0083, ['national', 'international']),
  local_date_time: 0x0085,
  multi_category_services: 0x0100,
};

const NAMES = new Map(Object.entries(CONTENT_TYPES).map(([name, code]) => [code, name]));
const FIELD = 'broadcast_content_type';

/**
 * Three octets: the network, and the content. A name or number alone is the content, for any network (generic); octets
 * are taken as they are.
 *
 * @throws {PduError} `INVALID_TLV` with what is wrong and what may be given.
 */
export function encodeContentType(
  type: Partial<BroadcastContentType> | string | number | Uint8Array,
): Buffer {
  if (type instanceof Uint8Array) return Buffer.from(type);
  const isWhole = typeof type === 'object' && type !== null;
  const { network_type = 'generic', content_type } = isWhole ? type : { content_type: type };
  const network = codeOf(network_type, (name) => NETWORKS.indexOf(name), 0xff);
  if (network === undefined)
    throw wrong(`network_type ${given(network_type)}`, `give ${NETWORKS.join(', ')} or a number up to 255`);
  const content = codeOf(content_type, (name) => CONTENT_TYPES[name] ?? -1, 0xffff);
  if (content === undefined) {
    const hint = typeof content_type === 'string' ? didYouMean(content_type, Object.keys(CONTENT_TYPES)) : '';
    const forms = 'give a name such as emergency_broadcasts, or a number up to 65535';
    throw wrong(`content_type ${given(content_type)}${hint}`, forms);
  }
  return Buffer.of(network, content >> 8, content & 0xff);
}

/** Undefined where it is not three octets. */
export function decodeContentType(octets: Buffer): BroadcastContentType | undefined {
  if (octets.length !== 3) return undefined;
  const [network, content] = [octets.readUInt8(0), octets.readUInt16BE(1)];
  return { network_type: NETWORKS[network] ?? network, content_type: NAMES.get(content) ?? content };
}

function codeOf(value: unknown, named: (name: string) => number, most: number): number | undefined {
  const code = typeof value === 'string' ? named(value.trim().toLowerCase()) : -1;
  return code >= 0 ? code : wholeNumber(value, 0, most);
}

function wrong(what: string, remedy: string): Error {
  return refused(FIELD, `has the ${what}; ${remedy}`, 'ESME_RINVBCASTCNTTYPE');
}
