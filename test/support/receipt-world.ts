import type { Clock } from '../../src/clock';
import { FinalReceipts } from '../../src/client/inbound/final-receipts';
import { MessageMatcher, type MatchedReceipt } from '../../src/client/inbound/matching';
import { agrees } from '../../src/client/inbound/message-ids';
import { ReceiptMatcher } from '../../src/client/inbound/receipts';
import type { CorrelationEntry, Store } from '../../src/store';
import { FakeClock, settle } from './clock';

type Notation = 'decimal' | 'hex' | 'HEX';

/** How one machine of an SMSC writes its ids. */
export interface Habit {
  readonly response: Notation;
  readonly responseWidth: number;
  readonly receipt: Notation;
  readonly receiptWidth: number;
}

export interface World {
  readonly seed: number;
  /** One of them for each message, at random. */
  readonly habits: readonly Habit[];
  /** From this message on it is the next habit instead. */
  readonly changeAt?: number;
  /** The number that the first message gets; undefined: each gets any. */
  readonly from?: number;
  readonly messages: number;
  readonly numbers: number;
  readonly window: number;
  /** How likely a receipt comes before its response, or is told twice. */
  readonly early: number;
  readonly twice: number;
  /** All responses come before the first receipt that is not early. */
  readonly receiptsLast?: boolean;
  /** Another instance sends them: who hears the receipts knows of it by the store alone. */
  readonly elsewhere?: boolean;
}

export interface Result {
  readonly wrong: string[];
  readonly unmatched: string[];
  /** Receipts that were told at the end of their time only. */
  readonly late: number;
  readonly found: number;
}

/** Numbers that are the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function write(id: number, notation: Notation, width: number): string {
  const text = notation === 'decimal' ? String(id) : id.toString(16);
  return (notation === 'HEX' ? text.toUpperCase() : text).padStart(width, '0');
}

interface Sent {
  readonly id: string;
  readonly number: string;
  readonly responseId: string;
  readonly receiptId: string;
}

const HOLD = 30_000;

/** Sends messages to a modelled SMSC, and tells which message each of its receipts was given to. */
export async function live(
  world: World,
  store: Pick<Store, 'correlator' | 'state'>,
  clock = new FakeClock(),
): Promise<Result> {
  const random = randomOf(world.seed);
  const pick = (n: number): number => Math.floor(random() * n);
  const { matcher, pending, sender } = matcherOf(store, clock, world.elsewhere === true);
  const pause = (): Promise<void> => (world.elsewhere ? clock.advance(10) : settle());
  const result: { -readonly [K in keyof Result]: Result[K] } = {
    wrong: [],
    unmatched: [],
    late: 0,
    found: 0,
  };
  const toReceive: Sent[] = [];
  const inFlight: Sent[] = [];
  const telling: Promise<unknown>[] = [];
  let given = 0;
  let due = false;

  const habitOf = (n: number): Habit => {
    const { habits, changeAt } = world;
    const at =
      changeAt === undefined ? pick(habits.length) : Math.min(habits.length - 1, Math.floor(n / changeAt));
    return habits[at] as Habit;
  };
  const numberOf = (n: number): number => (world.from === undefined ? 1 + pick(2 ** 31) : world.from + n);

  function submit(): void {
    const habit = habitOf(given);
    const id = numberOf(given);
    const sent: Sent = {
      id: `message${given++}`,
      number: `4915112345${String(10 + pick(world.numbers))}`,
      responseId: write(id, habit.response, habit.responseWidth),
      receiptId: write(id, habit.receipt, habit.receiptWidth),
    };
    pending.set(sent.id, sent.number);
    inFlight.push(sent);
    if (random() < world.early) receive(sent);
    else toReceive.push(sent);
  }

  async function respond(): Promise<void> {
    const [sent] = inFlight.splice(pick(inFlight.length), 1);
    if (!sent) return;
    const entry: CorrelationEntry = {
      messageId: sent.responseId,
      id: sent.id,
      segment: 0,
      segments: 1,
      source: 'Shop',
      destination: sent.number,
      acceptedAt: clock.now(),
      expiresAt: clock.now() + 86_400_000,
    };
    await store.correlator.put([entry]);
    pending.delete(sent.id);
    if (sender) sender.observe(entry.messageId);
    else matcher.known(entry);
  }

  function receive(sent: Sent): void {
    for (let times = random() < world.twice ? 2 : 1; times > 0; times--) telling.push(take(sent));
  }

  async function take({ id, number, receiptId, responseId }: Sent): Promise<void> {
    const found = await matcher.find(
      { ids: [receiptId], source: number, destination: 'Shop', final: true },
      300,
    );
    const match = 'later' in found ? await found.later : found.match;
    if (due) result.late++;
    const line = `${receiptId} of ${id}, ${responseId}`;
    if (!match) result.unmatched.push(line);
    else if (match.entry.id === id) result.found++;
    else result.wrong.push(`${line}: ${match.entry.id}, ${match.entry.messageId}`);
  }

  while (given < world.messages || inFlight.length > 0) {
    const answered = toReceive.filter((sent) => !inFlight.includes(sent));
    const what = random();
    if (given < world.messages && inFlight.length < world.window && what < 0.5) submit();
    else if (answered.length > 0 && what < 0.75 && !world.receiptsLast) {
      const sent = answered[pick(answered.length)] as Sent;
      toReceive.splice(toReceive.indexOf(sent), 1);
      receive(sent);
    } else await respond();
    if (random() < 0.3) await pause();
  }
  while (toReceive.length > 0) {
    receive(toReceive.splice(world.receiptsLast ? 0 : pick(toReceive.length), 1)[0] as Sent);
    if (random() < 0.3) await pause();
  }
  await settle();
  due = true;
  await clock.advance(HOLD + 10);
  await Promise.all(telling);
  return result;
}

function matcherOf(
  { correlator, state }: Pick<Store, 'correlator' | 'state'>,
  clock: Clock,
  elsewhere: boolean,
): { matcher: ReceiptMatcher; pending: Map<string, string>; sender: MessageMatcher | undefined } {
  const log = { debug() {}, info() {}, warn() {}, error() {} } as never;
  const pending = new Map<string, string>();
  const finals = new FinalReceipts({ correlator, clock, log, ttl: 3_600_000 });
  const formats = { response: 'auto', receipt: 'auto' } as const;
  const isShared = (): boolean => elsewhere;
  const make = (): MessageMatcher =>
    new MessageMatcher({ correlator, state, log, formats, finals, isShared });
  const matcher = make();
  const awaited = (receipt: MatchedReceipt): string[] =>
    [...pending].filter(([, destination]) => agrees({ destination }, receipt)).map(([id]) => id);
  const own = { awaited, isAwaited: (id: string) => pending.has(id) };
  const options = elsewhere ? { isShared } : own;
  return {
    matcher: new ReceiptMatcher(matcher, finals, clock, HOLD, options),
    pending,
    sender: elsewhere ? make() : undefined,
  };
}
