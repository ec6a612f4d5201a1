import { Random } from '../../fuzz/random';

/** What one message is; all that anybody must know to tell it again from its number. */
export interface Planned {
  readonly n: number;
  readonly text: string;
  readonly to: string;
  readonly priority: number;
  readonly receipt: boolean;
  /** Milliseconds until it expires. */
  readonly expires?: number;
}

/** What a life of a client does, `at` so many milliseconds after its start. */
export type Deed =
  | { readonly at: number; readonly do: 'enqueue' | 'send' | 'batch'; readonly messages: readonly Planned[] }
  | { readonly at: number; readonly do: 'pause' | 'resume' | 'disconnect' | 'connect' | 'purge' | 'restart' };

export interface Life {
  readonly deeds: readonly Deed[];
  /** When it ends, in milliseconds: killed, or stopped as it should be. */
  readonly end: 'kill' | 'stop' | 'drain';
  readonly after: number;
}

/** How bad the SMSC is; shares are of 1. */
export interface Habits {
  /** Milliseconds, from and to. */
  readonly latency: readonly [number, number];
  readonly late: number;
  readonly silent: number;
  readonly throttled: number;
  readonly full: number;
  readonly temporary: number;
  readonly nack: number;
  readonly duplicate: number;
  readonly wrongSequence: number;
  /** Of the PDUs that come, so many are the last of their link. */
  readonly cut: number;
  readonly unbind: number;
  readonly bindRefused: number;
  readonly split: boolean;
  readonly junk: number;
  readonly enquire: number;
  /** `padded`, `hex` and `changing`: another form in receipts than in responses. */
  readonly ids: 'decimal' | 'upper' | 'long' | 'padded' | 'hex' | 'changing';
  readonly receiptEarly: number;
  readonly receiptTwice: number;
  readonly receiptAfter: readonly [number, number];
  /** Messages that it delivers in a life, some of them in parts. */
  readonly incoming: number;
}

export interface Plan {
  readonly seed: number;
  readonly queue: 'disk' | 'memory';
  readonly delivery: 'at-least-once' | 'at-most-once';
  readonly windowSize: number;
  readonly sessions: number;
  readonly bindType: 'transceiver' | 'pair';
  readonly sendRate: number;
  /** Seconds. */
  readonly responseTimeout: number;
  readonly maxRedeliveries: number;
  readonly habits: Habits;
  readonly lives: readonly Life[];
}

/** One of so many messages is refused for good. */
export const BAD_NUMBER = '447700900666';
const UNIT = 8;

/** Lengths, in units, whose last part has a whole unit. */
const LONG = Array.from({ length: 50 }, (_, at) => 21 + at).filter(
  (units) => (units * UNIT) % 153 > 2 * UNIT,
);

export const unitOf = (n: number): string => `<${String(n).padStart(UNIT - 2, '0')}>`;

/** All that a seed decides. What a machine's speed decides remains: a seed that fails may hold at the next try. */
export function planOf(seed: number): Plan {
  const random = new Random(Math.imul(seed, 0x9e3779b1));
  const some = (share: number): boolean => random.below(1000) < share * 1000;
  const between = (from: number, to: number): number => from + random.below(to - from + 1);
  const maybe = (share: number, most: number): number =>
    some(share) ? (random.below(1000) / 1000) * most : 0;

  const isOnDisk = some(0.75);
  const responseTimeout = random.of([0.25, 0.4, 1]);
  const habits: Habits = {
    latency: random.of([
      [0, 0],
      [0, 5],
      [1, 40],
      [20, 120],
    ] as const),
    late: maybe(0.25, 0.3),
    silent: maybe(0.2, 0.1),
    throttled: maybe(0.25, 0.2),
    full: maybe(0.1, 0.05),
    temporary: maybe(0.15, 0.05),
    nack: maybe(0.1, 0.03),
    duplicate: maybe(0.2, 0.3),
    wrongSequence: maybe(0.15, 0.1),
    cut: maybe(0.6, 0.06),
    unbind: maybe(0.2, 0.03),
    bindRefused: maybe(0.2, 0.5),
    split: some(0.3),
    junk: maybe(0.2, 0.2),
    enquire: maybe(0.2, 0.2),
    ids: random.of(['decimal', 'decimal', 'upper', 'upper', 'long', 'padded', 'hex', 'changing'] as const),
    receiptEarly: maybe(0.3, 0.5),
    receiptTwice: maybe(0.2, 0.5),
    receiptAfter: random.of([
      [0, 10],
      [5, 100],
      [50, 400],
    ] as const),
    incoming: random.of([0, 0, 3, 10]),
  };

  let next = 0;
  const message = (): Planned => {
    const n = next++;
    const units = some(0.2) ? random.of(LONG) : between(1, 12);
    return {
      n,
      text: unitOf(n).repeat(units),
      to: some(0.04)
        ? BAD_NUMBER
        : `4477009${String(random.of([1, 1, 2, 50]) * random.below(1000)).padStart(5, '0')}`,
      priority: random.of([2, 2, 2, 2, 1, 3]),
      receipt: some(0.7),
      ...(some(0.05) ? { expires: between(80, 900) } : {}),
    };
  };
  const deeds = (until: number): Deed[] => {
    const all: Deed[] = [];
    for (let count = between(2, 8); count > 0; count--) {
      const kind = random.of(['enqueue', 'enqueue', 'send', 'batch'] as const);
      const size = kind === 'batch' ? between(2, 8) : random.of([1, 1, 3, 10]);
      all.push({ at: random.below(until), do: kind, messages: Array.from({ length: size }, message) });
    }
    const control = random.of([0, 0, 0, 1, 2, 4]);
    for (let count = control; count > 0; count--) {
      const at = random.below(until);
      const kind = random.of(['pause', 'disconnect', 'restart', 'restart', 'purge'] as const);
      all.push({ at, do: kind });
      if (kind === 'pause') all.push({ at: at + random.below(80), do: 'resume' });
      if (kind === 'disconnect') all.push({ at: at + random.of([0, 1, 30, 80]), do: 'connect' });
    }
    // Numbers are given in the order of their sending, so that order can be judged by them.
    const inOrder = all.sort((a, b) => a.at - b.at);
    return inOrder;
  };

  const lives: Life[] = [];
  for (let count = isOnDisk ? between(0, 3) : 0; count > 0; count--) {
    const until = between(60, 500);
    lives.push({ deeds: deeds(until), end: some(0.6) ? 'kill' : 'stop', after: until });
  }
  lives.push({ deeds: deeds(between(60, 500)), end: 'drain', after: 0 });
  return {
    seed,
    queue: isOnDisk ? 'disk' : 'memory',
    delivery: some(0.15) ? 'at-most-once' : 'at-least-once',
    windowSize: random.of([1, 1, 2, 5, 10, 30]),
    sessions: random.of([1, 1, 1, 1, 2, 3]),
    bindType: some(0.15) ? 'pair' : 'transceiver',
    sendRate: some(0.2) ? between(40, 200) : 0,
    responseTimeout,
    maxRedeliveries: random.of([3, 10, 10]),
    habits,
    lives: renumbered(lives),
  };
}

/** In the order in which they are given, over all lives. */
function renumbered(lives: readonly Life[]): Life[] {
  let next = 0;
  const again = (message: Planned): Planned => {
    const n = next++;
    return { ...message, n, text: unitOf(n).repeat(message.text.length / UNIT) };
  };
  return lives.map((life) => ({
    ...life,
    deeds: life.deeds.map((deed) =>
      'messages' in deed ? { ...deed, messages: deed.messages.map(again) } : deed,
    ),
  }));
}
