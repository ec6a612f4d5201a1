import type { TlsOptions } from 'node:tls';
import { systemClock, type Clock } from '../clock';
import { DEFAULT_MAX_PDU_LENGTH, INTERFACE_VERSIONS } from '../protocol';
import {
  asGiven,
  choice,
  log,
  number,
  readOptions,
  seconds,
  text,
  tlsProblems,
  version,
  type Given,
  type Read,
} from '../server/option-table';
import { ENCODING_NAMES } from '../text';
import { SmscConfigError } from './errors';
import { RECEIPT_STATES } from './receipt-states';
import { listProblems, type DistributionLists } from './distribution-lists';
import { findRuleProblems, type Rule } from './rules';

const ALPHABETS: readonly string[] = ENCODING_NAMES.filter((name) => name !== 'binary');

const OPTIONS = {
  /** The address to listen on; default 127.0.0.1, which other machines cannot reach. */
  host: text('127.0.0.1'),
  /** Default 0: any free port. */
  port: number(0, 0, 65_535),
  /** What a client must bind with; empty (the default): anything. */
  systemId: text('', 64),
  password: text('', 64),
  /** From the answer to the receipt; default 0.5. */
  receiptDelay: seconds(0.5),
  /** What becomes of every message; default DELIVRD. */
  receiptState: choice('DELIVRD', RECEIPT_STATES),
  /** Distribution lists by name, each with the numbers of its members: for submit_multi; default none. */
  distributionLists: asGiven<DistributionLists>({}),
  /** Faults on demand; default none. */
  rules: asGiven<readonly Rule[]>([]),
  /**
   * The message_id of the nth message taken, from 1: at most 64 ASCII characters. Default: digits that do
   * not come again after a restart.
   */
  messageId: asGiven<((n: number) => string) | undefined>(undefined),
  /** The newest version that it speaks: the bind response says it, and commands of newer ones are refused; default 5.0. */
  interfaceVersion: { ...version, fallback: INTERFACE_VERSIONS['5.0'] },
  /** Options of Node's `tls.createServer` with key and certificate; absent: plain TCP. */
  tls: asGiven<TlsOptions | undefined>(undefined),
  /** Requests towards one client that may wait for their responses; default 10. */
  windowSize: number(10, 1, 100_000),
  /** How long a client may take to answer; default 30. */
  responseTimeout: seconds(30, 0.01),
  /** A client that was silent for so long is sent an enquire_link; default 60; 0: never. */
  enquireLinkInterval: seconds(60),
  /** How long a client may take to bind; default 10; 0: for ever. */
  bindTimeout: seconds(10),
  /** A link without messages for so long is unbound; default 0: never. */
  inactivityTimeout: seconds(0),
  /** Octets; default 131072. */
  maxPduLength: number(DEFAULT_MAX_PDU_LENGTH, 256, 16_777_216),
  /** What data_coding 0 means here; default gsm0338. */
  defaultAlphabet: choice('gsm0338', ALPHABETS),
  /** A pino logger, or a function that takes finished lines; default: none. */
  log,
  clock: asGiven<Clock>(systemClock),
  /** Chance, from 0 up to 1: for the UUIDs of the rule `ids`; default Math.random. */
  random: asGiven<() => number>(Math.random),
};

/** How a simulated SMSC is set up. Times are in seconds. */
export type SmscOptions = Given<typeof OPTIONS>;

/** The options, checked: times in milliseconds, defaults filled in. */
export type SmscSettings = Read<typeof OPTIONS>;

/** Checks all options; throws {@link SmscConfigError} with everything that is wrong. */
export function normalise(options: SmscOptions): SmscSettings {
  const { settings, problems } = readOptions(OPTIONS, options);
  problems.push(...tlsProblems(settings.tls), ...findRuleProblems(settings.rules));
  problems.push(...listProblems(settings.distributionLists));
  if (problems.length > 0) throw new SmscConfigError(problems);
  return settings;
}
