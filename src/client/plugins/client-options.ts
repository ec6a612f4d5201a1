import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Clock } from '../../clock';
import type { AsyncThrottleHandler, RateLimiter } from '../../flow-control';
import type { Log, LogSink } from '../../observability';
import type { SequenceGenerator } from '../../session';
import { clientDirectory, type Correlator, type OutboundQueue, type Store } from '../../store';
import type { TextCodec } from '../../text';
import { dataCodingProblems } from '../config/data-codings-option';
import { ConfigError, type Problem } from '../config/errors';
import {
  DEFAULT_CLIENT_ID,
  OPTIONS,
  checkValues,
  type Listening,
  type Settings,
  type Values,
} from '../config/options';
import type { Network } from '../config/network';
import { tlsProblems } from '../config/tls';
import { defaultsProblems } from '../message/defaults';
import { isPart, partProblems } from './part-shapes';
import type { ResolvePlugin, SmppPlugin } from './plugins';

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
  /** How connections are opened and names looked up, where not by Node's sockets. */
  network?: Network;
  /** 0 … 1; default Math.random. For jitter and reference numbers. */
  random?: () => number;
}

/**
 * Options of the client, named as smpp-config's properties (docs: docs/reference.md). Times are in seconds;
 * numbers and booleans may be given as text.
 */
export type SmppClientOptions = Values & Parts;

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

function check(options: SmppClientOptions): { settings: Settings; problems: Problem[] } {
  const { settings, problems } = checkValues(options);
  return {
    settings,
    problems: [
      ...problems,
      ...Object.keys(options).flatMap((field) => fieldProblems(field, options)),
      ...defaultsProblems(settings),
      ...dataCodingProblems(options.codecs, settings),
      ...queueProblems(options, settings),
      ...tlsProblems(options.tls, settings.useTls),
    ],
  };
}

function fieldProblems(field: string, options: SmppClientOptions): Problem[] {
  if (isPart(field)) return partProblems(field, options);
  if (Object.hasOwn(OPTIONS, field)) return [];
  const remedy = 'there is no such option; see docs/reference.md for the names';
  return [{ field, value: undefined, remedy }];
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
