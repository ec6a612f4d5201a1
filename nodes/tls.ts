import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { withoutLineEnd, type Problem } from '../src/index';
import { blank, type Fields } from './values';

/** A core tls-config node, as far as it is needed. */
export interface TlsConfig {
  /** False where its certificates cannot be read; it has said so itself. */
  readonly valid?: boolean;
  addTLSOptions(options: ConnectionOptions): unknown;
}

export interface TlsInput {
  /** The tls-config node of an id. */
  findTls(id: string): TlsConfig | undefined;
  /** What the flow says of it, as it was written. */
  findDefinition(id: string): Fields | undefined;
  /** A variable of the environment, or of the node's flow or group. */
  environment(name: string): string | undefined;
}

export interface TlsResult {
  readonly options?: ConnectionOptions;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

/** The property that names a TLS configuration. */
export type TlsProperty = 'tls' | 'queueTls' | 'outbindTls';

const LABELS = { cert: 'the certificate', key: 'the private key', ca: 'the CA certificate' } as const;
type Field = keyof typeof LABELS;
const FIELDS = Object.keys(LABELS) as Field[];

const VARIABLE = /^\$\{([^}]+)\}$/;

/**
 * The options that a tls-config stands for. Beyond what it does by itself, a certificate or key may be an environment
 * variable that holds the PEM: in place of the file's name, or as all that an uploaded file consists of.
 */
export function readTls(id: unknown, input: TlsInput, property: TlsProperty = 'tls'): TlsResult {
  const off = property === 'tls' ? 'switch TLS off' : 'leave it empty';
  const wrong = (remedy: string): TlsResult => ({
    problems: [{ field: property, value: id, remedy }],
    warnings: [],
    notes: [],
  });
  if (typeof id !== 'string' || id === '') return wrong(`choose a TLS configuration, or ${off}`);
  const node = input.findTls(id);
  if (!node) return wrong(`this TLS configuration does not exist or is disabled; choose another, or ${off}`);
  const options: ConnectionOptions = {};
  node.addTLSOptions(options);
  const problems: Problem[] = [];
  const warnings: string[] = [];
  if (node.valid === false) {
    const named = fromNames(id, input);
    if ('remedy' in named) return wrong(named.remedy);
    Object.assign(options, named.contents);
    // Node-RED took it for a file's name, and its error repeats the name.
    if (named.inLog) warnings.push(KEY_IN_LOG);
  }
  for (const field of FIELDS) {
    const given = options[field];
    if (typeof given !== 'string' && !Buffer.isBuffer(given)) continue;
    const text = given.toString('latin1').trim();
    const variable = VARIABLE.exec(text)?.[1];
    const value = variable === undefined ? text : input.environment(variable);
    const remedy = `environment variable ${variable} is not set`;
    if (blank(value)) problems.push({ field: `${property}.${field}`, value: text, remedy });
    else options[field] = unfolded(value as string);
  }
  return { options, problems, warnings, notes: takeLineEndsOff(options, property) };
}

/** Secrets from the environment have one; names what was changed. */
function takeLineEndsOff(options: ConnectionOptions, property: TlsProperty): string[] {
  return (['passphrase', 'servername'] as const).flatMap((field) => {
    const value = options[field];
    if (typeof value !== 'string' || withoutLineEnd(value) === value) return [];
    options[field] = withoutLineEnd(value);
    return [`${property}.${field}: the line end behind it was taken off`];
  });
}

const KEY_IN_LOG =
  'Node-RED takes the private key of the TLS configuration for the name of a file and writes it to its log: put ' +
  'the ${…} into a file and upload that, instead of giving it in place of the name';

type Named =
  | { readonly contents: Partial<Record<Field, string>>; readonly inLog: boolean }
  | { readonly remedy: string };

/** Reads again what the tls-config could not: some of its names are no names but PEM from the environment. */
function fromNames(id: string, input: TlsInput): Named {
  const definition = input.findDefinition(id) ?? {};
  const contents: Partial<Record<Field, string>> = {};
  let inLog = false;
  let anyPem = false;
  for (const field of FIELDS) {
    const written = definition[field];
    if (typeof written !== 'string' || written.trim() === '') continue;
    const variable = VARIABLE.exec(written.trim())?.[1];
    const name = variable === undefined ? written.trim() : (input.environment(variable) ?? '');
    const isPem = name.includes('-----BEGIN');
    anyPem ||= isPem;
    inLog ||= isPem && field === 'key';
    try {
      contents[field] = isPem ? name : readFileSync(name, 'latin1');
    } catch (error) {
      const { code = 'unknown cause' } = error as NodeJS.ErrnoException;
      const file = `the file of ${LABELS[field]} (${written.trim()})`;
      return { remedy: `${file} cannot be read: ${code}; check its name and rights` };
    }
  }
  if (anyPem) return { contents, inLog };
  return { remedy: 'a certificate and its private key go together: give both in the TLS configuration' };
}

/** Variables often lose their line breaks: they hold `\n` in their place, or blanks. */
function unfolded(pem: string): string {
  return pem
    .replaceAll('\\n', '\n')
    .replace(/(-----BEGIN [A-Z0-9 ]+-----)([^\n]*?)(-----END [A-Z0-9 ]+-----)/g, (_, begin, body, end) => {
      const octets = String(body).replace(/\s+/g, '');
      return [begin, ...(octets.match(/.{1,64}/g) ?? []), end, ''].join('\n');
    });
}
