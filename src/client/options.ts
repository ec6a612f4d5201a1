import { isIP } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Clock } from '../clock';
import type { AsyncThrottleHandler, RateLimiter } from '../flow-control';
import type { Log, LogSink } from '../observability';
import type { SequenceGenerator } from '../session';
import { clientDirectory, type Correlator, type OutboundQueue, type Store } from '../store';
import { withoutLineEnd, type TextCodec } from '../text';
import { defaultsProblems } from './defaults';
import { ConfigError, type Problem } from './errors';
import { dataCodingProblems, dataCodings } from './data-codings-option';
import { hosts } from './failover-option';
import { languages } from './languages-option';
import { isPart, partProblems } from './part-shapes';
import type { ResolvePlugin, SmppPlugin } from './plugins';
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
  record,
  seconds,
  secondsOrOff,
  text,
  unsetVariable,
  status,
  vendorTlvs,
  type OptionKind,
} from './option-kinds';
import { queueKeys } from './queue-key-option';
import { statusPolicy } from './status-policy';
import { receiptPattern, receiptStates, timeZone } from './receipt-options';
import { tlsProblems } from './tls';

/**
 * Every option that is a plain value: its name (the property of smpp-config), its
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
  timeZone: timeZone(),
  addressEncoding: choice('ascii', 'latin1'),
  defaultAlphabet: text('gsm0338'),
  dataCodings: dataCodings(),
  unencodable: choice('strict', 'replace', 'transliterate'),
  languages: languages(),
  payloadFormat: choice('fields', 'naz'),
  queueDirectory: text(''),
  queueKey: queueKeys(),
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
  acknowledge: choice('auto', 'manual'),
  ackLimit: integer(100, 1, 100_000),
  ackTimeout: seconds(30, 0.05),
  ackTimeoutStatus: status('ESME_RX_T_APPN'),
  decodeErrorStatus: status('ESME_ROK'),
  whenNobodyListens: choice('accept', 'later'),
  reassemblyTimeout: seconds(300, 1),
  logLevel: choice('info', 'trace', 'debug', 'warn', 'error', 'silent'),
  logMetadata: record(),
  logMessageText: flag(false),
  maxWaiting: integer(10_000, 1),
} satisfies Record<string, OptionKind<unknown>>;

type Table = typeof OPTIONS;
type Value<K> = K extends OptionKind<infer T> ? T : never;

/** The options, checked: times in milliseconds, everything present. */
export type Settings = { readonly [K in keyof Table]: Value<Table[K]> };

/** `no`: whenNobodyListens decides; `later`: nobody now, but the message is wanted, so the SMSC is to keep it. */
export type Listening = 'yes' | 'no' | 'later';

/**
 * What a user may bring instead of what is built in: by the id of a plugin, as an object, or as a plugin itself, whose
 * part is made at the start and closed at the stop. Objects stay open, and may be shared.
 */
export interface Parts {
  /**
   * `disk` (the default where there is a queueDirectory), `memory` (the default where there is none); or one of
   * yours, which is open: a store, or a queue alone, and then the rest is in memory.
   */
  queue?: 'disk' | 'memory' | (string & {}) | Store | OutboundQueue | SmppPlugin<'smpp-store' | 'smpp-queue'>;
  /** `store`: its own. */
  correlator?: 'store' | (string & {}) | Correlator | SmppPlugin<'smpp-correlator'>;
  /** `token-bucket`: sendRate, burst. */
  rateLimiter?: 'token-bucket' | (string & {}) | RateLimiter | SmppPlugin<'smpp-rate-limiter'>;
  /** `adaptive` (finds the rate), `sampling` (naz's). The methods of yours may return promises. */
  throttleHandler?:
    'adaptive' | 'sampling' | (string & {}) | AsyncThrottleHandler | SmppPlugin<'smpp-throttle-handler'>;
  /** `counter`; or what makes a generator for each session. */
  sequence?: 'counter' | (string & {}) | (() => SequenceGenerator) | SmppPlugin<'smpp-sequence'>;
  codecs?: readonly (TextCodec | string | SmppPlugin<'smpp-codec'>)[];
  /** Finds plugins by type and id. */
  resolvePlugin?: ResolvePlugin | undefined;
  /**
   * Asked before a message that comes in is told, of a long one before each part: whether anybody takes messages. Where
   * it is given it also warns where nobody does; default: whether there is a handler of `message`.
   */
  listening?: () => Listening | Promise<Listening>;
  /** TLS options of Node's `tls.connect`; only with `useTls`. */
  tls?: TlsOptions;
  /** A pino logger, or a function that takes finished lines. */
  log?: Log | LogSink;
  clock?: Clock;
  /** 0 … 1; default Math.random. For jitter and reference numbers. */
  random?: () => number;
}

/**
 * Options of the client, named as smpp-config's properties (docs: docs/reference.md). Times are in seconds;
 * numbers and booleans may be given as text.
 */
export type SmppClientOptions = { readonly [K in keyof Table]?: Value<Table[K]> | string } & Parts;

/** What a client is called that was given no name. */
export const DEFAULT_CLIENT_ID = 'default';

/** Checks all options; throws {@link ConfigError} with everything that is wrong. */
export function normalise(options: SmppClientOptions): Settings {
  const { settings, problems } = check(options);
  if (problems.length > 0) throw new ConfigError(problems);
  return settings;
}

/** Checks all options and returns what is wrong with them: an empty list when all is well. */
export function findProblems(options: SmppClientOptions): Problem[] {
  return check(options).problems;
}

/** The options whose text ends in a line end, which is taken off: secrets from files and the environment do. */
export function lineEndsOf(options: SmppClientOptions): string[] {
  const given = options as Record<string, unknown>;
  const ends = (value: unknown): boolean => typeof value === 'string' && withoutLineEnd(value) !== value;
  return Object.keys(OPTIONS).filter((field) => ends(given[field]));
}

function check(options: SmppClientOptions): { settings: Settings; problems: Problem[] } {
  const problems: Problem[] = [];
  const settings: Record<string, unknown> = {};
  for (const [field, kind] of Object.entries(OPTIONS) as [string, OptionKind<unknown>][]) {
    const written = (options as Record<string, unknown>)[field];
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
  for (const field of Object.keys(options)) {
    if (isPart(field)) problems.push(...partProblems(field, options));
    else if (!Object.hasOwn(OPTIONS, field)) {
      const remedy = 'there is no such option; see docs/reference.md for the names';
      problems.push({ field, value: undefined, remedy });
    }
  }
  const complete = settings as unknown as Settings;
  return {
    settings: complete,
    problems: [
      ...problems,
      ...crossChecks(complete),
      ...dataCodingProblems(options, complete),
      ...queueProblems(options, complete),
      ...tlsProblems(options.tls, complete.useTls),
    ],
  };
}

const RECEIVERS_OWN = ['receiverHost', 'receiverPort', 'receiverSystemId', 'receiverPassword'] as const;

/** What belongs to the receiver of a pair says nothing elsewhere; and a pair has something to send with. */
function pairProblems(settings: Settings): Problem[] {
  if (settings.bindType === 'pair') {
    if (settings.systemId !== '' || settings.receiverSystemId === '') return [];
    const remedy = 'the transmitter of the pair has none; give systemId too, or choose bindType receiver';
    return [{ field: 'receiverSystemId', value: settings.receiverSystemId, remedy }];
  }
  return RECEIVERS_OWN.filter((field) => (settings[field] ?? '') !== '').map((field) => ({
    field,
    value: settings[field],
    remedy: `only the receiver of a pair has its own; choose bindType pair (this is ${settings.bindType}), or leave it empty`,
  }));
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

function crossChecks(settings: Settings): Problem[] {
  const problems = [...pairProblems(settings), ...familyProblems(settings)];
  if (settings.interfaceVersion === '3.3' && settings.bindType === 'transceiver') {
    problems.push({
      field: 'bindType',
      value: 'transceiver',
      remedy:
        'SMPP 3.3 has no transceiver; choose pair (a transmitter and a receiver), transmitter or receiver, or interfaceVersion 3.4',
    });
  }
  if (settings.reconnectMax < settings.reconnectMin) {
    problems.push({
      field: 'reconnectMax',
      value: settings.reconnectMax / 1000,
      remedy: `give at least reconnectMin (${settings.reconnectMin / 1000})`,
    });
  }
  return [...problems, ...defaultsProblems(settings)];
}

/** A queue on disk needs a place, and a name within it. */
function queueProblems({ queue }: SmppClientOptions, settings: Settings): Problem[] {
  const { queueDirectory, clientId } = settings;
  if (queue !== 'disk' && (queue !== undefined || queueDirectory === '')) return [];
  const check = (field: string, value: string, directory: string, name: string): Problem[] => {
    try {
      clientDirectory(directory, name);
      return [];
    } catch (error) {
      return [{ field, value, remedy: (error as Error).message }];
    }
  };
  return [
    ...check('queueDirectory', queueDirectory, queueDirectory, 'any'),
    ...check('clientId', clientId, '/any', clientId || DEFAULT_CLIENT_ID),
  ];
}
