import { KeyedMutex } from '../../../collections';
import {
  isSamePart,
  joinedMessage,
  partFingerprint,
  partKey,
  type IncompleteReason,
  type JoinedMessage,
  type MessagePart,
} from '../../../text';
import { repeat, sleep, type Repeated } from '../../../waiting';
import { isUnavailable } from '../../config/errors';
import { GivenUp } from './given-up';
import type { Joined, Joiner, ReassemblyParts } from './joiner';
import { OverdueWatch, type Watched } from './overdue-watch';
import { adoptLocal } from './local-parts';
import {
  SharedParts,
  fingerprintsOf,
  nameOf,
  octetsOf,
  readingOrder,
  type Closed,
  type KeptPart,
  type Place,
} from './shared-parts';

/** Milliseconds for which a part of a message that was told is known for a duplicate. */
const DUPLICATE_WINDOW = 60_000;
const CLAIM_TIME = 60_000;
/** Milliseconds between looks for what another instance is about to write; then it has probably died. */
const PAUSES = [5, 10, 20, 50, 100, 200, 400, 600];
const [LEAST_ROUND, LONGEST_ROUND] = [1000, 60_000];

interface Telling {
  readonly place: Place;
  /** Claims of it. */
  readonly rounds: number;
}

/**
 * Joins long messages whose parts are heard by several instances that share a store.
 *
 * A part is a fact of its own, written before it is answered. Whoever writes one reads whether another is missing: of
 * those who write the last ones at once, one at least sees all. Those who see all claim the message, and one gets it.
 * What was claimed or waits, and is not told in time, is claimed in the next round by another that watches it: those
 * that heard a part, and where they died whoever looks around next.
 *
 * A message that is given up is closed first, and read then: who writes a part of it reads afterwards whether it was
 * closed, and whether the part was seen; else it belongs to the next generation of that key.
 */
export class SharedReassembly implements Joiner {
  readonly #parts: ReassemblyParts;
  readonly #facts: SharedParts;
  readonly #watch: OverdueWatch;
  readonly #mutex = new KeyedMutex();
  readonly #rounds: Repeated;
  readonly #roundTime: number;
  readonly #stopping = new AbortController();
  readonly #telling = new WeakMap<JoinedMessage, Telling>();
  readonly #givenUp: GivenUp;
  #started = false;
  #begun: 'no' | 'trying' | 'yes' = 'no';

  constructor(parts: ReassemblyParts) {
    const { clock, timeout, claimTime = CLAIM_TIME, maxMessages, store } = parts;
    this.#parts = parts;
    this.#givenUp = new GivenUp(parts.log, this);
    this.#facts = new SharedParts(store.state, 3 * timeout + claimTime);
    const look = (watched: Watched): Promise<void> => this.#look(watched);
    this.#watch = new OverdueWatch({ clock, timeout, claimTime, maxMessages, look });
    this.#roundTime = Math.min(LONGEST_ROUND, Math.max(LEAST_ROUND, timeout / 4));
    this.#rounds = repeat(clock, this.#roundTime, () => this.#lookAround());
  }

  onIncomplete(handler: (message: JoinedMessage) => Promise<boolean>): void {
    this.#givenUp.handler = handler;
  }

  get waiting(): number {
    return this.#watch.waiting;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#rounds.start();
    void this.#begin();
  }

  /** Tried again in each round, until the store lets it. */
  async #begin(): Promise<void> {
    this.#begun = 'trying';
    try {
      await this.#lookAtLeft();
      await adoptLocal(this.#parts.store.state, async (part) => {
        const { message } = await this.add(part);
        if (message) this.#givenUp.tell(message);
      });
      this.#begun = 'yes';
    } catch (error) {
      this.#begun = 'no';
      this.#stumbled('load', error, 'parts of long messages cannot be read from the store now; trying again');
    }
  }

  /** That the store's server is away is told once, by who watches it. */
  #stumbled(stage: 'load' | 'drop', error: unknown, text: string): void {
    const isKnown = isUnavailable(error) || this.#stopping.signal.aborted;
    this.#parts.log[isKnown ? 'debug' : 'warn']({ event: 'reassembly', stage, err: error }, text);
  }

  async add(part: MessagePart): Promise<Joined> {
    const key = partKey(part);
    const added = await this.#mutex.take([key], () => this.#add(key, part));
    await this.#makeRoom();
    return added;
  }

  async #add(key: string, part: MessagePart): Promise<Joined> {
    const { total, part: number } = part;
    let generation = 0;
    for (let tries = 0; ; tries++) {
      const place = { key, generation, total };
      const [closed, isMine, kept] = await Promise.all([
        this.#facts.closed(key),
        this.#facts.take(place, number),
        this.#facts.read(place, number),
      ]);
      if (closed && closed.generation >= generation) {
        if (await this.#isIn(closed, key, part)) return repeated({ ...place, generation: closed.generation });
        [generation, tries] = [closed.generation + 1, -1];
      } else if (kept && isSamePart(kept.part, part)) {
        // Whoever wrote it may have died since.
        return (await this.#joined(place, part)) ?? repeated(place);
      } else if (kept) {
        await this.#giveUp(place, 0, 'superseded');
        [generation, tries] = [generation + 1, -1];
      } else if (isMine || tries >= PAUSES.length) {
        const added = await this.#put(place, part);
        if (added) return added;
        tries = -1;
      } else await this.#pause(tries);
    }
  }

  /** Undefined: its generation was closed meanwhile, and it is not in it. */
  async #put(place: Place, part: MessagePart): Promise<Joined | undefined> {
    await this.#facts.put(place, { part, at: this.#now });
    const [closed, joined] = await Promise.all([this.#facts.closed(place.key), this.#wholeBut(place, part)]);
    if (closed && closed.generation >= place.generation) {
      if (closed.generation === place.generation && (await this.#isIn(closed, place.key, part)))
        return waiting(place);
      await this.#facts.withdraw(place, part.part);
      return undefined;
    }
    this.#watch.waits(place, octetsOf(part));
    return (joined && (await this.#claimed(place, joined))) ?? waiting(place);
  }

  /** Whether a message that takes no more parts has this one. */
  async #isIn(known: Closed, key: string, part: MessagePart): Promise<boolean> {
    let closed: Closed | undefined = known;
    const { generation } = known;
    for (let tries = 0; closed?.stage === 'closing' && tries < PAUSES.length; tries++) {
      await this.#pause(tries);
      closed = await this.#facts.closed(key);
    }
    if (closed?.generation !== generation || closed.stage === 'closing') return false;
    if (closed.stage === 'told' && closed.at + DUPLICATE_WINDOW <= this.#now) return false;
    return closed.fingerprints[part.part - 1] === partFingerprint(part);
  }

  async #joined(place: Place, part: MessagePart): Promise<Joined | undefined> {
    const whole = await this.#wholeBut(place, part);
    return whole && this.#claimed(place, whole);
  }

  /** All parts where none is missing, this one included. */
  async #wholeBut(place: Place, { part: own }: MessagePart): Promise<KeptPart[] | undefined> {
    const found: KeptPart[] = [];
    for (const chunk of readingOrder(place, own)) {
      const kept = await Promise.all(chunk.map((number) => this.#facts.read(place, number)));
      if (kept.includes(undefined)) return undefined;
      found.push(...(kept as KeptPart[]));
    }
    return found;
  }

  /** The message, where it is this instance that tells it. */
  async #claimed(place: Place, whole: readonly KeptPart[]): Promise<Joined | undefined> {
    if (!(await this.#facts.claim(place, 0))) {
      this.#watch.claimed(place, 1);
      return undefined;
    }
    // Claims are forgotten with what was told: this may be the first one of another time.
    const closed = await this.#facts.closed(place.key);
    this.#watch.forget(place);
    if (closed && closed.generation >= place.generation) return undefined;
    const message = this.#messageOf(place, 1, whole);
    return { key: message.key, status: 'joined', message };
  }

  #messageOf(
    place: Place,
    rounds: number,
    kept: readonly KeptPart[],
    reason?: IncompleteReason,
  ): JoinedMessage {
    const parts = kept.map(({ part }) => part).sort((one, other) => one.part - other.part);
    const times = kept.map(({ at }) => at);
    const facts = { key: nameOf(place), total: place.total };
    const during = { firstAt: Math.min(...times), lastAt: Math.max(...times) };
    const message = joinedMessage({ ...facts, ...during }, parts, reason);
    this.#telling.set(message, { place, rounds });
    return message;
  }

  async told(message: JoinedMessage): Promise<void> {
    await this.#end(message, fingerprintsOf(message.parts, message.total));
  }

  async #end(message: JoinedMessage, fingerprints: Closed['fingerprints']): Promise<void> {
    const telling = this.#telling.get(message);
    if (!telling) return;
    this.#telling.delete(message);
    const { place, rounds } = telling;
    try {
      await this.#close(place, 'told', fingerprints);
      await this.#facts.forget(place, rounds);
    } catch (error) {
      this.#stumbled('drop', error, 'the parts of a message that was delivered stay in the store for now');
      this.#watch.claimed(place, rounds);
    }
  }

  /** They wait in the next generation, as if they had come now. */
  async reopen(message: JoinedMessage, last?: MessagePart): Promise<void> {
    const telling = this.#telling.get(message);
    if (!telling) return;
    let { place } = telling;
    do place = { ...place, generation: place.generation + 1 };
    while ((await this.#facts.readAll(place)).length > 0);
    for (const part of message.parts) {
      if (part.part === last?.part) continue;
      await this.#facts.take(place, part.part);
      await this.#facts.put(place, { part, at: this.#now });
      this.#watch.waits(place, octetsOf(part));
    }
    await this.#end(message, []);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#rounds.stop();
    this.#watch.stop();
    await this.#givenUp.untilTold();
  }

  // --- what nobody has told in time ---

  /** When this resolves, what still comes belongs to the next generation. */
  async #giveUp(place: Place, round: number, reason: IncompleteReason): Promise<void> {
    const facts = this.#facts;
    if (!(await facts.claim(place, round))) return this.#watch.claimed(place, round + 1);
    this.#watch.forget(place);
    const before = await facts.closed(place.key);
    if (before?.generation === place.generation && before.stage === 'told')
      return facts.forget(place, round + 1);
    await this.#close(place, 'closing', []);
    const kept = await facts.readAll(place);
    const parts = kept.map(({ part }) => part);
    await this.#close(place, 'closed', fingerprintsOf(parts, place.total));
    if (kept.length === 0) return facts.forget(place, round + 1);
    this.#givenUp.tell(this.#messageOf(place, round + 1, kept, reason));
  }

  #close(
    { key, generation }: Place,
    stage: Closed['stage'],
    fingerprints: Closed['fingerprints'],
  ): Promise<void> {
    return this.#facts.close(key, { generation, stage, at: this.#now, fingerprints });
  }

  async #makeRoom(): Promise<void> {
    if (this.#watch.excess()) await this.#watch.forgetTold((place) => this.#facts.isWaiting(place));
    for (let excess = this.#watch.excess(); excess; excess = this.#watch.excess()) {
      const { place, round } = excess;
      this.#watch.forget(place);
      await this.#mutex.take([place.key], () => this.#giveUp(place, round, 'capacity'));
    }
    await this.#givenUp.untilFew();
  }

  async #look(watched: Watched): Promise<void> {
    const { place, round, octets, seen } = watched;
    try {
      await this.#mutex.take([place.key], () => this.#lookAt(watched));
    } catch {
      // The store is away.
      if (round > 0) this.#watch.claimed(place, round);
      else this.#watch.waits(place, octets, seen);
    }
  }

  async #lookAt({ place, round, octets, seen }: Watched): Promise<void> {
    const kept = await this.#facts.readAll(place);
    if (kept.length === 0) return this.#facts.forget(place, 0);
    const newest = Math.max(...kept.map(({ at }) => at));
    const now = this.#now;
    // Clocks may differ: what looks as it did a time-out ago has had none since.
    const looks = `${kept.length} ${newest}`;
    const isDue = newest + this.#parts.timeout <= now || seen === looks;
    if (round > 0 || kept.length === place.total || isDue) return this.#giveUp(place, round, 'timeout');
    for (const one of kept)
      if (one.at + this.#parts.timeout <= now) await this.#facts.put(place, { part: one.part, at: newest });
    this.#watch.waits(place, octets, looks);
  }

  /** One of all instances looks, each time. */
  async #lookAround(): Promise<void> {
    if (this.#begun === 'no') return this.#begin();
    const round = Math.floor(this.#now / this.#roundTime);
    if (await this.#facts.isToLook(round, 2 * this.#roundTime)) await this.#lookAtLeft();
  }

  /** What nobody may watch any more. */
  async #lookAtLeft(): Promise<void> {
    const { timeout } = this.#parts;
    for (const { place, at } of await this.#facts.waiting()) {
      if (this.#stopping.signal.aborted) return;
      const isOld = at + timeout <= this.#now || at > this.#now + timeout;
      if (isOld && !this.#watch.has(place)) await this.#look({ place, round: 0, octets: 0 });
    }
  }

  #pause(tries: number): Promise<void> {
    return sleep(this.#parts.clock, PAUSES[tries] ?? 0, this.#stopping.signal);
  }

  /** By the wall clock: it is compared with what other machines wrote. */
  get #now(): number {
    return this.#parts.clock.now();
  }
}

const waiting = (place: Place): Joined => ({ key: nameOf(place), status: 'waiting' });
const repeated = (place: Place): Joined => ({ key: nameOf(place), status: 'duplicate' });
