import { randomBytes } from 'node:crypto';
import { isThenable } from '../../observability';
import type { SequenceGenerator } from '../../session';
import type { TextCodec } from '../../text';
import { answered } from './answers';
import { PartError } from '../config/errors';
import type { Listening } from '../config/options';
import { partFailed, wrongResult, type PartFaults } from './part-faults';

const LISTENING: readonly Listening[] = ['yes', 'no', 'later'];
const HIGHEST = 0x7fffffff;

/**
 * Makes the sequence generator of a session. Throws {@link PartError} `SEQUENCE_INVALID` where it makes none, or
 * where a generator fails or gives what is no sequence_number (SMPP 3.4 section 5.1.4): 1 to 0x7FFFFFFF.
 */
export function guardSequence(make: () => SequenceGenerator, faults: PartFaults): () => SequenceGenerator {
  return () => {
    const generator = made(make);
    return { next: () => told(faults, () => checkedNumber(generator)) };
  };
}

function made(make: () => SequenceGenerator): SequenceGenerator {
  let generator: unknown;
  try {
    generator = make();
  } catch (error) {
    throw partFailed('sequence', 'sequence', error);
  }
  if (typeof (generator as Partial<SequenceGenerator> | undefined)?.next === 'function') {
    return generator as SequenceGenerator;
  }
  throw wrongResult('sequence', 'sequence', generator, 'a generator: an object with next()');
}

function checkedNumber(generator: SequenceGenerator): number {
  let given: unknown;
  try {
    given = generator.next();
  } catch (error) {
    throw partFailed('sequence', 'next', error);
  }
  if (Number.isInteger(given) && (given as number) >= 1 && (given as number) <= HIGHEST)
    return given as number;
  throw wrongResult('sequence', 'next', given, `a whole number from 1 to ${HIGHEST}`);
}

/** The session goes on without where it can, so that nobody else may hear of it. */
function told(faults: PartFaults, next: () => number): number {
  try {
    const number = next();
    faults.worked('sequence', 'next');
    return number;
  } catch (error) {
    throw faults.failed('sequence', 'next', error as ReturnType<typeof partFailed>);
  }
}

/** Throws where a codec gives what is no text or no octets: its text would be lost, or something else go out. */
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

/**
 * Whether anybody listens. What is no answer, or comes too late, is `later`: what comes in stays with the SMSC, which
 * sends it again, and is not answered as if somebody had it.
 */
export function guardListening(
  listening: () => Listening | Promise<Listening>,
  faults: PartFaults,
): () => Listening | Promise<Listening> {
  const checked = (given: unknown): Listening => {
    if (!LISTENING.includes(given as Listening))
      throw wrongResult('listening', 'listening', given, "'yes', 'no' or 'later'");
    faults.worked('listening', 'listening');
    return given as Listening;
  };
  const failed = (error: unknown): Listening => {
    const failure = error instanceof PartError ? error : partFailed('listening', 'listening', error);
    faults.failed('listening', 'listening', failure);
    return 'later';
  };
  return () => {
    try {
      const given: unknown = listening();
      if (!isThenable(given)) return checked(given);
      return answered(faults, 'listening', 'listening', given).then(checked).catch(failed);
    } catch (error) {
      return failed(error);
    }
  };
}

/** From 0 to 1; what is given beyond that is passed over. */
export function guardRandom(random: () => number, faults: PartFaults): () => number {
  const isRight = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1;
  const guarded = chance('random', random, isRight, 'a number from 0 to 1', faults);
  return () => Math.min(guarded() ?? Math.random(), 1 - Number.EPSILON);
}

/** As many octets as are asked for; where it gives others, those of the platform. */
export function guardRandomOctets(random: (count: number) => Uint8Array, faults: PartFaults): typeof random {
  return (count) => {
    const isRight = (value: unknown): boolean => value instanceof Uint8Array && value.length === count;
    const one = chance('randomOctets', () => random(count), isRight, `${count} octets`, faults);
    return one() ?? randomBytes(count);
  };
}

/** Undefined where it fails. */
function chance<T>(
  part: string,
  random: () => T,
  isRight: (value: unknown) => boolean,
  wanted: string,
  faults: PartFaults,
): () => T | undefined {
  return () => {
    try {
      const value = random();
      if (isRight(value)) return value;
      faults.failed(part, part, wrongResult(part, part, value, wanted));
    } catch (error) {
      faults.failed(part, part, partFailed(part, part, error));
    }
    return undefined;
  };
}
