import { BACKENDS } from '../../store';
import type { Problem } from '../config/errors';
import type { Parts, SmppClientOptions } from './client-options';
import type { PluginType } from './plugins';

/** What a member must be; a shape: an object with members of its own. `?` at the end of a name: or absent. */
type Kind = 'function' | 'object' | 'name' | 'octet' | Shape;
interface Shape {
  readonly [member: string]: Kind;
}

const methods = (...names: string[]): Shape =>
  Object.fromEntries(names.map((name) => [name, 'function'] as const));

const QUEUE = methods('enqueue', 'take', 'settle', 'extend', 'release', 'stats', 'purge', 'close');
const CORRELATOR = methods('put', 'get', 'expire');

/** What a plugin must make, and an object be that is given in its place. */
const SHAPES: Readonly<Record<PluginType, Shape>> = {
  'smpp-store': {
    queue: QUEUE,
    correlator: CORRELATOR,
    state: {
      ...methods('get', 'set', 'delete', 'list', 'increment'),
      'expire?': 'function',
      'claim?': 'function',
      'update?': 'function',
    },
    'deadLetters?': methods('list', 'replay', 'purge'),
    capabilities: 'object',
    'settle?': 'function',
    'home?': { instance: 'name', ...methods('tell', 'listen') },
    'limiter?': methods('acquire', 'giveBack', 'setRate', 'calm', 'onCalm'),
    close: 'function',
  },
  'smpp-queue': QUEUE,
  'smpp-correlator': CORRELATOR,
  'smpp-rate-limiter': methods('acquire', 'giveBack'),
  'smpp-throttle-handler': {
    ...methods('throttled', 'notThrottled', 'allowRequest', 'throttleDelay'),
    'rate?': 'function',
  },
  'smpp-codec': { name: 'name', data_coding: 'octet', encode: 'function', decode: 'function' },
  'smpp-sequence': methods('next'),
};
const LOG: Shape = methods('trace', 'debug', 'info', 'warn', 'error', 'isLevelEnabled', 'child');
const METRICS: Shape = methods('attach', 'counters', 'text');
const CLOCK: Shape = methods('now', 'monotonic', 'setTimeout', 'clearTimeout');

const FITS: Readonly<Record<Exclude<Kind, Shape>, (value: unknown) => boolean>> = {
  function: (value) => typeof value === 'function',
  object: (value) => typeof value === 'object' && value !== null,
  name: (value) => typeof value === 'string' && value !== '',
  octet: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xff,
};

function missing(value: unknown, shape: Shape, path = ''): string[] {
  const members = Object(value) as Record<string, unknown>;
  return Object.entries(shape).flatMap(([written, kind]) => {
    const name = written.replace('?', '');
    const member = members[name];
    if (name !== written && member === undefined) return [];
    if (typeof kind === 'string') return FITS[kind](member) ? [] : [path + name];
    return FITS.object(member) ? missing(member, kind, `${path}${name}.`) : [path + name];
  });
}

/** The members that what a plugin of the type made lacks, or has of another kind. */
export function lacks(type: PluginType, product: unknown): string[] {
  return missing(product, SHAPES[type]);
}

/** Whether it is what a plugin is registered as, and not yet what it makes. */
export function isPlugin(value: unknown): boolean {
  return FITS.object(value) && FITS.function((value as { create?: unknown }).create);
}

interface PartKind {
  /** The names of what is built in; absent: it has none, and there are no plugins for it either. */
  readonly names?: readonly string[];
  /** What it may be, or be made by: the first is what is told of where it is none of them. */
  readonly types?: readonly PluginType[];
  /** A function is taken; without a shape nothing else is, but plugins of the types. */
  readonly maker?: true;
  readonly shape?: Shape;
  readonly give: string;
}

const PARTS: Readonly<Record<keyof Parts, PartKind>> = {
  queue: { names: Object.keys(BACKENDS), types: ['smpp-store', 'smpp-queue'], give: 'a store or a queue' },
  correlator: { names: ['store'], types: ['smpp-correlator'], give: 'an object with put, get and expire' },
  rateLimiter: {
    names: ['token-bucket'],
    types: ['smpp-rate-limiter'],
    give: 'an object with acquire(max, { signal }) and giveBack(count)',
  },
  throttleHandler: {
    names: ['adaptive', 'sampling'],
    types: ['smpp-throttle-handler'],
    give: 'an object with throttled, notThrottled, allowRequest and throttleDelay',
  },
  sequence: {
    names: ['counter'],
    types: ['smpp-sequence'],
    maker: true,
    give: 'a function that makes a generator for each session: () => ({ next: () => number })',
  },
  codecs: { give: 'a list of codecs, each with name, data_coding, encode and decode, or ids of plugins' },
  resolvePlugin: { maker: true, give: 'a function (type, id) => plugin' },
  listening: { maker: true, give: "a function () => 'yes', 'no' or 'later'" },
  tls: { shape: {}, give: "an object with options of Node's tls.connect" },
  outbindTls: { shape: {}, give: "an object with options of Node's tls.createServer" },
  queueTls: { shape: {}, give: "an object with options of Node's tls.connect" },
  log: { shape: LOG, maker: true, give: 'a pino logger, or a function that takes lines: (line) => …' },
  onLogFailure: { maker: true, give: 'a function that takes a sentence: (text) => …' },
  network: { shape: {}, give: 'an object with connect, resolve or both' },
  metrics: { shape: METRICS, give: 'a Metrics: new Metrics()' },
  clock: { shape: CLOCK, give: 'an object with now, monotonic, setTimeout and clearTimeout' },
  random: { maker: true, give: 'a function that gives numbers from 0 to 1, such as Math.random' },
  randomOctets: {
    maker: true,
    give: 'a function (count) => as many octets, such as randomBytes of node:crypto',
  },
};

/** By a member that only they have: what naz calls it, and what adapts it. */
const ADAPTED: readonly (readonly [part: keyof Parts, member: string, adapter: string])[] = [
  ['rateLimiter', 'limit', 'fromNaz.rateLimiter(…)'],
  ['queue', 'dequeue', 'fromNaz.broker(…)'],
  ['throttleHandler', 'allow_request', 'fromNaz.throttleHandler(…)'],
  ['sequence', 'next_sequence', 'fromNaz.sequence(…)'],
];

export const PART_NAMES = Object.keys(PARTS);

export function isPart(field: string): field is keyof Parts {
  return Object.hasOwn(PARTS, field);
}

const isBlank = (value: unknown): boolean => value === undefined || value === null || value === '';

/** The options without the parts that were left blank: those are as if not given. */
export function withoutBlanks(options: SmppClientOptions): SmppClientOptions {
  const kept = Object.entries(options).filter(([field, value]) => !(isPart(field) && isBlank(value)));
  return Object.fromEntries(kept);
}

/** What is wrong with a part: a name that is not built in, no plugin's id, and no object of its shape. */
export function partProblems(field: keyof Parts, options: SmppClientOptions): Problem[] {
  const value: unknown = options[field];
  if (isBlank(value)) return [];
  if (field === 'codecs') return codecProblems(value, options);
  const remedy = typeof value === 'string' ? unnamed(field, value, options) : unshaped(field, value);
  return remedy === undefined ? [] : [{ field, value: shown(value), remedy }];
}

function codecProblems(codecs: unknown, options: SmppClientOptions): Problem[] {
  const { give } = PARTS.codecs;
  if (!Array.isArray(codecs)) return [{ field: 'codecs', value: shown(codecs), remedy: `give ${give}` }];
  return codecs.flatMap((value: unknown, index) => {
    const field = `codecs[${index}]`;
    if (typeof value === 'string') {
      if (options.resolvePlugin) return [];
      return [{ field, value, remedy: 'the id of a plugin needs resolvePlugin; give a codec of yours' }];
    }
    const wrong = misfit(value, ['smpp-codec']);
    return wrong === undefined ? [] : [{ field, value: shown(value), remedy: `${wrong}; give ${give}` }];
  });
}

function unnamed(field: keyof Parts, value: string, options: SmppClientOptions): string | undefined {
  const { names, give } = PARTS[field];
  if (!names) return `give ${give}`;
  // Whether there is such a plugin is known when it is needed.
  if (names.includes(value) || options.resolvePlugin) return undefined;
  return `give ${names.join(', ')} or an object of yours; the id of a plugin needs resolvePlugin`;
}

function unshaped(field: keyof Parts, value: unknown): string | undefined {
  const { types, shape, maker = false, give } = PARTS[field];
  if (typeof value === 'function' && maker) return undefined;
  const isFunctionOnly = maker && !shape && !isPlugin(value);
  const wrong = isFunctionOnly ? 'it is no function' : misfit(value, types, shape);
  if (wrong === undefined) return undefined;
  const adapter = ADAPTED.find(([part, member]) => part === field && member in (Object(value) as object));
  const hint = adapter ? `${adapter[1]}() is naz's: wrap it as ${adapter[2]}, or ` : '';
  return `${wrong}; ${hint}give ${give}`;
}

/** Why it is none of these. */
function misfit(value: unknown, types: readonly PluginType[] = [], shape?: Shape): string | undefined {
  if (typeof value === 'function') return 'it is a function or class; give what that makes';
  if (!FITS.object(value) || Array.isArray(value)) return 'it is no object';
  if (isPlugin(value)) return strangePlugin(value, types);
  const lacking = (shape ? [shape] : types.map((type) => SHAPES[type])).map((one) => missing(value, one));
  if (lacking.some((names) => names.length === 0)) return undefined;
  // Of several that it may be, it is told what it is nearest to.
  const [nearest = []] = [...lacking].sort((a, b) => a.length - b.length);
  return `it lacks ${nearest.join(', ')}`;
}

function strangePlugin(value: unknown, types: readonly PluginType[]): string | undefined {
  const { type } = value as { type?: unknown };
  return types.some((one) => one === type) ? undefined : `it is a plugin of type ${String(type)}`;
}

/** What a part holds may be anything, and long: its kind says enough. */
function shown(value: unknown): unknown {
  if (typeof value === 'function') return value;
  return typeof value === 'object' ? undefined : value;
}
