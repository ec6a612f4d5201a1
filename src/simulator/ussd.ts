import {
  SmppError,
  UssdCodec,
  describeStatus,
  readUssdDialect,
  type Pdu,
  type UssdDialectChanges,
  type UssdDialectName,
  type UssdKind,
  type UssdSession,
} from '../protocol';
import type { MobileMessage } from '../server';
import type { SubmitPdu } from './content';
import type { Scheduler } from './scheduler';

/** How a simulated phone speaks USSD. */
export interface UssdOptions {
  /** How the gateway speaks SMPP: a name, or what is other than in one; default `standard`. */
  readonly dialect?: UssdDialectName | UssdDialectChanges | string;
  /** Whom its messages are for; default the code that was dialled. */
  readonly destination_addr?: string;
  /** Only to receivers of this account. */
  readonly system_id?: string;
  /** Seconds that a screen is waited for; default 30. */
  readonly timeout?: number;
}

/** What a phone shows. */
export interface UssdScreen {
  /** What it says; undefined where that cannot be read. */
  readonly text: string | undefined;
  /** `continue`: it may be answered; `close`: the dialogue is over. */
  readonly session: 'continue' | 'close';
  /** The TLVs that it came with. */
  readonly tlvs: Readonly<Record<string, unknown>>;
  /** Types an answer, and resolves with the next screen. Rejects as {@link Smsc.ussd}. */
  answer(text: string): Promise<UssdScreen>;
  /** Ends the dialogue. Resolves when the client has taken that. */
  hangUp(): Promise<void>;
}

export interface UssdPhonesParts {
  readonly scheduler: Scheduler;
  deliver(message: MobileMessage, systemId: string | undefined): Promise<Pdu[]>;
}

interface Waiter {
  resolve(screen: UssdScreen): void;
  reject(error: Error): void;
}

/** A phone in a dialogue. */
interface Phone {
  readonly number: string;
  readonly codec: UssdCodec;
  readonly service: string;
  readonly options: UssdOptions;
  session: UssdSession;
  waiter: Waiter | undefined;
}

const TIMEOUT = 30;
/** Phones in a dialogue, at most; beyond that the oldest hangs up without a word. */
const MOST = 10_000;

/** Phones that speak USSD with the clients of a simulated SMSC: one dialogue each. */
export class UssdPhones {
  readonly #parts: UssdPhonesParts;
  readonly #phones = new Map<string, Phone>();
  #count = 0;
  #wasUsed = false;

  constructor(parts: UssdPhonesParts) {
    this.#parts = parts;
  }

  /** Whether a phone is, or was, there. */
  get isUsed(): boolean {
    return this.#wasUsed;
  }

  clear(): void {
    const stopped = new SmppError('STOPPED', 'the simulator was stopped');
    for (const { waiter } of this.#phones.values()) waiter?.reject(stopped);
    this.#phones.clear();
  }

  /** Dials a code: a dialogue that this number still has is forgotten. */
  dial(number: string, code: string, options: UssdOptions): Promise<UssdScreen> {
    const phone = this.#phone(number, options.destination_addr ?? code, options);
    phone.session = this.#sessionOf(phone.codec);
    return this.#say(phone, 'new', code);
  }

  /** Waits for a screen that the client sends to a number of its own accord. */
  expect(number: string, options: UssdOptions): Promise<UssdScreen> {
    return this.#waiting(this.#phone(number, options.destination_addr ?? '', options));
  }

  answer(number: string, text: string): Promise<UssdScreen> {
    return this.#say(this.#known(number), 'continue', text);
  }

  async hangUp(number: string): Promise<void> {
    const phone = this.#known(number);
    this.#phones.delete(number);
    phone.waiter?.reject(new SmppError('SESSION_OVER', `${number} hung up`));
    await this.#deliver(phone, 'abort', '');
  }

  /** Whether this number is in a dialogue, or waits for one. */
  has(number: string): boolean {
    return this.#phones.has(number);
  }

  /** What a client's submit is to the dialogue of its recipient; undefined: nothing. */
  heard(pdu: SubmitPdu, text: string | undefined): UssdScreen['session'] | undefined {
    const number = numberOf(pdu);
    const phone = this.#phones.get(number);
    if (!phone?.codec.isUssd(pdu)) return undefined;
    const { codec, waiter } = phone;
    const tlvs = pdu.tlvs as Readonly<Record<string, unknown>>;
    const session = codec.asks(tlvs) ? 'continue' : 'close';
    phone.session = { ...phone.session, ...codec.sessionOf(tlvs) };
    phone.waiter = undefined;
    if (session === 'close') this.#phones.delete(number);
    else this.#phones.set(number, phone.service === '' ? { ...phone, service: pdu.source_addr } : phone);
    waiter?.resolve({
      ...{ text, session, tlvs: { ...tlvs } },
      answer: (typed) => this.answer(number, typed),
      hangUp: () => this.hangUp(number),
    });
    return session;
  }

  /** Whether a gateway would refuse it: it belongs to a dialogue that is not there. */
  isUnknown(pdu: SubmitPdu): boolean {
    const tlvs = pdu.tlvs as Readonly<Record<string, unknown>>;
    if (!this.#wasUsed || tlvs['ussd_service_op'] === undefined) return false;
    const phone = this.#phones.get(numberOf(pdu));
    if (!phone) return true;
    const said = phone.codec.sessionOf(tlvs);
    return Object.entries(said).some(([tlv, value]) => (phone.session[tlv] ?? value) !== value);
  }

  #phone(number: string, service: string, options: UssdOptions): Phone {
    const { dialect = 'standard' } = options;
    const read = readUssdDialect(dialect);
    if ('remedy' in read)
      throw new SmppError('INVALID_OPTION', `dialect (${JSON.stringify(dialect)}): ${read.remedy}`);
    this.#wasUsed = true;
    const replaced = this.#phones.get(number);
    replaced?.waiter?.reject(new SmppError('SESSION_OVER', `${number} dialled anew`));
    this.#phones.delete(number);
    const phone = {
      number,
      codec: new UssdCodec(read.value),
      service,
      options,
      session: {},
      waiter: undefined,
    };
    this.#phones.set(number, phone);
    for (const [oldest] of this.#phones) {
      if (this.#phones.size <= MOST) break;
      this.#phones.delete(oldest);
    }
    return phone;
  }

  /** Each dialogue has a number of its own, in whichever TLVs the dialect has. */
  #sessionOf({ dialect }: UssdCodec): UssdSession {
    const count = ++this.#count;
    const names = dialect.session.map(({ tlv, mask }) => {
      const width = tlv === 'its_session_info' || tlv === 'user_message_reference' ? 2 : 4;
      const number = mask === 0xfffe ? (count << 1) & mask : count & (mask ?? 0xffff);
      return [tlv, number.toString(16).padStart(2 * width, '0')] as const;
    });
    return Object.fromEntries(names);
  }

  #known(number: string): Phone {
    const phone = this.#phones.get(number);
    if (phone) return phone;
    throw new SmppError('SESSION_OVER', `${number} is in no USSD dialogue: dial a code first`);
  }

  async #say(phone: Phone, kind: UssdKind, text: string): Promise<UssdScreen> {
    const screen = this.#waiting(phone);
    // Awaited below, unless the client does not even take it.
    screen.catch(() => undefined);
    try {
      await this.#deliver(phone, kind, text);
    } catch (error) {
      if (this.#phones.get(phone.number) === phone) this.#phones.delete(phone.number);
      throw error;
    }
    return screen;
  }

  async #deliver(
    { number, service, codec, session, options }: Phone,
    kind: UssdKind,
    text: string,
  ): Promise<void> {
    const { dialect } = codec;
    const [operation = 0] = dialect.incoming[kind];
    const message = {
      service_type: dialect.serviceType,
      source_addr: number,
      destination_addr: service,
      text,
      tlvs: codec.tlvs(operation, session, false),
    };
    const responses = await this.#parts.deliver(message as MobileMessage, options.system_id);
    for (const { command_status: status } of responses)
      if (status !== 0)
        throw new SmppError(
          'REFUSED',
          `the client did not take it: it answered ${describeStatus(status).name}`,
        );
  }

  #waiting(phone: Phone): Promise<UssdScreen> {
    const { timeout = TIMEOUT } = phone.options;
    phone.waiter?.reject(new SmppError('SESSION_ANSWERED', `${phone.number} has answered again`));
    let resolve: Waiter['resolve'] = () => undefined;
    let reject: Waiter['reject'] = () => undefined;
    const promise = new Promise<UssdScreen>((resolved, rejected) => {
      resolve = resolved;
      reject = rejected;
    });
    phone.waiter = { resolve, reject };
    const late = new SmppError('RESPONSE_TIMEOUT', `no screen came for ${phone.number} within ${timeout} s`);
    this.#parts.scheduler.in(timeout * 1000, () => reject(late), reject);
    return promise;
  }
}

const numberOf = (pdu: SubmitPdu): string =>
  'destination_addr' in pdu ? pdu.destination_addr.replace(/^\+/, '') : '';
