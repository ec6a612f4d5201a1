import { randomBytes } from 'node:crypto';
import { systemClock, type Clock } from '../../clock';
import {
  AdaptiveThrottleHandler,
  CompositeLimiter,
  SamplingThrottleHandler,
  TokenBucket,
  type AdjustableLimiter,
  type ThrottleHandler,
} from '../../flow-control';
import type { Log, Metrics } from '../../observability';
import type { SequenceGenerator } from '../../session';
import type { Correlator } from '../../store';
import type { TextCodec } from '../../text';
import { guardClock } from './clock-guard';
import type { Network } from '../config/network';
import { connectionName } from '../config/connection-name';
import { ConnectionCounters } from '../metrics/counters';
import {
  guardCodec,
  guardLimiter,
  guardListening,
  guardRandom,
  guardRandomOctets,
  guardSequence,
} from './guard';
import { GuardedHandler } from './handler-guard';
import { logPart } from './log-part';
import { DEFAULT_CLIENT_ID, withoutSecrets, type Settings } from '../config/options';
import type { Parts, SmppClientOptions } from './client-options';
import { PartFaults } from './part-faults';
import { isPlugin, withoutBlanks } from './part-shapes';
import { PluginParts } from './plugin-parts';
import type { PluginProducts, PluginType, SmppPlugin } from './plugins';
import { guardCorrelator } from './store-guard';
import { StoreLimiter } from './store-limiter';
import { checkDelivery, storePart, type StoreContext, type StorePart } from './store-part';

/** What a client works with: the user's own parts, plugins, or the built-in ones. */
export interface OpenParts extends StorePart {
  /** How fast messages leave: by the rate limiter and by what the throttle handler wishes for. */
  readonly limiter: CompositeLimiter;
  /** The limiter, where it is ours and its rate can be set; that of the store, where it has one. */
  readonly bucket: AdjustableLimiter | undefined;
  readonly throttleHandler: ThrottleHandler;
  readonly correlator: Correlator;
  readonly codecs: readonly TextCodec[];
  readonly sequence: (() => SequenceGenerator) | undefined;
  readonly listening: Parts['listening'];
  readonly tls: Parts['tls'];
  readonly outbindTls: Parts['outbindTls'];
  readonly network: Network | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly randomOctets: (count: number) => Uint8Array;
  readonly log: Log;
  readonly metrics: Metrics | undefined;
  /** What is counted on the way; absent where there are no metrics. */
  readonly counters: ConnectionCounters | undefined;
  /** Rejects with `NOT_SUPPORTED` where lines go to no file. */
  reopenLog(): Promise<void>;
  /** Closes what is the client's own, and tells what the log has counted. */
  close(): Promise<void>;
  /** Opens the store and makes what plugins make. Rejects with one clear error; may be called again. */
  ready(): Promise<void>;
}

/** What parts ask of the client that they are made for. */
export type ForParts = Pick<StoreContext, 'onDropped' | 'prepare' | 'refused' | 'away'>;

export function openParts(given: SmppClientOptions, settings: Settings, client: ForParts): OpenParts {
  const options = withoutBlanks(given);
  const own = options.clock && guardClock(options.clock);
  const clock = own ?? systemClock;
  const logging = logPart(options, settings, clock);
  const { log } = logging;
  const faults = new PartFaults(log, clock);
  if (own) own.faults = faults;
  const clientId = settings.clientId || DEFAULT_CLIENT_ID;
  const told = withoutSecrets(settings);
  const context = { settings: told, clientId, clock, log, prepare: client.prepare };
  const randomOctets = options.randomOctets ? guardRandomOctets(options.randomOctets, faults) : randomBytes;
  const storage = storePart(options, settings, { ...context, ...client, randomOctets }, faults);
  const plugins = new PluginParts(options.resolvePlugin, context);
  const bucket =
    (options.rateLimiter ?? 'token-bucket') === 'token-bucket'
      ? bucketPart(settings, storage, clock)
      : undefined;
  const limiter =
    bucket ?? guardLimiter(part('smpp-rate-limiter', options.rateLimiter ?? '', plugins), faults);
  const throttleHandler = handlerPart(options, settings, { clock, plugins, faults });
  const pacing = new CompositeLimiter({ limiter, handler: throttleHandler, clock });
  const { correlator = 'store' } = options;
  const sequence = sequencePart(options, plugins);
  return {
    ...storage,
    correlator:
      correlator === 'store'
        ? storage.store.correlator
        : guardCorrelator(part('smpp-correlator', correlator, plugins), faults),
    codecs: codecParts(options, plugins, faults),
    sequence: sequence && guardSequence(sequence, faults),
    listening: options.listening && guardListening(options.listening, faults),
    tls: options.tls,
    outbindTls: options.outbindTls,
    network: options.network,
    limiter: pacing,
    bucket,
    throttleHandler,
    clock,
    random: options.random ? guardRandom(options.random, faults) : Math.random,
    randomOctets,
    log,
    metrics: options.metrics,
    counters: options.metrics?.counters(connectionName(settings), 'client', () => new ConnectionCounters()),
    reopenLog: () => logging.reopen(),
    close: async () => {
      faults.end();
      if (storage.ownsStore) await storage.store.close();
      await logging.close();
    },
    ready: async () => {
      logging.begin();
      await storage.openStore();
      checkDelivery(settings, storage.store.capabilities);
      await plugins.make();
    },
  };
}

/** The rate of this process, or of all that share the store. */
function bucketPart(
  { sendRate: rate, burst }: Settings,
  storage: StorePart,
  clock: Clock,
): AdjustableLimiter {
  const local = new TokenBucket({ rate, burst, clock });
  const { store } = storage;
  if (!storage.openShared && !store.limiter) return local;
  const limiter = new StoreLimiter(local, clock);
  storage.whenOpen(() => {
    if (store.limiter) limiter.use(store.limiter);
  });
  return limiter;
}

/** What gives the part: it is there, or a plugin makes it when the client starts. */
function part<T extends PluginType>(
  type: T,
  given: string | PluginProducts[T] | SmppPlugin<T>,
  plugins: PluginParts,
): () => PluginProducts[T] {
  const isMade = typeof given === 'string' || isPlugin(given);
  return isMade ? plugins.later(type, given as string | SmppPlugin<T>) : () => given as PluginProducts[T];
}

function sequencePart(
  { sequence = 'counter' }: SmppClientOptions,
  plugins: PluginParts,
): (() => SequenceGenerator) | undefined {
  if (sequence === 'counter') return undefined;
  return typeof sequence === 'function' ? sequence : part('smpp-sequence', sequence, plugins);
}

function codecParts(
  { codecs: given = [] }: SmppClientOptions,
  plugins: PluginParts,
  faults: PartFaults,
): readonly TextCodec[] {
  const codecs: TextCodec[] = [];
  for (const one of given) {
    const take = (codec: TextCodec): void => void codecs.push(guardCodec(codec, faults));
    if (typeof one === 'string' || isPlugin(one)) plugins.want('smpp-codec', one as string, take);
    else take(one as TextCodec);
  }
  return codecs;
}

function handlerPart(
  { throttleHandler = 'adaptive' }: SmppClientOptions,
  settings: Settings,
  { clock, plugins, faults }: { clock: Clock; plugins: PluginParts; faults: PartFaults },
): ThrottleHandler {
  const { throttleWait } = settings;
  if (throttleHandler === 'adaptive') return new AdaptiveThrottleHandler({ throttleWait, clock });
  if (throttleHandler === 'sampling') return new SamplingThrottleHandler({ ...settings, clock });
  const made = part('smpp-throttle-handler', throttleHandler, plugins);
  return new GuardedHandler(made, { throttleWait, clock }, faults);
}
