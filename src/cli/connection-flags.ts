import { OPTIONS, SECRET_OPTIONS, type OptionKind } from '../index';

/** A property of the connection as an option of the command line. */
export interface ConnectionFlag {
  /** The property; of a secret that a file holds `passwordFile`. */
  readonly property: string;
  /** `--system-id`. */
  readonly long: string;
  /** With what stands behind it: `--system-id <value>`. */
  readonly flags: string;
  readonly summary: string;
  /** It is true or false: there is a `--no-…`, and no value. */
  readonly isFlag: boolean;
  /** Shown in the help. */
  readonly isUsual: boolean;
}

/** What must not be seen in a list of processes: each can be given by a file, too. */
export const SECRETS = SECRET_OPTIONS;

/** Parts of the client that are built in and chosen by name. */
export const PARTS = ['queue', 'correlator', 'rateLimiter', 'throttleHandler', 'sequence'] as const;

/** Files of certificates, and what goes with them: keys of `tls` in the file, `--tls-…`, SMPP_TLS_…. */
export const TLS_FIELDS = ['ca', 'cert', 'key', 'passphrase', 'servername', 'rejectUnauthorized'] as const;

const USUAL: Readonly<Record<string, string>> = {
  config: 'a file with properties of smpp-config, in YAML or JSON',
  host: 'the SMSC (default: 127.0.0.1)',
  port: 'its port (default: 2775)',
  systemId: 'the account',
  passwordFile: 'a file that holds the password; SMPP_PASSWORD is another way',
  systemType: 'where the SMSC asks for one',
  bindType: 'transceiver (default), transmitter, receiver or pair',
  useTls: 'use TLS',
  tlsCa: 'the certificates to trust, in PEM form',
  windowSize: 'requests that may wait for their response (default: 10)',
  sendRate: 'segments per second; 0: no limit (default)',
  logLevel: 'trace, debug, info, warn, error or silent',
};

const FILES = new Set(['config', 'tlsCa', 'tlsCert', 'tlsKey', ...SECRETS.map((name) => `${name}File`)]);

/** `systemId` → `system-id` */
export const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** `systemId` → `SMPP_SYSTEM_ID` */
export const variableOf = (name: string): string => `SMPP_${kebab(name).replaceAll('-', '_').toUpperCase()}`;

export const tlsProperty = (field: string): string => `tls${field.charAt(0).toUpperCase()}${field.slice(1)}`;

/** All properties that file, environment and command line may give. */
export function propertyNames(): string[] {
  const files = SECRETS.map((name) => `${name}File`);
  return [...Object.keys(OPTIONS), ...PARTS, ...files];
}

export const connectionFlags = (): ConnectionFlag[] => {
  const names = ['config', ...propertyNames(), ...TLS_FIELDS.map(tlsProperty)];
  const order = Object.keys(USUAL);
  const rank = (name: string): number => (order.indexOf(name) + order.length) % (order.length + 1);
  return names.map(flagOf).sort((a, b) => rank(a.property) - rank(b.property));
};

function flagOf(property: string): ConnectionFlag {
  const kind = (OPTIONS as Readonly<Record<string, OptionKind<unknown>>>)[property];
  const isFlag = typeof kind?.fallback === 'boolean' || property === 'tlsRejectUnauthorized';
  const value = FILES.has(property) ? 'file' : typeof kind?.fallback === 'number' ? 'number' : 'value';
  const long = `--${kebab(property)}`;
  return {
    property,
    long,
    flags: isFlag ? long : `${long} <${value}>`,
    summary: USUAL[property] ?? `the property ${property}`,
    isFlag,
    isUsual: property in USUAL,
  };
}
