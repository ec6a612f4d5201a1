/**
 * Adapters for parts that were written for naz (github.com/komuw/naz): what its abstract classes ask for, as
 * promises or not, becomes what this client asks for. Each throws `INVALID_CONFIG` where the part lacks a method.
 */
import type { AsyncThrottleHandler, RateLimiter } from '../../../flow-control';
import type { SequenceGenerator } from '../../../session';
import { PLUGIN_API_VERSION, type SmppPlugin } from '../plugins';
import { BrokerQueue } from './broker-queue';
import {
  having,
  type NazBroker,
  type NazRateLimiter,
  type NazSequence,
  type NazThrottleHandler,
} from './types';

export type { NazBroker, NazRateLimiter, NazSequence, NazThrottleHandler } from './types';

/** Wraps parts that were written for naz. Each throws {@link ConfigError} where the part lacks a method. */
export const fromNaz = {
  /** For `rateLimiter`: waits for `limit()` before each segment. */
  rateLimiter(limiter: NazRateLimiter): RateLimiter {
    having('rateLimiter', limiter, ['limit']);
    return {
      acquire: async () => {
        await limiter.limit();
        return 1;
      },
      // naz's limiters take nothing back.
      giveBack: () => undefined,
    };
  },

  /** For `throttleHandler`: `allow_request()` is asked before each batch, `throttle_delay()` where it denies. */
  throttleHandler(handler: NazThrottleHandler): AsyncThrottleHandler {
    having('throttleHandler', handler, ['throttled', 'not_throttled', 'allow_request', 'throttle_delay']);
    return {
      throttled: () => handler.throttled(),
      notThrottled: () => handler.not_throttled(),
      allowRequest: () => handler.allow_request(),
      throttleDelay: () => handler.throttle_delay(),
    };
  },

  /** For `sequence`: one generator for all sessions. */
  sequence(generator: NazSequence): () => SequenceGenerator {
    having('sequence', generator, ['next_sequence']);
    return () => ({ next: () => generator.next_sequence() });
  },

  /**
   * For `queue`: a broker gets and gives plain objects that JSON can write; also naz's own items of `submit_sm`, as
   * objects or JSON text, that others have put in. A broker hands a message out once and for all: until its
   * outcome is known it is in the memory of this process alone. It goes back to the broker when the client stops; with
   * a crash what was taken out is lost, as with naz.
   */
  broker(broker: NazBroker): SmppPlugin<'smpp-queue'> {
    having('queue', broker, ['enqueue', 'dequeue']);
    return {
      type: 'smpp-queue',
      id: 'naz broker',
      apiVersion: PLUGIN_API_VERSION,
      create: (context) => new BrokerQueue(broker, context),
    };
  },
};
