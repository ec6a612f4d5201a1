import { randomBytes } from 'node:crypto';
import type { RateLimiter } from '../../flow-control';
import { isThenable, quoting } from '../../observability';
import { SmppError } from '../../protocol';
import type { SequenceGenerator } from '../../session';
import type { TextCodec } from '../../text';
import { unlessAborted } from '../../waiting';
import { PartError } from '../config/errors';
import type { Listening } from '../config/options';
import { isCount } from '../config/stored';
import { partFailed, wrongResult, type PartFaults } from './part-faults';

/** How a method of a part that a user brought along is guarded. */
export interface Rule {
  readonly part: string;
  readonly method: string;
  /** What it must give, for the error; and whether something is that. Absent: anything. */
  readonly wanted?: string | ((args: readonly unknown[]) => string);
  readonly fits?: (given: unknown, args: readonly unknown[]) => boolean;
  /**
   * It may give a promise, which is given up after 10 s (`limited`), logged after 10 s (`watched`), or waited for
   * (`any`). Absent: a promise is checked as any other value.
   */
  readonly promise?: 'limited' | 'watched' | 'any';
  /** Gives the result where it failed; absent: the failure is thrown. */
  readonly instead?: (args: readonly unknown[]) => unknown;
  /** Whoever calls tells of failures: they are not logged. */
  readonly untold?: boolean;
  /** An `SmppError` of the part's own is thrown as it is, and not logged. */
  readonly passesErrors?: boolean;
}

export type Method = (...args: unknown[]) => unknown;

/**
 * The method, whose failures are a {@link PartError} that names the part. What it throws once the `signal` in its last
 * argument has aborted stays what it is. Without `faults` promises are not timed and failures not logged.
 */
export function guard(rule: Rule, call: (...args: never[]) => unknown, faults?: PartFaults): Method {
  const { part, method, wanted = '', fits, promise, instead, untold = false, passesErrors = false } = rule;
  const telling = untold ? undefined : faults;
  const checked = (given: unknown, args: readonly unknown[]): unknown => {
    try {
      if (fits && !fits(given, args)) {
        throw wrongResult(part, method, given, typeof wanted === 'string' ? wanted : wanted(args));
      }
    } catch (error) {
      return failed(error, args);
    }
    telling?.worked(part, method);
    return given;
  };
  const failed = (error: unknown, args: readonly unknown[]): unknown => {
    if (isAborted(args.at(-1))) throw error;
    if (passesErrors && error instanceof SmppError && !(error instanceof PartError)) throw error;
    const failure = error instanceof PartError ? error : partFailed(part, method, error);
    for (const one of [failure, failure.cause]) if (one instanceof Error) quoting(one, args);
    telling?.failed(part, method, failure);
    if (instead) return instead(args);
    throw failure;
  };
  const timed = (given: PromiseLike<unknown>): Promise<unknown> => {
    if (faults && promise === 'limited') return faults.answered(part, method, given);
    return faults && promise === 'watched' ? faults.watch(part, method, given) : Promise.resolve(given);
  };
  return (...args) => {
    let given: unknown;
    let isLater: boolean;
    try {
      given = (call as Method)(...args);
      isLater = promise !== undefined && isThenable(given);
    } catch (error) {
      return failed(error, args);
    }
    if (!isLater) return checked(given, args);
    return timed(given as PromiseLike<unknown>).then(
      (value) => checked(value, args),
      (error: unknown) => failed(error, args),
    );
  };
}

function isAborted(options: unknown): boolean {
  return (options as { signal?: AbortSignal } | undefined)?.signal?.aborted === true;
}

/**
 * A rate limiter. It must grant at least one permit, or it would be asked again at once; what it grants beyond `max` is
 * given back. `acquire` ends when its signal aborts, also where the limiter knows of no signal.
 */
export function guardLimiter(limiter: () => RateLimiter, faults: PartFaults): RateLimiter {
  const rule = { part: 'rateLimiter', method: 'acquire', promise: 'any' } as const;
  const giveBack = guard(
    { ...rule, method: 'giveBack', instead: () => undefined },
    (count: number): unknown => limiter().giveBack(count),
    faults,
  );
  const isPermits = (value: unknown): value is number => isCount(value) && value !== 0;
  const late = (permits: unknown): void => {
    if (isPermits(permits)) giveBack(permits);
  };
  const wanted = ([max]: readonly unknown[]): string => `a whole number from 1 to ${String(max)}`;
  const acquire = guard(
    { ...rule, wanted, fits: isPermits, untold: true },
    async (max: number, options: { signal: AbortSignal }) =>
      unlessAborted(Promise.resolve(limiter().acquire(max, options)), options.signal, late),
  );
  return {
    acquire: async (max, options) => {
      options.signal.throwIfAborted();
      const permits = (await acquire(max, options)) as number;
      if (permits <= max) faults.worked('rateLimiter', 'acquire');
      else {
        giveBack(permits - max);
        const error = wrongResult('rateLimiter', 'acquire', permits, wanted([max]));
        faults.failed('rateLimiter', 'acquire', error);
      }
      return Math.min(permits, max);
    },
    giveBack,
  };
}

const HIGHEST = 0x7fffffff;

/**
 * Makes the sequence generator of a session. Throws {@link PartError} `SEQUENCE_INVALID` where `make` makes none, and
 * where `next` fails or gives no sequence_number (SMPP 3.4 section 5.1.4): 1 to 0x7FFFFFFF.
 */
export function guardSequence(make: () => SequenceGenerator, faults: PartFaults): () => SequenceGenerator {
  const made = guard(
    {
      part: 'sequence',
      method: 'sequence',
      wanted: 'a generator: an object with next()',
      fits: (given) => typeof (given as Partial<SequenceGenerator> | undefined)?.next === 'function',
      untold: true,
    },
    make,
  ) as () => SequenceGenerator;
  const rule: Rule = {
    part: 'sequence',
    method: 'next',
    wanted: `a whole number from 1 to ${HIGHEST}`,
    fits: (given) => isCount(given) && given >= 1 && given <= HIGHEST,
  };
  return () => {
    const generator = made();
    return { next: guard(rule, () => generator.next(), faults) as () => number };
  };
}

/** A codec that must give octets and texts; what it throws by itself is thrown as it is. */
export function guardCodec(codec: TextCodec, faults: PartFaults): TextCodec {
  const { name, data_coding } = codec;
  const wrong = (method: string, given: unknown, wanted: string): Error => {
    const error = wrongResult('codecs', method, given, `${wanted} (codec "${name}")`);
    return faults.failed('codecs', `${name}.${method}`, error);
  };
  return {
    name,
    data_coding,
    encode: (text) => {
      const octets: unknown = codec.encode(text);
      if (Buffer.isBuffer(octets)) return octets;
      if (octets instanceof Uint8Array) return Buffer.from(octets);
      throw wrong('encode', octets, 'a Buffer');
    },
    decode: (octets) => {
      const text: unknown = codec.decode(octets);
      if (typeof text === 'string') return text;
      throw wrong('decode', text, 'a text');
    },
  };
}

type AskListening = () => Listening | Promise<Listening>;

/** Whether anybody listens; `later` where it fails or takes longer than 10 s: the SMSC keeps the message and repeats it. */
export function guardListening(listening: AskListening, faults: PartFaults): AskListening {
  const rule: Rule = {
    part: 'listening',
    method: 'listening',
    wanted: "'yes', 'no' or 'later'",
    fits: (given) => given === 'yes' || given === 'no' || given === 'later',
    promise: 'limited',
    instead: () => 'later',
  };
  return guard(rule, listening, faults) as AskListening;
}

/** From 0 to below 1; where it fails, from `otherwise`. */
export function guardRandom(
  random: () => number,
  faults: PartFaults,
  otherwise: () => number = Math.random,
): () => number {
  const rule: Rule = {
    part: 'random',
    method: 'random',
    wanted: 'a number from 0 to 1',
    fits: (value) => typeof value === 'number' && value >= 0 && value <= 1,
    instead: otherwise,
  };
  const next = guard(rule, random, faults) as () => number;
  return () => Math.min(next(), 1 - Number.EPSILON);
}

type Octets = (count: number) => Uint8Array;

/** As many octets as are asked for; where it fails, from `otherwise`. */
export function guardRandomOctets(
  random: Octets,
  faults: PartFaults,
  otherwise: Octets = randomBytes,
): Octets {
  const rule: Rule = {
    part: 'randomOctets',
    method: 'randomOctets',
    wanted: ([count]) => `${String(count)} octets`,
    fits: (value, [count]) => value instanceof Uint8Array && value.length === count,
    instead: ([count]) => otherwise(count as number),
  };
  return guard(rule, random, faults) as Octets;
}
