import type { ConnectionOptions as TlsOptions, TlsOptions as TlsServerOptions } from 'node:tls';
import type { Clock } from '../../clock';
import type { AsyncThrottleHandler, RateLimiter } from '../../flow-control';
import type { LogSink, Metrics, OpenLog } from '../../observability';
import type { SequenceGenerator } from '../../session';
import type { BackendName, Correlator, OutboundQueue, Store } from '../../store';
import type { TextCodec } from '../../text';
import type { Listening, Values } from '../config/options';
import type { Network } from '../config/network';
import type { ResolvePlugin, SmppPlugin } from './plugins';

/**
 * What a user may bring instead of what is built in: by the id of a plugin, as an object, or as a plugin itself, whose
 * part is made at the start and closed at the stop. Objects stay open, and may be shared.
 */
export interface Parts {
  /**
   * `disk` (the default where there is a queueDirectory), `memory` (the default where there is none), `redis`,
   * `rabbitmq`; or one of yours, which is open: a store, or a queue alone, and then the rest is in memory.
   */
  queue?: BackendName | (string & {}) | Store | OutboundQueue | SmppPlugin<'smpp-store' | 'smpp-queue'>;
  /** `store`: its own. */
  correlator?: 'store' | (string & {}) | Correlator | SmppPlugin<'smpp-correlator'>;
  /** `token-bucket`: sendRate, burst. */
  rateLimiter?: 'token-bucket' | (string & {}) | RateLimiter | SmppPlugin<'smpp-rate-limiter'>;
  /** `adaptive` (finds the rate), `sampling` (naz's). The methods of yours may return promises. */
  throttleHandler?:
    'adaptive' | 'sampling' | (string & {}) | AsyncThrottleHandler | SmppPlugin<'smpp-throttle-handler'>;
  /** `counter`; or what makes a generator for each session. */
  sequence?: 'counter' | (string & {}) | (() => SequenceGenerator) | SmppPlugin<'smpp-sequence'>;
  /** Encodings of yours, tried before those that are built in. */
  codecs?: readonly (TextCodec | string | SmppPlugin<'smpp-codec'>)[];
  /** Finds plugins by type and id. */
  resolvePlugin?: ResolvePlugin | undefined;
  /**
   * Whether anybody takes messages: asked before each message that comes in, and each part of a long one. Default:
   * whether there is a handler of `message`, and a warning where there is none.
   */
  listening?: () => Listening | Promise<Listening>;
  /** TLS options of Node's `tls.connect`; only with `useTls`. */
  tls?: TlsOptions;
  /**
   * TLS options of Node's `tls.createServer`, with key and certificate, for the port where the SMSC connects to us
   * (`outbindPort`); absent: plain TCP.
   */
  outbindTls?: TlsServerOptions;
  /** TLS options of Node's `tls.connect` for the server of the queue, where its URL asks for TLS. */
  queueTls?: TlsOptions;
  /**
   * A pino logger, with what destinations and transports it has, or a function that takes finished lines. A logger's own
   * level counts, also when it changes, unless there is a `logLevel` or `configure` sets one.
   */
  log?: OpenLog | LogSink;
  /** Where this client is to be seen, under its name (`name`, else `clientId`, else host and port); several may share one. */
  metrics?: Metrics;
  /** Told, in a sentence, that lines cannot be written to `logTarget`, and that they can again; default: a warning of the process. */
  onLogFailure?: (text: string) => unknown;
  /** Time and timers; default {@link systemClock}. */
  clock?: Clock;
  /** How connections are opened and names looked up, where not by Node's sockets. */
  network?: Network;
  /** Gives numbers from 0 to 1; default Math.random. For the jitter of reconnecting and reference numbers. */
  random?: () => number;
  /** Gives so many octets, which must differ over restarts and processes: ids are made of them. Default `randomBytes` of node:crypto. */
  randomOctets?: (count: number) => Uint8Array;
}

/**
 * Options of the client, named as in docs/reference.md. Times are in seconds;
 * numbers and booleans may be given as text.
 */
export type SmppClientOptions = Values & Parts;
