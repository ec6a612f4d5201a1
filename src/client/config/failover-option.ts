import { show, type Problem } from './errors';
import { hostName, integer, parsed, unsetVariable, type OptionKind } from './option-kinds';

/** A host to fail over to. Where the ports are blank: as the connection's own. */
export interface FailoverHost {
  readonly host: string;
  readonly port?: number;
  /** Of the receiver of a pair; blank: the host. */
  readonly receiverHost?: string;
  readonly receiverPort?: number;
}

/** An ordered list of `{host, port}`, or its JSON text. */
export function hosts(): OptionKind<readonly FailoverHost[]> {
  return {
    fallback: [],
    check(given) {
      const value = parsed(given);
      if (!Array.isArray(value)) return { remedy: `give a JSON array such as ${HOSTS_EXAMPLE}` };
      const all: FailoverHost[] = [];
      for (const [index, entry] of value.entries()) {
        const host = failoverHost(entry);
        if ('remedy' in host) return { ...host, remedy: `entry ${index + 1}: ${host.remedy}` };
        all.push(host);
      }
      return { value: all };
    },
  };
}

const HOSTS_EXAMPLE = '[{"host": "smsc2.example", "port": 2775}]';
const HOST_FIELDS: Record<string, OptionKind<unknown>> = {
  host: hostName(''),
  port: integer(0, 1, 65_535),
  receiverHost: hostName(''),
  receiverPort: integer(0, 1, 65_535),
};

function failoverHost(entry: unknown): FailoverHost | Pick<Problem, 'remedy' | 'variable'> {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    return { remedy: `give an object with host and port, as in ${HOSTS_EXAMPLE}` };
  }
  const host: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(entry)) {
    const kind = Object.hasOwn(HOST_FIELDS, field) ? HOST_FIELDS[field] : undefined;
    if (!kind)
      return { remedy: `there is no field ${field}; there are ${Object.keys(HOST_FIELDS).join(', ')}` };
    if (value === undefined || value === null || value === '') continue;
    const unset = unsetVariable(field, value);
    if (unset) return { remedy: `${field} (${show(value)}): ${unset.remedy}`, variable: unset.variable };
    const result = kind.check(value);
    if ('remedy' in result) return { remedy: `${field} (${JSON.stringify(value)}): ${result.remedy}` };
    host[field] = result.value;
  }
  if (host['host'] === undefined) return { remedy: 'it has no host' };
  return host as unknown as FailoverHost;
}
