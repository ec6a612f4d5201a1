import type { Clock } from '../../clock';
import { KeyedMutex } from '../../collections';
import type { Log } from '../../observability';
import { SmppError, UssdCodec, type UssdDialect, type UssdKind, type UssdRequestKind } from '../../protocol';
import type { DeadReason, QueueItem, Store } from '../../store';
import { repeat, type Repeated } from '../../waiting';
import { isUnavailable } from '../config/errors';
import type { Settings } from '../config/options';
import type { Events } from '../events/emitter';
import { MessageIds } from '../message/ids';
import type { SessionTurn, Sessions } from '../message/sessions';
import { Deadlines, type Deadline } from './deadlines';
import { Endings, NO_ROOM, REPLACED, TIMED_OUT, byNetwork } from './endings';
import { isNamed, isSameSession, type Dialogue } from './dialogue';
import { DialogueStore } from './dialogue-store';
import { answering, beginning, OVER, type TurnParts } from './turn';

export interface DialoguesParts {
  readonly settings: Settings;
  readonly store: Pick<Store, 'state' | 'capabilities'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Events;
  readonly random: () => number;
  readonly randomOctets: (count: number) => Uint8Array;
}

/** A message that came in, as far as its dialogue goes. */
export interface UssdMessage {
  readonly service_type: string;
  readonly source_addr: string;
  readonly source_addr_ton: number;
  readonly source_addr_npi: number;
  readonly destination_addr: string;
  readonly dest_addr_ton: number;
  readonly dest_addr_npi: number;
  readonly tlvs: Readonly<Record<string, unknown>>;
}

/** What it is to its dialogue. */
export interface Heard {
  readonly session: 'new' | 'continue' | 'close';
  readonly session_id: string;
  readonly ussd_code: string | undefined;
}

const LONGEST_ADDRESS = 64;
const LONGEST_CODE = 182;
/** Milliseconds between looks for dialogues whose instance lives no more, at least. */
const LEAST_LOOK = 10_000;
/** Operations that a gateway may send and the dialect does not know, of which it is told once each. */
const MOST_OPERATIONS = 256;

/** The USSD dialogues of a client: from their first message to their end, also over restarts where the store is durable. */
export class Dialogues implements Sessions {
  readonly codec: UssdCodec;
  readonly dataCodings: Settings['dataCodings'];
  /** What data_coding means in what comes in: also as TS 23.038 section 5 has it, which gateways pass on. */
  readonly incomingCodings: Settings['dataCodings'];
  readonly #parts: DialoguesParts;
  readonly #kept: DialogueStore;
  readonly #ids: MessageIds;
  readonly #mutex = new KeyedMutex();
  readonly #deadlines: Deadlines;
  readonly #endings: Endings;
  readonly #strange = new Set<number>();
  readonly #looks: Repeated;
  readonly #working = new Set<Promise<void>>();
  #isStopped = false;

  constructor(parts: DialoguesParts) {
    this.#parts = parts;
    const { settings, store, clock, randomOctets } = parts;
    const { ussdDialect, ussdTimeout, dataCodings, vendorTlvs } = settings;
    this.codec = new UssdCodec(ussdDialect, vendorTlvs);
    const own = Object.keys(ussdDialect.dataCodings).length > 0 ? ussdDialect.dataCodings : undefined;
    this.dataCodings = own ? { ...dataCodings, ...own } : dataCodings;
    this.incomingCodings = { 15: 'gsm0338', 72: 'ucs2', ...dataCodings, ...own };
    this.#kept = new DialogueStore(store.state, ussdTimeout);
    this.#ids = new MessageIds(randomOctets);
    this.#deadlines = new Deadlines(clock, (id, deadline, why) => this.#due(id, deadline, why));
    this.#endings = new Endings({ ...parts, kept: this.#kept, deadlines: this.#deadlines });
    const every = Math.max(ussdTimeout, LEAST_LOOK);
    this.#looks = repeat(clock, every, () => this.load());
  }

  get dialect(): UssdDialect {
    return this.codec.dialect;
  }

  /** Dialogues that are open. */
  get open(): number {
    return this.#deadlines.size;
  }

  get #isShared(): boolean {
    return this.#parts.store.capabilities.shared;
  }

  /** What an earlier run left goes on; what is over by now is told. */
  async start(): Promise<void> {
    await this.load();
    // A start may be overtaken by the stop.
    if (this.#isShared && !this.#isStopped) this.#looks.start();
  }

  async load(): Promise<void> {
    try {
      const all = await this.#kept.all();
      const now = this.#parts.clock.now();
      const left = all.filter(({ id }) => !this.#deadlines.has(id) && !this.#endings.has(id));
      left.sort((one, other) => one.expiresAt - other.expiresAt);
      for (const { id, phone, expiresAt } of left)
        this.#deadlines.set(id, phone.addr, Math.max(0, expiresAt - now));
    } catch (error) {
      this.#failed(error, 'open dialogues cannot be read');
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#looks.stop();
    this.#deadlines.close();
    await Promise.all(this.#working);
  }

  // --- what comes in ---

  isUssd(pdu: UssdMessage): boolean {
    if (!this.codec.isUssd(pdu)) return false;
    return pdu.source_addr.length <= LONGEST_ADDRESS && pdu.destination_addr.length <= LONGEST_ADDRESS;
  }

  /** Whether it ends a dialogue and says nothing. */
  isEnd(pdu: UssdMessage): boolean {
    const { kind } = this.codec.read(pdu, true);
    return kind === 'abort' || kind === 'timeout';
  }

  /** `text`: what it says. Undefined: it ended a dialogue, which was told, or belongs to none. */
  heard(pdu: UssdMessage, text: string | undefined): Promise<Heard | undefined> {
    return this.#mutex.take([pdu.source_addr], async () => {
      const open = await this.#kept.with(pdu.source_addr);
      const signs = this.codec.read(pdu, open !== undefined && open.next !== 'none');
      if (!signs.isKnown && signs.operation !== undefined) this.#tellStrange(signs.operation, signs.kind);
      const { kind, session } = signs;
      const fixed = this.dialect.sessionIsFixed;
      const same = open && (!fixed || isSameSession(open.session, session)) ? open : undefined;
      if (kind === 'abort' || kind === 'timeout') {
        if (same) await this.#endings.end(same, byNetwork(kind));
        return undefined;
      }
      // Of one that is over here already: a gateway may confirm its last screen.
      if (kind === 'close' && !same && (text ?? '') === '') return undefined;
      const isRepeated = same && same.turn <= 1 && same.next === 'us' && isNamed(same.session, session);
      if (kind === 'new' && isRepeated) return told(same, 'new');
      const known = kind === 'new' ? undefined : same;
      if (open && open !== known) await this.#endings.end(open, REPLACED);
      const begun = known ?? this.#begun(pdu, text);
      const dialogue: Dialogue = {
        ...begun,
        session: { ...begun.session, ...session },
        turn: begun.next === 'us' ? begun.turn : begun.turn + 1,
        next: kind === 'close' ? 'none' : 'us',
        expiresAt: this.#parts.clock.now() + this.#parts.settings.ussdTimeout,
      };
      await this.#keep(dialogue, !known);
      return told(dialogue, kind);
    });
  }

  #begun(pdu: UssdMessage, text: string | undefined): Dialogue {
    const { source_addr, source_addr_ton, source_addr_npi } = pdu;
    const { destination_addr: dialled, dest_addr_ton: ton, dest_addr_npi: npi } = pdu;
    const given = this.dialect.code === 'short_message' ? text?.trim() : dialled;
    const code = given === undefined || given === '' || given.length > LONGEST_CODE ? undefined : given;
    const isAddress = code !== undefined && /^[\x20-\x7e]{1,20}$/.test(code);
    return {
      id: this.#ids.next(),
      phone: { addr: source_addr, ton: source_addr_ton, npi: source_addr_npi },
      service: { addr: isAddress ? code : dialled, ton, npi },
      code,
      session: {},
      pushed: false,
      turn: 0,
      next: 'phone',
      expiresAt: 0,
    };
  }

  async #keep(dialogue: Dialogue, isNew = false): Promise<void> {
    await this.#kept.put(dialogue, isNew);
    this.#deadlines.set(dialogue.id, dialogue.phone.addr, this.#parts.settings.ussdTimeout);
  }

  #tellStrange(operation: number, kind: UssdKind): void {
    if (this.#strange.has(operation) || this.#strange.size >= MOST_OPERATIONS) return;
    this.#strange.add(operation);
    const text = `the ussd_service_op ${operation} is none that the dialect (ussdDialect) knows: taken for "${kind}"`;
    this.#parts.log.info({ event: 'ussd', stage: 'unknown' }, text);
  }

  // --- what goes out ---

  turn(kind: UssdRequestKind, sessionId: string | undefined, isEmpty: boolean): Promise<SessionTurn> {
    if (sessionId === undefined)
      return Promise.resolve(beginning(this.#turnParts, kind === 'notify' ? 'notify' : 'new'));
    return this.#answering(kind === 'close' ? 'close' : 'continue', sessionId, isEmpty);
  }

  async #answering(kind: 'continue' | 'close', sessionId: string, isEmpty: boolean): Promise<SessionTurn> {
    return answering(this.#turnParts, kind, await this.#kept.get(sessionId), isEmpty);
  }

  get #turnParts(): TurnParts {
    const { clock, settings, random } = this.#parts;
    return {
      codec: this.codec,
      now: clock.now(),
      timeout: settings.ussdTimeout,
      random,
      newId: () => this.#ids.next(),
      take: (dialogue, after) => this.#take(dialogue, after),
      begin: (dialogue) => this.#begin(dialogue),
    };
  }

  /** It is the phone's turn from now on, unless it is already. */
  #take(seen: Dialogue, next: Dialogue['next']): Promise<void> {
    return this.#mutex.take([seen.phone.addr], async () => {
      const now = await this.#kept.get(seen.id);
      if (!now || now.next === 'none') throw OVER();
      const isTaken = now.turn !== seen.turn || (now.next !== 'us' && !this.dialect.severalReplies);
      const others = this.#isShared && !this.dialect.severalReplies;
      if (isTaken || (others && !(await this.#kept.take(now))))
        throw new SmppError('SESSION_ANSWERED', 'this turn of the USSD dialogue has its answer already');
      await this.#kept.put({ ...now, next });
    });
  }

  #begin(dialogue: Dialogue): Promise<void> {
    return this.#mutex.take([dialogue.phone.addr], async () => {
      const open = await this.#kept.with(dialogue.phone.addr);
      if (open) await this.#endings.end(open, REPLACED);
      await this.#keep(dialogue, true);
    });
  }

  /** Not sent any more: its dialogue is over. */
  isOver({ session = '', enqueuedAt }: QueueItem): boolean {
    const { clock, settings } = this.#parts;
    if (this.#endings.has(session) || clock.now() - enqueuedAt >= settings.ussdTimeout) return true;
    // What another instance has begun is not known here.
    return !this.#isShared && !this.#deadlines.has(session);
  }

  /** The SMSC has it. */
  accepted({ session }: Pick<QueueItem, 'session'>): void {
    if (session !== undefined) this.#later(session, (dialogue) => this.#shown(dialogue));
  }

  async #shown(dialogue: Dialogue): Promise<void> {
    const { clock, settings } = this.#parts;
    // Of a notice the phone says that it was seen.
    const isNotice = dialogue.pushed && dialogue.turn === 0;
    if (dialogue.next === 'none' && !isNotice) return this.#endings.forget(dialogue);
    await this.#keep({ ...dialogue, expiresAt: clock.now() + settings.ussdTimeout });
  }

  /** It failed for good: the phone shows what it showed before, and the dialogue with it is over. */
  failed({ session }: Pick<QueueItem, 'session'>, reason: DeadReason): void {
    if (session === undefined) return;
    const { code, command_status, text } = reason;
    const kind = code === 'EXPIRED' ? 'timeout' : 'abort';
    const end = { kind, code, command_status, reason: `its message was not sent: ${text}` } as const;
    this.#endings.mark(session);
    // Also of its last message: that was never shown.
    this.#later(session, (dialogue) => this.#endings.end({ ...dialogue, next: 'phone' }, end));
  }

  /** The queue did not take these: their turns are still to be taken. */
  notQueued(items: readonly Pick<QueueItem, 'session'>[]): void {
    for (const { session } of items)
      if (session !== undefined) this.#later(session, (dialogue) => this.#untake(dialogue));
  }

  async #untake(dialogue: Dialogue): Promise<void> {
    if (dialogue.pushed && dialogue.turn === 0) return this.#endings.forget(dialogue);
    await this.#kept.release(dialogue);
    await this.#kept.put({ ...dialogue, next: 'us' });
  }

  /** One that is due, unless it was prolonged elsewhere. */
  #due(id: string, { number }: Deadline, why: 'timeout' | 'room'): void {
    this.#work(() =>
      this.#mutex.take([number], async () => {
        const dialogue = await this.#kept.get(id);
        if (!dialogue) return;
        const left = dialogue.expiresAt - this.#parts.clock.now();
        if (why === 'timeout' && this.#isShared && left > 1) return this.#deadlines.set(id, number, left);
        await this.#endings.end(dialogue, why === 'timeout' ? TIMED_OUT : NO_ROOM);
      }),
    );
  }

  /** After what is under way with its number. */
  #later(id: string, work: (dialogue: Dialogue) => Promise<void>): void {
    this.#work(async () => {
      const found = await this.#kept.get(id);
      if (!found) return;
      await this.#mutex.take([found.phone.addr], async () => {
        const now = await this.#kept.get(id);
        if (now) await work(now);
      });
    });
  }

  #work(work: () => Promise<void>): void {
    const done = work().catch((error: unknown) => this.#failed(error, 'a dialogue cannot be kept'));
    this.#working.add(done);
    void done.then(() => this.#working.delete(done));
  }

  #failed(error: unknown, what: string): void {
    const level = isUnavailable(error) ? 'debug' : 'warn';
    this.#parts.log[level]({ event: 'ussd', stage: 'drop', err: error }, `${what}: the store does not do it`);
  }
}

function told({ id, code }: Dialogue, session: 'new' | 'continue' | 'close'): Heard {
  return { session, session_id: id, ussd_code: code };
}
