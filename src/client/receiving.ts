import type { Log } from '../observability';
import { decodePdu, type Pdu, type PduOf } from '../protocol';
import type { Answer } from '../session';
import type { CorrelationEntry } from '../store';
import {
  classifyEsmClass,
  decodeParts,
  parseReceipt,
  readUserData,
  type JoinedMessage,
  type MessagePart,
  type Receipt,
  type TextCodec,
  type UserData,
} from '../text';
import type { Events } from './events';
import type { Joining } from './joining';
import type { Settings } from './options';
import type { Outcomes } from './outcomes';
import { pduFields } from './pdu-fields';
import type { ReceiptMatcher } from './receipts';

export interface ReceivingParts {
  readonly settings: Settings;
  readonly codecs: readonly TextCodec[];
  readonly log: Log;
  readonly events: Events;
  readonly matcher: ReceiptMatcher;
  readonly outcomes: Outcomes;
  readonly joining: Joining;
}

/** deliver_sm, or data_sm from the centre. */
type Incoming = PduOf<'deliver_sm'> | PduOf<'data_sm'>;

const OK: Answer = { command_status: 0 };
/** Messages that handlers may be busy with at once; the centre is asked to repeat the others. */
const MOST_AT_WORK = 1000;
/** The centre keeps what is answered so, and repeats it. */
const NOT_NOW: Answer = { command_status: 'ESME_RX_T_APPN' };

/** What comes from the centre: messages and receipts, told as events, then answered. */
export class Receiving {
  readonly #parts: ReceivingParts;
  /** What is told and not answered yet. */
  readonly #working = new Set<Promise<Answer>>();
  #open = false;

  constructor(parts: ReceivingParts) {
    this.#parts = parts;
    parts.joining.onIncomplete((message) => this.#incomplete(message));
  }

  open(): void {
    this.#open = true;
  }

  /** From now on the centre is asked to repeat later. */
  close(): void {
    this.#open = false;
  }

  request(pdu: Pdu, octets: Buffer): Promise<Answer | undefined> | Answer | undefined {
    if (pdu.command === 'deliver_sm' || pdu.command === 'data_sm') {
      return this.#open && this.#working.size < MOST_AT_WORK
        ? this.#track(this.#incoming(pdu, octets))
        : NOT_NOW;
    }
    if (pdu.command !== 'alert_notification' && pdu.command !== 'outbind') return undefined;
    this.#parts.log.info({ event: pdu.command, stage: 'end' }, `the SMSC sent ${pdu.command}`);
    return OK;
  }

  /** Resolves when all that has come so far is answered. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#working);
  }

  #track(answer: Promise<Answer>): Promise<Answer> {
    const done = (): void => void this.#working.delete(answer);
    this.#working.add(answer);
    answer.then(done, done);
    return answer;
  }

  async #incoming(pdu: Incoming, octets: Buffer): Promise<Answer> {
    const data = readUserData(pdu);
    const receipt = parseReceipt(data.octets, pdu.tlvs, {
      data_coding: pdu.data_coding,
      esm_class: pdu.esm_class,
      defaultAlphabet: this.#parts.settings.defaultAlphabet,
    });
    if (receipt) await this.#receipt(pdu, octets, receipt);
    else await this.#message(pdu, octets, data);
    return OK;
  }

  // --- receipts ---

  async #receipt(pdu: Incoming, octets: Buffer, receipt: Receipt): Promise<void> {
    const found = await this.#find(receipt);
    if ('entry' in found) return this.#tellReceipt(pdu, octets, receipt, found.entry);
    // Its response may be on the way; the centre is not kept waiting for that. As a copy, for these octets
    // keep the whole chunk of the socket alive.
    const kept = Buffer.from(octets);
    const keptPdu = decodePdu(kept, { vendorTlvs: this.#parts.settings.vendorTlvs }) as Incoming;
    void found.later.then((entry) => this.#tellReceipt(keptPdu, kept, receipt, entry));
  }

  #find(receipt: Receipt): ReturnType<ReceiptMatcher['find']> {
    const { message_id: messageId } = receipt;
    return messageId ? this.#parts.matcher.find(messageId) : Promise.resolve({ entry: undefined });
  }

  async #tellReceipt(
    pdu: Incoming,
    octets: Buffer,
    receipt: Receipt,
    entry: CorrelationEntry | undefined,
  ): Promise<void> {
    const { events, outcomes } = this.#parts;
    this.#logReceipt(receipt, entry);
    if (entry) {
      const { state, final } = receipt;
      outcomes.receipt(entry.id, { segment: entry.segment, state, final, fields: { ...receipt } });
    }
    await events.emit('receipt', {
      ...pduFields(pdu),
      ...receipt,
      message_id: receipt.message_id ?? '',
      event: 'receipt',
      payload: { ...receipt },
      // A receipt travels from the recipient of the message to its sender.
      topic: entry?.destination ?? pdu.source_addr,
      matched: entry !== undefined,
      ...(entry ? identityOf(entry) : {}),
      pdu: octets,
    });
  }

  #logReceipt(receipt: Receipt, entry: CorrelationEntry | undefined): void {
    const { log } = this.#parts;
    const { message_id, state } = receipt;
    const facts = { event: 'receipt', stage: 'end', message_id, state };
    if (entry)
      log.debug({ ...facts, id: entry.id, correlation_id: entry.correlationId }, `receipt: ${state}`);
    else log.warn(facts, `receipt ${state} for a message_id that is not known here`);
  }

  // --- messages ---

  async #message(pdu: Incoming, octets: Buffer, data: UserData): Promise<void> {
    if (!data.part) {
      const whole = { ...partOf(pdu, data, { method: 'sar', reference: 0, total: 1, part: 1 }) };
      return this.#tellMessage(
        pduFields(pdu),
        { parts: [whole], total: 1, missing: [] },
        octets,
        data.problem,
      );
    }
    const joined = await this.#parts.joining.add(partOf(pdu, data, data.part));
    if (!joined) return;
    await this.#tellMessage(pduFields(pdu), joined, octets);
    await this.#parts.joining.told(joined);
  }

  async #tellMessage(
    fields: ReturnType<typeof pduFields>,
    message: Pick<JoinedMessage, 'parts' | 'total' | 'missing'>,
    octets: Buffer | undefined,
    headerProblem?: Error,
  ): Promise<void> {
    const { settings, codecs, events, log } = this.#parts;
    const {
      text,
      octets: content,
      problem,
    } = decodeParts(message.parts, {
      defaultAlphabet: settings.defaultAlphabet,
      codecs,
    });
    const why = headerProblem ?? problem;
    const source = String(fields['source_addr']);
    log.debug({ event: 'message', stage: 'end', source, segments: message.total }, 'message received');
    await events.emit('message', {
      ...fields,
      event: 'message',
      payload: headerProblem ? content : (text ?? content),
      topic: source,
      message_type: classifyEsmClass(Number(fields['esm_class'])).type,
      segments: message.total,
      ...(message.missing.length === 0 ? {} : { incomplete: true, missing: message.missing }),
      ...(why ? { problem: why.message } : {}),
      ...(octets ? { pdu: octets } : {}),
    });
  }

  async #incomplete(message: JoinedMessage): Promise<void> {
    const { missing, total, parts } = message;
    this.#parts.log.warn(
      { event: 'message', stage: 'incomplete', missing, segments: total },
      `${missing.length} of ${total} parts of a long message did not come; what came is delivered, marked incomplete`,
    );
    await this.#tellMessage(parts[0]?.context as ReturnType<typeof pduFields>, message, undefined);
  }
}

function partOf(pdu: Incoming, data: UserData, part: NonNullable<UserData['part']>): MessagePart {
  return {
    ...part,
    source: pdu.source_addr,
    destination: pdu.destination_addr,
    data_coding: pdu.data_coding,
    // Copies, for what waits must not keep whole chunks of the socket alive.
    octets: Buffer.from(data.octets),
    header: data.header && Buffer.from(data.header),
    context: plainFields(pdu),
  };
}

/** What an event about the part needs, as plain data: it may be stored. */
function plainFields(pdu: Incoming): ReturnType<typeof pduFields> {
  const fields = Object.entries(pduFields(pdu)).filter(([, value]) => typeof value !== 'object');
  return { ...Object.fromEntries(fields), tlvs: {} } as ReturnType<typeof pduFields>;
}

function identityOf(entry: CorrelationEntry): Record<string, unknown> {
  return {
    id: entry.id,
    segment: entry.segment,
    segments: entry.segments,
    ...(entry.correlationId === undefined ? {} : { correlation_id: entry.correlationId }),
    ...(entry.metadata === undefined ? {} : { metadata: entry.metadata }),
    ...(entry.msgid === undefined ? {} : { msgid: entry.msgid }),
  };
}
