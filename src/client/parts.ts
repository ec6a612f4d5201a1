import { systemClock, type Clock } from '../clock';
import {
  AdaptiveThrottleHandler,
  Pace,
  SamplingThrottleHandler,
  TokenBucket,
  type RateLimiter,
  type ThrottleHandler,
} from '../flow-control';
import { createLog, redactedLog, type Log } from '../observability';
import type { SequenceGenerator } from '../session';
import type { Correlator, QueueItem, Store } from '../store';
import type { TextCodec } from '../text';
import { ConfigError } from './errors';
import { DEFAULT_CLIENT_ID, type Parts, type Settings, type SmppClientOptions } from './options';
import { PluginParts } from './plugin-parts';
import { storePart, type StorePart } from './store-part';

/** What a client works with: the user's own parts, plugins, or the built-in ones. */
export interface OpenParts extends StorePart {
  /** How fast messages leave: by the rate limiter and by what the throttle handler wishes for. */
  readonly pace: Pace;
  /** The limiter, where it is ours and its rate can be set. */
  readonly bucket: TokenBucket | undefined;
  readonly throttleHandler: ThrottleHandler;
  readonly correlator: Correlator;
  readonly codecs: readonly TextCodec[];
  readonly sequence: (() => SequenceGenerator) | undefined;
  readonly listening: Parts['listening'];
  readonly tls: Parts['tls'];
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Opens the store and makes what plugins make. Rejects with one clear error; may be called again. */
  ready(): Promise<void>;
}

export function openParts(
  options: SmppClientOptions,
  settings: Settings,
  onDropped: (items: readonly QueueItem[]) => void,
): OpenParts {
  const clock = options.clock ?? systemClock;
  const log = openLog(options, settings);
  const clientId = settings.clientId || DEFAULT_CLIENT_ID;
  const { password: _secret, receiverPassword: _other, ...told } = settings;
  const context = { settings: told, clientId, clock, log };
  const storage = storePart(options, settings, { ...context, onDropped });
  const plugins = new PluginParts(options.resolvePlugin, context);
  const bucket =
    (options.rateLimiter ?? 'token-bucket') === 'token-bucket'
      ? new TokenBucket({ rate: settings.sendRate, burst: settings.burst, clock })
      : undefined;
  const limiter = bucket ?? limiterPart(options, plugins);
  const throttleHandler = guarded(handlerPart(options, settings, clock, plugins), log);
  const codecs = (options.codecs ?? []).flatMap((one) => (typeof one === 'string' ? [] : [one]));
  for (const one of options.codecs ?? []) {
    if (typeof one === 'string') plugins.want('smpp-codec', one, (codec) => codecs.push(codec));
  }
  return {
    ...storage,
    correlator: correlatorPart(options, plugins) ?? storage.store.correlator,
    codecs,
    sequence: sequencePart(options, plugins),
    listening: options.listening,
    tls: options.tls,
    pace: new Pace({ limiter, handler: throttleHandler, clock }),
    bucket,
    throttleHandler,
    clock,
    random: options.random ?? Math.random,
    log,
    ready: async () => {
      await storage.openStore();
      checkDelivery(settings, storage.store);
      await plugins.make();
    },
  };
}

/** That a message was sent must be written down before it is: else a crash sends it again. */
function checkDelivery({ delivery }: Settings, { capabilities }: Store): void {
  if (delivery !== 'at-most-once' || capabilities.segmentState) return;
  const remedy = 'this queue does not keep what happened to a message; give at-least-once, or the queue disk';
  throw new ConfigError([{ field: 'delivery', value: delivery, remedy }]);
}

function correlatorPart({ correlator }: SmppClientOptions, plugins: PluginParts): Correlator | undefined {
  if (typeof correlator !== 'string') return correlator;
  if (correlator === 'store') return undefined;
  const made = plugins.later('smpp-correlator', correlator);
  return {
    put: async (entries) => made().put(entries),
    get: async (messageId) => made().get(messageId),
    expire: async () => made().expire(),
  };
}

function sequencePart(
  { sequence }: SmppClientOptions,
  plugins: PluginParts,
): (() => SequenceGenerator) | undefined {
  if (typeof sequence !== 'string') return sequence;
  return sequence === 'counter' ? undefined : plugins.later('smpp-sequence', sequence);
}

function limiterPart({ rateLimiter }: SmppClientOptions, plugins: PluginParts): RateLimiter {
  if (typeof rateLimiter === 'object') return rateLimiter;
  const made = plugins.later('smpp-rate-limiter', rateLimiter ?? '');
  return {
    acquire: async (max, options) => made().acquire(max, options),
    giveBack: (count) => made().giveBack(count),
  };
}

function handlerPart(
  { throttleHandler = 'adaptive' }: SmppClientOptions,
  settings: Settings,
  clock: Clock,
  plugins: PluginParts,
): ThrottleHandler {
  if (typeof throttleHandler === 'object') return throttleHandler;
  const { throttleWait } = settings;
  if (throttleHandler === 'adaptive') return new AdaptiveThrottleHandler({ throttleWait, clock });
  if (throttleHandler === 'sampling') return new SamplingThrottleHandler({ ...settings, clock });
  const made = plugins.later('smpp-throttle-handler', throttleHandler);
  return {
    throttled: () => made().throttled(),
    notThrottled: () => made().notThrottled(),
    allowRequest: () => made().allowRequest(),
    throttleDelay: () => made().throttleDelay(),
    rate: () => made().rate?.(),
  };
}

/** Seconds until a throttle handler that failed is asked again. */
const ASK_AGAIN = 1;

/**
 * A user's throttle handler is called while octets of the socket are read, where an error would end the
 * process. One that fails denies: rather too slow than too fast.
 */
function guarded(handler: ThrottleHandler, log: Log): ThrottleHandler {
  const guard = <T>(method: string, fallback: T, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      log.error(
        { event: 'throttle', stage: 'handler', method, err: error },
        `the throttle handler's ${method}() failed`,
      );
      return fallback;
    }
  };
  return {
    throttled: () => guard('throttled', undefined, () => handler.throttled()),
    notThrottled: () => guard('notThrottled', undefined, () => handler.notThrottled()),
    allowRequest: () => guard('allowRequest', false, () => handler.allowRequest()),
    throttleDelay: () => guard('throttleDelay', ASK_AGAIN, () => handler.throttleDelay()),
    rate: () => guard('rate', undefined, () => handler.rate?.()),
  };
}

function openLog({ log }: Pick<Parts, 'log'>, settings: Settings): Log {
  const identity = {
    ...settings.logMetadata,
    connection: settings.name || settings.clientId || `${settings.host}:${settings.port}`,
    host: `${settings.host}:${settings.port}`,
    system_id: settings.systemId,
  };
  if (typeof log === 'object') return redactedLog(log, settings.logMessageText).child(identity);
  return createLog({
    level: settings.logLevel,
    metadata: identity,
    messageText: settings.logMessageText,
    ...(log ? { sink: log } : {}),
  });
}
