import { systemClock, type Clock } from '../clock';
import {
  SamplingThrottleHandler,
  TokenBucket,
  type RateLimiter,
  type ThrottleHandler,
} from '../flow-control';
import { createLog, redactedLog, type Log } from '../observability';
import type { SequenceGenerator } from '../session';
import { openMemoryStore, type Correlator, type QueueItem, type Store } from '../store';
import type { TextCodec } from '../text';
import type { Parts, Settings, SmppClientOptions } from './options';

/** What a client works with: the user's own parts, or the built-in ones. */
export interface OpenParts {
  readonly store: Store;
  /** Whether the store was opened here and is to be closed here. */
  readonly ownsStore: boolean;
  readonly limiter: RateLimiter;
  /** The limiter, where it is ours and its rate can be set. */
  readonly bucket: TokenBucket | undefined;
  readonly throttleHandler: ThrottleHandler;
  readonly correlator: Correlator;
  readonly codecs: readonly TextCodec[];
  readonly sequence: (() => SequenceGenerator) | undefined;
  readonly tls: Parts['tls'];
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

export function openParts(
  options: SmppClientOptions,
  settings: Settings,
  onDropped: (items: readonly QueueItem[]) => void,
): OpenParts {
  const clock = options.clock ?? systemClock;
  const log = openLog(options, settings);
  const ownsStore = options.queue === undefined || typeof options.queue === 'string';
  const limits = { capacity: settings.queueCapacity, whenFull: settings.whenFull, onDropped };
  const bucket =
    options.rateLimiter === undefined || typeof options.rateLimiter === 'string'
      ? new TokenBucket({ rate: settings.sendRate, burst: settings.burst, clock })
      : undefined;
  const store =
    typeof options.queue === 'object'
      ? options.queue
      : openMemoryStore({ ...limits, clock, correlationCapacity: settings.correlationCapacity });
  return {
    store,
    correlator: options.correlator ?? store.correlator,
    codecs: options.codecs ?? [],
    sequence: options.sequence,
    tls: options.tls,
    ownsStore,
    limiter: bucket ?? (options.rateLimiter as RateLimiter),
    bucket,
    throttleHandler:
      typeof options.throttleHandler === 'object'
        ? guarded(options.throttleHandler, log)
        : new SamplingThrottleHandler({ ...settings, clock }),
    clock,
    random: options.random ?? Math.random,
    log,
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
      log.error({ event: 'throttle', stage: 'handler', method, err: error }, `the throttle handler's ${method}() failed`);
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
