import { isIP } from 'node:net';
import type { UssdDialectChanges, VendorTlv } from '../../protocol';
import { withoutLineEnd } from '../../text';
import type { Problem } from './errors';
import {
  address,
  ascii,
  autoOr,
  blankOr,
  choice,
  decimal,
  flag,
  hostName,
  integer,
  seconds,
  secondsOrOff,
  status,
  text,
  timeZone,
  unsetVariable,
  type OptionKind,
} from './option-kinds';
import { sourcePrefixes } from './source-prefixes';
import { isLoopback } from './loopback';
import { statusPolicy } from './status-policy';
import {
  dataCodings,
  hosts,
  languages,
  networks,
  prefixLengths,
  queueKeys,
  receiptPattern,
  receiptStates,
  record,
  vendorTlvs,
} from './structured-kinds';
import { ussdDialect, ussdProblems } from './ussd-dialect';

/**
 * Every option that is a plain value: its name, its
 * check, its default. The types below are derived from this table.
 */
export const OPTIONS = {
  name: text(''),
  host: hostName('127.0.0.1'),
  port: integer(2775, 1, 65535),
  useTls: flag(false),
  // Longer than the specification allows are in use: a warning, see long-fields.ts.
  systemId: ascii('', 64),
  password: ascii('', 64),
  bindType: choice('transceiver', 'transmitter', 'receiver', 'pair'),
  receiverHost: hostName(''),
  receiverPort: blankOr(integer(0, 1, 65535)),
  receiverSystemId: ascii('', 64),
  receiverPassword: ascii('', 64),
  sessions: integer(1, 1, 100),
  outbindPort: integer(0, 0, 65535),
  outbindHost: hostName('127.0.0.1'),
  outbindConnections: integer(4, 1, 100),
  outbindAllow: networks(),
  outbindSystemId: ascii('', 64),
  outbindPassword: ascii('', 64),
  failover: hosts(),
  failback: flag(true),
  systemType: ascii('', 64),
  addressRange: ascii('', 64),
  addressRangeTon: integer(0, 0, 255),
  addressRangeNpi: integer(0, 0, 255),
  interfaceVersion: choice('3.4', '3.3', '5.0'),
  assumeTlvs: flag(true),
  vendorTlvs: vendorTlvs(),
  autoConnect: flag(true),
  localAddress: address(),
  clientId: text(''),
  windowSize: integer(10, 1, 100_000),
  enquireLinkInterval: secondsOrOff(30, 1),
  responseTimeout: seconds(30, 0.05),
  connectTimeout: seconds(10, 0.05),
  bindTimeout: seconds(10, 0.05),
  inactivityTimeout: seconds(0),
  drainTimeout: seconds(8, 0),
  reconnectMin: seconds(1, 0.001),
  reconnectMax: seconds(60, 0.001),
  maxPduLength: integer(131_072, 256, 16_777_216),
  defaults: record(),
  sourceTon: autoOr(255),
  sourceNpi: autoOr(255),
  destinationTon: autoOr(255),
  destinationNpi: autoOr(255),
  sourceByPrefix: sourcePrefixes(),
  timeZone: timeZone(),
  addressEncoding: choice('ascii', 'latin1'),
  defaultAlphabet: text('gsm0338'),
  dataCodings: dataCodings(),
  unencodable: choice('strict', 'replace', 'transliterate'),
  languages: languages(),
  payloadFormat: choice('fields', 'naz'),
  queueDirectory: text(''),
  queueKey: queueKeys(),
  queueUrl: text(''),
  keyPrefix: text('smpp'),
  brokerTopology: choice('declare', 'verify'),
  correlationUrl: text(''),
  drainList: text(''),
  leaseTime: seconds(10, 1, 1000),
  queueCapacity: integer(10_000),
  whenFull: choice('reject', 'drop-oldest', 'wait'),
  maxAttempts: integer(5, 1),
  maxRedeliveries: integer(10, 1),
  delivery: choice('at-least-once', 'at-most-once'),
  statusPolicy: statusPolicy(),
  maxUnsettled: autoOr(10_000_000, 1),
  messageTtl: seconds(86_400),
  sendRate: decimal(0, 0, 1_000_000),
  burst: decimal(1, 1, 1_000_000),
  samplingPeriod: decimal(180, 0.001),
  sampleSize: decimal(50, 1),
  denyRequestAt: decimal(1, 0, 100),
  throttleWait: decimal(3, 0.001),
  idempotencyTtl: seconds(0, 0, 100_000_000),
  correlationTtl: seconds(604_800, 1, 100_000_000),
  correlationCapacity: integer(1_000_000, 1),
  finalReceiptTtl: seconds(3600, 0, 100_000_000),
  receiptHoldTime: seconds(30),
  responseIdFormat: choice('auto', 'text', 'decimal', 'hex'),
  receiptIdFormat: choice('auto', 'text', 'decimal', 'hex'),
  receiptSigns: choice('both', 'esm_class', 'text'),
  receiptPattern: receiptPattern(),
  receiptStates: receiptStates(),
  receiptTimeZone: timeZone(),
  receiptPerMessage: choice('all', 'last', 'any'),
  qualityPrefixLengths: prefixLengths(),
  qualityWindow: seconds(600, 10, 86_400),
  qualityInterval: seconds(60, 1, 86_400),
  acknowledge: choice('auto', 'manual'),
  ackLimit: integer(100, 1, 100_000),
  ackTimeout: seconds(30, 0.05),
  ackTimeoutStatus: status('ESME_RX_T_APPN'),
  decodeErrorStatus: status('ESME_ROK'),
  whenNobodyListens: choice('accept', 'later'),
  reassemblyTimeout: seconds(300, 1),
  ussdDialect: ussdDialect(),
  ussdTimeout: seconds(180, 1, 86_400),
  logLevel: choice('info', 'trace', 'debug', 'warn', 'error', 'silent'),
  logMetadata: record(),
  logMessageText: flag(false),
  logTarget: blankOr(choice('stdout', 'stderr', 'file')),
  logFile: text(''),
  flightRecorder: integer(0, 0, 10_000),
  flightRecorderHeartbeat: seconds(0),
  recorderSize: integer(0, 0, 65_536),
  maxWaiting: integer(10_000, 1),
} satisfies Record<string, OptionKind<unknown>>;

type Table = typeof OPTIONS;
type Value<K> = K extends OptionKind<infer T> ? T : never;

/** The options, checked, everything present: times in milliseconds, but samplingPeriod and throttleWait in seconds. */
export type Settings = { readonly [K in keyof Table]: Value<Table[K]> };

/** What no plugin, log or error shows. */
export const SECRET_OPTIONS = [
  'password',
  'receiverPassword',
  'outbindPassword',
  'queueKey',
  'queueUrl',
  'correlationUrl',
] as const;
/** The name of an option that no plugin, log or error shows. */
export type SecretOption = (typeof SECRET_OPTIONS)[number];

export function withoutSecrets(settings: Settings): Omit<Settings, SecretOption> {
  const told = Object.entries(settings).filter(([name]) => !SECRET_OPTIONS.includes(name as SecretOption));
  return Object.fromEntries(told) as Omit<Settings, SecretOption>;
}

/** `no`: whenNobodyListens decides; `later`: nobody now, but the message is wanted: ESME_RX_T_APPN, the SMSC repeats it. */
export type Listening = 'yes' | 'no' | 'later';

/** The clientId where none is given. */
export const DEFAULT_CLIENT_ID = 'default';

/** The plain options as a user gives them: times in seconds; numbers and booleans may be text. */
export type Values = {
  readonly [K in keyof Table]?:
    | (K extends 'vendorTlvs' ? readonly VendorTlv[] : never)
    | (K extends 'ussdDialect' ? UssdDialectChanges : never)
    | Value<Table[K]>
    | string;
};

/** The options whose text ends in a line end, which is taken off: secrets from files and the environment do. */
export function lineEndsOf(options: object): string[] {
  const given = options as Record<string, unknown>;
  const ends = (value: unknown): boolean => typeof value === 'string' && withoutLineEnd(value) !== value;
  return Object.keys(OPTIONS).filter((field) => ends(given[field]));
}

/** Each plain option by itself, and those that must fit each other. */
export function checkValues(options: Values): { settings: Settings; problems: Problem[] } {
  const problems: Problem[] = [];
  const settings: Record<string, unknown> = {};
  for (const [field, kind] of Object.entries(OPTIONS) as [string, OptionKind<unknown>][]) {
    const written = options[field as keyof Table];
    const given = typeof written === 'string' ? withoutLineEnd(written) : written;
    settings[field] = kind.fallback;
    // An emptied field of the editor means its default.
    if (given === undefined || given === null || given === '') continue;
    const unset = unsetVariable(field, given);
    if (unset) {
      problems.push(unset);
      continue;
    }
    const result = kind.check(given);
    if ('value' in result) settings[field] = result.value;
    else problems.push({ field, value: given, ...result });
  }
  const complete = settings as unknown as Settings;
  return { settings: complete, problems: [...problems, ...crossChecks(complete)] };
}

const RECEIVERS_PLACE = ['receiverHost', 'receiverPort'] as const;
const RECEIVERS_OWN = [...RECEIVERS_PLACE, 'receiverSystemId', 'receiverPassword'] as const;

/**
 * Options of the receiver say nothing without a pair, but for the account, as which is bound when the SMSC asks for it; and
 * a pair has something to send with.
 */
function pairProblems(settings: Settings): Problem[] {
  const { bindType, systemId, receiverSystemId, outbindPort } = settings;
  if (bindType !== 'pair') {
    const remedy = `only the receiver of a pair has its own; choose bindType pair (this is ${bindType}), or leave it empty`;
    const ofPair = outbindPort === 0 ? RECEIVERS_OWN : RECEIVERS_PLACE;
    const given = ofPair.filter((field) => (settings[field] ?? '') !== '');
    return given.map((field) => ({ field, value: settings[field], remedy }));
  }
  if (systemId !== '' || receiverSystemId === '') return [];
  const remedy = 'the transmitter of the pair has none; give systemId too, or choose bindType receiver';
  return [{ field: 'receiverSystemId', value: receiverSystemId, remedy }];
}

/** From an IPv4 address no IPv6 address can be reached, nor the other way round. */
function familyProblems({ localAddress, host, receiverHost, failover }: Settings): Problem[] {
  const family = isIP(localAddress);
  const hosts = [host, receiverHost, ...failover.flatMap((one) => [one.host, one.receiverHost ?? ''])];
  const other = hosts.find((one) => isIP(one) !== 0 && isIP(one) !== family);
  if (family === 0 || other === undefined) return [];
  const remedy = `${other} cannot be reached from there: give an address of IPv${isIP(other)}, or leave it empty`;
  return [{ field: 'localAddress', value: localAddress, remedy }];
}

/** Whom anybody on the network can reach has to know who it is. */
function outbindProblems({ outbindPort, outbindHost, outbindPassword }: Settings): Problem[] {
  if (outbindPort === 0 || isLoopback(outbindHost) || outbindPassword !== '') return [];
  const remedy =
    `others can reach ${outbindHost}: give what the SMSC presents in its outbind, or listen on 127.0.0.1 ` +
    '(outbindHost), behind a tunnel or proxy that knows who comes';
  return [{ field: 'outbindPassword', value: undefined, remedy }];
}

function crossChecks(settings: Settings): Problem[] {
  const { interfaceVersion, bindType: value, reconnectMin, reconnectMax } = settings;
  const problems = [
    ...pairProblems(settings),
    ...familyProblems(settings),
    ...outbindProblems(settings),
    ...ussdProblems(settings),
  ];
  if (interfaceVersion === '3.3' && value === 'transceiver') {
    const remedy =
      'SMPP 3.3 has no transceiver; choose pair (a transmitter and a receiver), transmitter or receiver, or interfaceVersion 3.4';
    problems.push({ field: 'bindType', value, remedy });
  }
  if (reconnectMax < reconnectMin) {
    const remedy = `give at least reconnectMin (${reconnectMin / 1000})`;
    problems.push({ field: 'reconnectMax', value: reconnectMax / 1000, remedy });
  }
  return problems;
}
