import type { Log, LogLine } from '../../observability';
import type { Settings } from '../config/options';

/** Octets that the specification allows, without the NUL (SMPP 3.4 section 4.1); more is sent whole, with a warning. */
const BIND_FIELDS = {
  systemId: ['system_id', 15],
  receiverSystemId: ["receiver's system_id", 15],
  password: ['password', 8],
  receiverPassword: ["receiver's password", 8],
  systemType: ['system_type', 12],
  addressRange: ['address_range', 40],
} as const satisfies Partial<Record<keyof Settings, readonly [name: string, octets: number]>>;
const SERVICE_TYPE = 5;
/** Values that were warned of; one who makes up ever new ones does not fill the log. */
const MOST_VALUES = 20;

const sentence = (what: string, allowed: number): string =>
  `the ${what} has more than the ${allowed} octets of the specification; sent whole, but some SMSCs cut or refuse it`;

/** Warns of what a bind carries that is longer than the specification allows. */
export function warnOfLongFields(settings: Settings, log: Log): void {
  for (const [field, [name, allowed]] of Object.entries(BIND_FIELDS)) {
    if (settings[field as keyof typeof BIND_FIELDS].length <= allowed) continue;
    log.warn({ event: 'bind', stage: 'long_field', field }, sentence(name, allowed));
  }
}

/** Warns of service_types that are longer than the specification allows, once of each. */
export function serviceTypeCheck(log: Log): (given: unknown) => void {
  const told = new Set<string>();
  return (given) => {
    if (typeof given !== 'string' || given.length <= SERVICE_TYPE) return;
    if (told.has(given) || told.size >= MOST_VALUES) return;
    told.add(given);
    const line = { event: 'submit', stage: 'long_field', field: 'service_type' } satisfies LogLine;
    log.warn(line, sentence(`service_type "${given}"`, SERVICE_TYPE));
  };
}
