import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeProblem, findProblems, type Problem, type SmppClientOptions } from '../index';
import {
  PARTS,
  SECRETS,
  TLS_FIELDS,
  kebab,
  propertyNames,
  tlsProperty,
  variableOf,
} from './connection-flags';
import { readConfigFile, type FileProblem } from './config-file';
import { configurationError, fileFault } from './errors';
import { didYouMean as nearest } from '../protocol';

/** Where the options of a connection come from. */
export interface Sources {
  /** Of the command line, by camelCase names; what is no property of a connection is passed over. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Against which paths are resolved. */
  readonly cwd: string;
}

interface Given {
  readonly value: unknown;
  /** For people: `smpp.yaml:3`, `variable SMPP_HOST`, `option --host`. */
  readonly source: string;
}

export interface Connection {
  readonly options: SmppClientOptions;
  readonly warnings: readonly string[];
}

/**
 * One set of options out of file, environment and command line, the later before the earlier. Throws a CommandError
 * that lists all that is wrong, each with the place that it comes from.
 */
export function readConnection(sources: Sources): Connection {
  const reader = new ConnectionReader(sources);
  return reader.read();
}

class ConnectionReader {
  readonly #sources: Sources;
  readonly #given = new Map<string, Given>();
  readonly #tls = new Map<string, Given>();
  readonly #problems: string[] = [];
  readonly #warnings: string[] = [];

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  read(): Connection {
    this.#readFile();
    this.#readEnvironment();
    this.#readOptions();
    this.#readSecretFiles();
    const options = this.#options();
    for (const problem of findProblems(options)) this.#problems.push(this.#told(problem));
    if (this.#problems.length > 0) {
      const count = this.#problems.length === 1 ? 'a problem' : `${this.#problems.length} problems`;
      throw configurationError(`the configuration has ${count}`, this.#problems);
    }
    return { options, warnings: this.#warnings };
  }

  #readFile(): void {
    const { options, env, cwd } = this.#sources;
    const name = options['config'] ?? env['SMPP_CONFIG'];
    if (typeof name !== 'string' || name === '') return;
    const { values, problems } = readConfigFile(resolve(cwd, name), name);
    const at = (line: number | undefined): string => (line === undefined ? name : `${name}:${line}`);
    this.#problems.push(...problems.map(({ text, line }: FileProblem) => `${text} (${at(line)})`));
    for (const [key, { value, line }] of values) {
      const source = at(line);
      if (key === 'tls') this.#readTls(value, source);
      else if (isKnown(key)) this.#set(key, value, source);
      else if (key === 'config') this.#problems.push(`config: a file cannot name another one (${source})`);
      else
        this.#problems.push(
          `${key}: there is no such property${nearest(key, [...propertyNames(), 'tls', 'queueTls', 'codecs'])} (${source})`,
        );
    }
  }

  /** A blank variable is none: compose files and services have them so. */
  #readEnvironment(): void {
    const { env } = this.#sources;
    const known = new Map<string, string>([
      ...propertyNames().map((name): [string, string] => [variableOf(name), name]),
      ...TLS_FIELDS.map((field): [string, string] => [variableOf(tlsProperty(field)), tlsProperty(field)]),
    ]);
    for (const [variable, value] of Object.entries(env)) {
      if (!variable.startsWith('SMPP_') || value === undefined || value === '') continue;
      const property = known.get(variable);
      if (property !== undefined) this.#take(property, value, `variable ${variable}`);
      else if (!OWN_VARIABLES.has(variable)) {
        // Others have variables of this beginning, such as Kubernetes of a service with this name.
        const near = nearest(variable, known.keys());
        if (near !== '') this.#warnings.push(`the variable ${variable} means nothing${near}`);
      }
    }
  }

  #readOptions(): void {
    const { options } = this.#sources;
    const names = [...propertyNames(), ...TLS_FIELDS.map(tlsProperty)];
    for (const name of names) {
      const value = options[name];
      if (value === undefined) continue;
      const option = `--${value === false ? 'no-' : ''}${kebab(name)}`;
      this.#take(name, value, `option ${option}`);
      if ((SECRETS as readonly string[]).includes(name) || name === 'tlsPassphrase')
        this.#warnings.push(
          `${option}: whoever lists the processes of this machine sees it; give ${variableOf(name)}, or ${kebabFile(name)}`,
        );
    }
  }

  #take(property: string, value: unknown, source: string): void {
    const field = TLS_FIELDS.find((one) => tlsProperty(one) === property);
    if (field === undefined) this.#set(property, value, source);
    else this.#tls.set(field, { value, source });
  }

  /** The value, or that of the variable which it names. */
  #set(property: string, value: unknown, source: string): void {
    const given = this.#expanded(property, value, source);
    if (given === undefined) return;
    // The later of a secret and its file counts.
    const other = property.endsWith('File') ? property.slice(0, -4) : `${property}File`;
    this.#given.delete(other);
    this.#given.set(property, { value: given, source });
  }

  #expanded(property: string, value: unknown, source: string): unknown {
    if (Array.isArray(value)) return value.map((one: unknown) => this.#expanded(property, one, source));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(
        Object.entries(value).map(([key, one]) => [key, this.#expanded(`${property}.${key}`, one, source)]),
      );
    const variable = typeof value === 'string' ? /^\$\{(\S+)\}$/.exec(value)?.[1] : undefined;
    if (variable === undefined) return value;
    const found = this.#sources.env[variable];
    if (found === undefined)
      this.#problems.push(`${property}: environment variable ${variable} is not set (${source})`);
    return found;
  }

  #readTls(value: unknown, source: string): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.#problems.push(`tls: give an object with ${TLS_FIELDS.join(', ')} (${source})`);
      return;
    }
    for (const [key, one] of Object.entries(value)) {
      const given = this.#expanded(`tls.${key}`, one, source);
      if ((TLS_FIELDS as readonly string[]).includes(key)) this.#tls.set(key, { value: given, source });
      else this.#problems.push(`tls.${key}: there is no such key${nearest(key, TLS_FIELDS)} (${source})`);
    }
  }

  #readSecretFiles(): void {
    for (const secret of SECRETS) {
      const given = this.#given.get(`${secret}File`);
      if (given === undefined) continue;
      this.#given.delete(`${secret}File`);
      const value = this.#fileOf(`${secret}File`, given);
      if (value !== undefined)
        this.#given.set(secret, { value: value.toString('utf8'), source: given.source });
    }
  }

  #fileOf(property: string, { value, source }: Given): Buffer | undefined {
    try {
      return readFileSync(resolve(this.#sources.cwd, String(value)));
    } catch (error) {
      this.#problems.push(`${property} (${JSON.stringify(value)}): ${fileFault(error)} (${source})`);
      return undefined;
    }
  }

  #options(): SmppClientOptions {
    const options: Record<string, unknown> = Object.fromEntries(
      [...this.#given].map(([name, { value }]) => [name, value]),
    );
    // Paths are those of whoever typed them.
    for (const name of ['queueDirectory', 'logFile']) {
      const path = options[name];
      if (typeof path === 'string' && path !== '') options[name] = resolve(this.#sources.cwd, path);
    }
    const tls = this.#tlsOptions();
    if (tls) options['tls'] = tls;
    const [given] = this.#tls.values();
    // Whoever gives certificates thinks that the password is safe.
    if (given && options['useTls'] === undefined)
      this.#problems.push(
        `useTls: what TLS needs is given, but TLS is not switched on: give --use-tls or useTls: true (false leaves it off) (${given.source})`,
      );
    return options;
  }

  /** Files are read; what is in PEM form already is taken as it is. */
  #tlsOptions(): Record<string, unknown> | undefined {
    if (this.#tls.size === 0) return undefined;
    const tls: Record<string, unknown> = {};
    for (const [field, given] of this.#tls) {
      const isFile = ['ca', 'cert', 'key'].includes(field) && !String(given.value).includes('-----BEGIN');
      const value = isFile ? this.#fileOf(`tls.${field}`, given) : given.value;
      tls[field] = field === 'rejectUnauthorized' ? !['false', false].includes(value as string) : value;
    }
    return tls;
  }

  #told(problem: Problem): string {
    const top = /^[^.[]+/.exec(problem.field)?.[0] ?? problem.field;
    const source = (this.#given.get(top) ?? [...this.#tls.values()].find(() => top === 'tls'))?.source;
    return `${describeProblem(problem)}${source === undefined ? '' : ` (${source})`}`;
  }
}

const isKnown = (name: string): boolean =>
  propertyNames().includes(name) ||
  name === 'queueTls' ||
  name === 'codecs' ||
  (PARTS as readonly string[]).includes(name);

const kebabFile = (name: string): string =>
  name === 'tlsPassphrase' ? 'tls.passphrase in the file of --config' : `--${kebab(name)}-file`;

const OWN_VARIABLES = new Set(['SMPP_CONFIG', 'SMPP_DEBUG']);
