import { BAD_NUMBER, unitOf, type Planned } from './plan';
import type { History, Told } from './run';
import { STATUS, type Arrival } from './smsc';

/** All that both sides know of one message. */
interface Story {
  readonly message: Planned;
  /** Transmissions as they came, by segment. */
  readonly arrivals: Arrival[];
  readonly told: Told[];
  readonly acknowledged: boolean;
}

const MOST = 5;
/** Milliseconds that a busy machine may hold up the first of several segments, so that the next seem to come early. */
const STALL = 150;
/** Milliseconds that a receipt waits for the response. */
const HELD = 400;
/** Milliseconds before a kill whose results a busy disk may not have had yet. */
const UNWRITTEN = 150;
/** Milliseconds by which two processes of a busy machine may see the same moment apart. */
const SLACK = 5;

/** What must not be, each as a line for people. */
export function judge(history: History): string[] {
  const stories = storiesOf(history);
  const faults = [
    ...stories.flatMap((story) => aboutMessage(story, history)),
    ...aboutLives(history),
    ...aboutOrder(history, stories),
    ...aboutRate(history),
    ...aboutWindow(history),
    ...aboutReceipts(history),
    ...aboutIncoming(history),
    ...new Set(history.smsc.offences),
  ];
  const rest = faults.length - 4 * MOST;
  return rest > 0 ? [...faults.slice(0, 4 * MOST), `… and ${rest} more`] : faults;
}

function storiesOf({ plan, told, smsc }: History): Story[] {
  const arrivals = grouped(smsc.arrivals, ({ n }) => n);
  const lines = new Map<number, Told[]>();
  const acknowledged = new Set<number>();
  for (const line of told) {
    const [first] = line.words;
    const numbers = Array.isArray(first) ? (first as number[]) : typeof first === 'number' ? [first] : [];
    if (line.kind === 'acknowledged') for (const n of numbers) acknowledged.add(n);
    for (const n of numbers) lines.set(n, [...(lines.get(n) ?? []), line]);
  }
  return plan.lives
    .flatMap(({ deeds }) => deeds.flatMap((deed) => ('messages' in deed ? deed.messages : [])))
    .map((message) => ({
      message,
      arrivals: arrivals.get(message.n) ?? [],
      told: lines.get(message.n) ?? [],
      acknowledged: acknowledged.has(message.n),
    }));
}

/** As Map.groupBy, which Node 20 has not. */
function grouped<T, K>(all: readonly T[], keyOf: (each: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const each of all) {
    const group = groups.get(keyOf(each));
    if (group) group.push(each);
    else groups.set(keyOf(each), [each]);
  }
  return groups;
}

const of = (told: readonly Told[], kind: string): Told[] => told.filter((line) => line.kind === kind);

function aboutMessage(story: Story, { plan, told: all, stall }: History): string[] {
  const { message, arrivals, told, acknowledged } = story;
  const faults: string[] = [];
  const fault = (text: string): void => void faults.push(`message ${message.n}: ${text}`);
  const failures = of(told, 'failure');
  const refusals = of(told, 'refused').filter(
    ({ words }) => !['STOPPED', 'NOT_QUEUED'].includes(String(words[1])),
  );
  const accepted = of(told, 'accepted');
  const ended = failures.length + refusals.length > 0;
  const total = Math.max(1, ...arrivals.map((arrival) => arrival.total));
  const isWhole = isSent(arrivals, total, ({ status }) => status === STATUS.ok);

  // Nothing is lost.
  if (acknowledged && !isWhole && failures.length === 0)
    fault('was acknowledged, and neither arrived nor failed');
  // One end, told once in a life that was not cut off in the telling.
  if (accepted.length > 0 && failures.length > 0)
    fault(`was accepted and failed with ${String(failures[0]?.words[1])}`);
  for (const [life, lines] of grouped(failures, (line) => line.life)) {
    if (lines.length > 1) fault(`failed ${lines.length} times in life ${life}`);
  }
  if (new Set(failures.map(({ words }) => words[1])).size > 1) fault('failed with two codes');
  const end = [...failures, ...accepted][0];
  const after =
    end && of(told, 'request').find(({ life, at }) => life === end.life && at > end.at + SLACK + stall);
  if (after) fault(`went out again after it had ended (${end.kind} ${String(end.words[1])})`);
  if (accepted.length > 0 && !isWhole) fault('was told as accepted, and the SMSC did not accept all of it');

  // A failure says what is known, and what may be.
  for (const { words, kind } of [...failures, ...refusals]) {
    const [, code, ids, maybe] = words as [number, string, string[], boolean];
    const known = ids.filter((id) => id !== '');
    const taken = arrivals.filter(({ status, at }) => status === STATUS.ok && (end ? at < end.at : true));
    if (taken.length > 0 && !maybe && known.length === 0)
      fault(`${kind} ${code} says nothing of the ${taken.length} transmissions that the SMSC accepted`);
    for (const id of known) {
      if (!arrivals.some((arrival) => arrival.id === id))
        fault(`${kind} ${code} names ${id}, which is not its id`);
    }
    const mayBe: Record<string, boolean> = {
      REFUSED: arrivals.some(({ status }) => status !== undefined && status !== STATUS.ok),
      EXPIRED: message.expires !== undefined,
      REMOVED: all.some((line) => line.kind === 'purged') || planPurges(plan),
      OUTCOME_UNKNOWN: true,
    };
    if (mayBe[code] !== true) fault(`${kind} ${code} has no cause`);
  }
  if (message.to === BAD_NUMBER && accepted.length > 0) fault('was accepted, though refused');

  // Each repeat is marked, and none where none may be.
  for (let segment = 0; segment < total; segment++)
    faults.push(...aboutRepeats(story, segment, plan.delivery, SLACK + stall));

  // Long ones are one.
  const references = new Set(arrivals.map(({ reference }) => reference));
  if (references.size > 1) fault(`came under ${references.size} reference numbers`);
  const text = Array.from(
    { length: total },
    (_, at) => arrivals.find(({ segment }) => segment === at)?.text ?? '',
  );
  if (isSent(arrivals, total, () => true) && text.join('') !== message.text)
    fault('arrived with another text');
  const isStrange = arrivals.some((arrival) => !arrival.text.includes(unitOf(message.n)));
  if (isStrange) fault('has a segment of another message');
  if (acknowledged && of(told, 'not queued').length > 0) fault('was both acknowledged and refused');
  if (ended && !acknowledged && of(told, 'not queued').length > 0)
    fault('was not queued, and failed all the same');
  return faults;
}

function planPurges({ lives }: History['plan']): boolean {
  return lives.some(({ deeds }) => deeds.some((deed) => deed.do === 'purge'));
}

function isSent(arrivals: readonly Arrival[], total: number, which: (arrival: Arrival) => boolean): boolean {
  return Array.from({ length: total }, (_, at) => at).every((at) =>
    arrivals.some((arrival) => arrival.segment === at && which(arrival)),
  );
}

function aboutRepeats(story: Story, segment: number, delivery: string, slack: number): string[] {
  const { message, told } = story;
  const arrivals = story.arrivals.filter((arrival) => arrival.segment === segment);
  // What was surely refused before may come again as if new.
  const repeats = arrivals.filter((_, at) =>
    arrivals.slice(0, at).some(({ status, answeredAt }) => answeredAt === undefined || status === STATUS.ok),
  );
  const name = `message ${message.n}, segment ${segment}:`;
  if (delivery === 'at-most-once' && repeats.length > 0) return [`${name} came ${arrivals.length} times`];
  const requests = of(told, 'request').filter(({ words }) => words[1] === segment);
  const marked = requests.filter(({ words }) => words[2] === true);
  const faults: string[] = [];
  if (repeats.length > marked.length)
    faults.push(`${name} ${repeats.length} repeats, ${marked.length} marked`);
  for (const known of of(told, 'response')) {
    const [, at, status] = known.words;
    if (at !== segment || status !== 'ESME_ROK') continue;
    const again = requests.find((request) => request.life === known.life && request.at > known.at + slack);
    if (again) faults.push(`${name} went out again after its ESME_ROK had been told`);
  }
  return faults;
}

function aboutLives({ plan, told }: History): string[] {
  const faults: string[] = [];
  for (const { life, kind, words } of told) {
    if (['warning', 'unhandled', 'still open', 'on loan', 'not started'].includes(kind)) {
      if (kind === 'not started' && ['STOPPED'].includes(String(words[0]))) continue;
      faults.push(`life ${life}: ${kind} ${words.join(' ')}`);
    }
  }
  for (const [index] of plan.lives.entries()) {
    const lines = told.filter(({ life }) => life === index);
    const stopping = lines.filter(({ kind }) => kind === 'stopping');
    const stopped = lines.filter(({ kind }) => kind === 'stopped');
    for (const [at, line] of stopped.entries()) {
      const took = line.at - (stopping[at]?.at ?? 0);
      if (took > 5000) faults.push(`life ${index}: stop() took ${Math.round(took)} ms`);
    }
    const last = lines.findLast(({ kind }) => kind === 'stopped');
    const ended = lines.find(({ kind }) => kind === 'ended');
    const after = lines.find(
      ({ kind, at }) =>
        ended &&
        last &&
        at > last.at + SLACK &&
        ['request', 'response', 'failure', 'receipt', 'message'].includes(kind),
    );
    if (after) faults.push(`life ${index}: told a ${after.kind} after it had been stopped`);
  }
  return faults;
}

/** By the first transmission of each message. */
function aboutOrder({ plan, told }: History, stories: readonly Story[]): string[] {
  if (plan.sessions > 1) return [];
  const faults: string[] = [];
  const priorityOf = new Map(stories.map(({ message }) => [message.n, message.priority]));
  const highest = new Map<number, number>();
  const seen = new Set<number>();
  for (const { words } of of(told, 'request')) {
    const n = words[0] as number;
    if (seen.has(n)) continue;
    seen.add(n);
    const priority = priorityOf.get(n) ?? -1;
    const before = highest.get(priority) ?? -1;
    if (n < before) faults.push(`message ${n} went out after ${before}, of the same priority ${priority}`);
    highest.set(priority, Math.max(before, n));
  }
  return faults.slice(0, MOST);
}

function aboutRate({ plan, told, stall }: History): string[] {
  if (plan.sendRate === 0) return [];
  const interval = 1000 / plan.sendRate;
  let start = 0;
  let count = 0;
  for (const { kind, at } of told) {
    // Each client begins with a full bucket.
    if (kind === 'started') count = 0;
    if (kind !== 'request') continue;
    if (count === 0) start = at;
    const earliest = start + (count - 1) * interval - STALL - stall;
    if (count > 0 && at < earliest) {
      return [`segment ${count + 1} went out ${Math.round(earliest - at)} ms before the rate allows it`];
    }
    // An idle time fills the bucket again, by one.
    if (at > start + count * interval) [start, count] = [at, 0];
    count++;
  }
  return [];
}

function aboutWindow({ plan, smsc, stall }: History): string[] {
  const timeout = plan.responseTimeout * 1000 - STALL - stall;
  for (const [link, arrivals] of grouped(smsc.arrivals, (arrival) => arrival.link)) {
    const flying: number[] = [];
    for (const arrival of arrivals) {
      const open = flying.filter((until) => until > arrival.at);
      if (open.length + 1 > plan.windowSize) return [`${open.length + 1} requests in flight on link ${link}`];
      flying.push(Math.min(arrival.answeredAt ?? Infinity, arrival.at + timeout));
      if (flying.length > 1000) flying.splice(0, 500);
    }
  }
  return [];
}

function aboutReceipts({ told, smsc, stall }: History): string[] {
  const faults: string[] = [];
  const accepted = smsc.arrivals.filter(({ id }) => id !== undefined);
  const numberOf = new Map(accepted.map(({ receiptId, n }) => [receiptId, n]));
  // Of an id that receipts have in another form one may not be sure.
  const isPlain = accepted.every(({ id, receiptId }) => id === receiptId);
  const found = new Set<string>();
  const seen = new Set<string>();
  for (const { words } of of(told, 'receipt')) {
    const [id, n, matched] = words as [string, number, boolean];
    seen.add(id);
    if (matched) found.add(id);
    if (matched && numberOf.get(id) !== n)
      faults.push(`the receipt for ${id} went to ${n}, not to ${numberOf.get(id)}`);
  }
  const known = new Map<string, Told>();
  for (const line of of(told, 'response')) {
    const id = line.words[2] === 'ESME_ROK' && accepted.find((arrival) => arrival.id === line.words[3]);
    if (id) known.set(id.receiptId as string, line);
  }
  const kills = of(told, 'killed').map(({ at }) => at);
  for (const { kind, key, takenAt } of smsc.pending) {
    if (kind !== 'receipt' || takenAt === undefined) continue;
    const response = known.get(key);
    // A kill may have come before the response was in the store.
    const unwritten = UNWRITTEN + stall;
    const isLost = response && kills.some((at) => response.at > at - unwritten && response.at < at + SLACK);
    // What is for an unknown id is held for the response that may explain it, in memory. An SMSC that stood still
    // sees late what was taken.
    const isHeld =
      (!response || isLost || !isPlain) &&
      kills.some((at) => at > takenAt - SLACK - stall && at < takenAt + HELD + stall);
    if (!seen.has(key) && !isHeld) faults.push(`the receipt for ${key} was taken, and never told`);
    if (!response || isLost || found.has(key) || !isPlain) continue;
    const first = of(told, 'receipt').find(({ words }) => words[0] === key);
    if (first && first.at < response.at) continue;
    faults.push(`the receipt for ${key}, which is known as message ${numberOf.get(key)}, was told unmatched`);
  }
  return faults.slice(0, MOST);
}

function aboutIncoming({ plan, told, smsc }: History): string[] {
  const texts = of(told, 'message').map(({ words }) => String(words[0]));
  const faults: string[] = [];
  const parts = grouped(
    smsc.pending.filter(({ kind }) => kind !== 'receipt'),
    ({ key }) => key,
  );
  const isDurable = plan.queue === 'disk' || !told.some(({ kind }, at) => kind === 'started' && at > 0);
  for (const [name, all] of parts) {
    if (!all.every(({ takenAt }) => takenAt !== undefined)) continue;
    const whole = all.length === 1 ? name : `${name} part 2 part 3`;
    if (all.length > 1 && !isDurable) continue;
    if (!texts.includes(whole)) faults.push(`"${whole}" was taken, and never told`);
  }
  const wrong = texts.find((text) => !/^(incoming \d+( part 2 part 3)?|1*)$/.test(text));
  if (wrong !== undefined) faults.push(`"${wrong}" was told, and never sent`);
  return faults.slice(0, MOST);
}
