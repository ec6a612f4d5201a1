import type { Log } from '../observability';
import { commandFacts, isQueued, plainCopy, statusName, type Pdu, type PduOf } from '../protocol';
import type { Answer } from '../session';
import { udhFields } from '../text';
import { broadcastOf, durationOf, endReplaced, failedTlvs, sortAreas } from './broadcasts';
import { readContent, type Content, type SubmitPdu } from './content';
import type { SmscContext, SmscLink } from './context';
import type { RefusedEvent, SubmitEvent } from './events';
import { destinationsOf, isAddress, type Destinations } from './destinations';
import type { Recipient, TakenMessage } from './message-store';
import { asksForReceipt, beginningOf, scheduleReceipts } from './receipts';
import type { SubmitEffect } from './rules';

/** Milliseconds: surely after the answer, which the scheduler may run a little later than asked. */
const AFTER_ANSWER = 10;

const NO_EFFECT: SubmitEffect = {};
const NOBODY: readonly Recipient[] = [];

/** Its type does not narrow by its command. */
const isBroadcast = (pdu: object): pdu is PduOf<'broadcast_sm'> =>
  (pdu as SubmitPdu).command === 'broadcast_sm';

export function isSubmit(pdu: Pdu): pdu is SubmitPdu {
  return isQueued(pdu.command);
}

/** Takes the messages that come over a link, or not, as the rules say. */
export class SubmitHandler {
  readonly #link: SmscLink;
  readonly #smsc: SmscContext;
  /** Submits that came, refused ones too. */
  count = 0;

  constructor(link: SmscLink, smsc: SmscContext) {
    this.#link = link;
    this.#smsc = smsc;
  }

  handle(pdu: SubmitPdu): Answer | Promise<Answer> {
    this.count++;
    const destinations = destinationsOf(pdu, this.#smsc);
    if (!this.#smsc.faults.seesSubmits) return this.#answer(pdu, destinations, NO_EFFECT);
    const effect = this.#effectOn(pdu, destinations.recipients);
    const { silent = false, delay = 0, act, tlvs } = effect;
    const { scheduler } = this.#smsc;
    let answer: Answer = { command_status: 'ESME_RSYSERR' };
    // One promise each: a shared one would hold on to all that wait for it.
    const late = new Promise<Answer>((resolve) => {
      // Ahead of a receipt that is due at the same time.
      if (!silent && delay > 0) scheduler.in(delay, () => resolve(answer));
    });
    answer = this.#answer(pdu, destinations, effect);
    if (tlvs) answer = { ...answer, tlvs: { ...answer.tlvs, ...tlvs } };
    if (act === 'unbind') scheduler.in(delay + AFTER_ANSWER, () => this.#link.perform(act));
    else if (act) this.#link.perform(act);
    return silent || delay > 0 ? late : answer;
  }

  #effectOn(pdu: SubmitPdu, recipients: readonly Recipient[]): SubmitEffect {
    const { faults, clock, settings } = this.#smsc;
    const effect = faults.onSubmit({
      system_id: this.#link.system_id,
      destinations: recipients.map(({ destination_addr }) => destination_addr.replace(/^\+/, '')),
      ofLink: this.count,
      now: clock.monotonic(),
      tlvs: pdu.tlvs,
      text: () => readContent(pdu, settings.defaultAlphabet).text,
    });
    return effect ?? NO_EFFECT;
  }

  #answer(pdu: SubmitPdu, destinations: Destinations, effect: SubmitEffect): Answer {
    const { silent = false, taken = false } = effect;
    const refusal = effect.status === undefined ? this.#flawOf(pdu, destinations) : statusName(effect.status);
    const { unsuccess } = destinations;
    if (refusal !== undefined || (silent && !taken)) {
      const answer = this.#refuse(pdu, silent ? undefined : refusal);
      return unsuccess.length === 0 ? answer : { ...answer, fields: { unsuccess_sme: unsuccess } };
    }
    if (isBroadcast(pdu)) return this.#takeBroadcast(pdu, effect);
    const answer = this.#take(pdu, destinations.recipients, effect);
    return unsuccess.length === 0
      ? answer
      : { ...answer, fields: { ...answer.fields, unsuccess_sme: unsuccess } };
  }

  #flawOf(pdu: SubmitPdu, destinations: Destinations): string | undefined {
    const flaw = flawOf(pdu, destinations);
    if (flaw !== undefined || !this.#smsc.phones.isUsed) return flaw;
    return this.#smsc.phones.isUnknown(pdu) ? 'ESME_RSUBMITFAIL' : undefined;
  }

  /** Of its areas those that are known here are reached; where none is, it is refused. */
  #takeBroadcast(pdu: SubmitPdu, effect: SubmitEffect): Answer {
    const broadcast = pdu as object as PduOf<'broadcast_sm'>;
    const { reached, failed } = sortAreas(broadcast, this.#smsc.faults.habits);
    const [first] = failed;
    const tlvs = failedTlvs(failed);
    if (first && reached.length === 0) return { ...this.#refuse(pdu, statusName(first.status)), ...tlvs };
    if (!endReplaced(broadcast, this.#link, this.#smsc)) return this.#refuse(pdu, 'ESME_RINVMSGID');
    return { ...this.#take(pdu, NOBODY, effect, reached), ...tlvs };
  }

  #take(
    pdu: SubmitPdu,
    recipients: readonly Recipient[],
    { delay = 0, receiptFirst }: SubmitEffect,
    areas: readonly Buffer[] = [],
  ): Answer {
    const { settings, events, messages, alerts, phones } = this.#smsc;
    const lasts = isBroadcast(pdu) ? durationOf(pdu) : 0;
    const untilFinal = receiptFirst ? 0 : delay + settings.receiptDelay + lasts;
    const message = this.#newMessage(pdu, recipients, untilFinal, areas);
    const { message_id } = message;
    const isHeard = events.has('submit');
    // Only a receipt and whoever listens need what the message says.
    const isRead = isHeard || phones.isUsed || asksForReceipt(message);
    const content = isRead ? readContent(pdu, settings.defaultAlphabet) : undefined;
    message.text = beginningOf(content?.text ?? '');
    messages.add(message);
    scheduleReceipts(message, untilFinal, this.#smsc);
    const { set_dpf } = pdu.tlvs;
    const isDelivered = settings.receiptState === 'DELIVRD';
    const tlvs =
      set_dpf === undefined ? undefined : alerts.note(message, set_dpf, isDelivered, 2 * untilFinal);
    const ussd = phones.isUsed ? phones.heard(pdu, content?.text) : undefined;
    if (content && isHeard) events.emit('submit', this.#submitEvent(pdu, message, content, ussd));
    const log: Log = settings.log;
    if (log.isLevelEnabled('debug')) {
      log.debug({ event: 'submit', stage: 'taken', command: pdu.command, message_id });
    }
    const answer: Answer = { command_status: 0, fields: { message_id } };
    if (tlvs) answer.tlvs = tlvs;
    return answer;
  }

  /** All properties at once: an object that grows later costs V8 more than all the rest of a submit. */
  #newMessage(
    pdu: SubmitPdu,
    recipients: readonly Recipient[],
    untilFinal: number,
    areas: readonly Buffer[],
  ): TakenMessage {
    const { clock, faults } = this.#smsc;
    const { responseId, receiptId } = faults.habits;
    const fields = pdu as Partial<Omit<PduOf<'submit_sm'>, 'command' | 'tlvs'>>;
    const submittedAt = clock.now();
    const digits = this.#smsc.nextMessageId();
    const message_id = responseId ? responseId(digits) : digits;
    return {
      message_id,
      receipt_id: receiptId ? receiptId(digits) : message_id,
      system_id: this.#link.system_id,
      service_type: pdu.service_type,
      source_addr_ton: pdu.source_addr_ton,
      source_addr_npi: pdu.source_addr_npi,
      source_addr: pdu.source_addr,
      recipients,
      protocol_id: fields.protocol_id ?? 0,
      priority_flag: fields.priority_flag ?? 0,
      data_coding: pdu.data_coding,
      submittedAt,
      finalAt: submittedAt + untilFinal,
      dueAt: clock.monotonic() + untilFinal,
      broadcast: isBroadcast(pdu) ? broadcastOf(pdu, areas) : undefined,
      schedule_delivery_time: fields.schedule_delivery_time ?? '',
      validity_period: fields.validity_period ?? '',
      registered_delivery: fields.registered_delivery ?? 0,
      short_message: fields.short_message?.toString('latin1') ?? '',
      text: '',
      cancelledAt: undefined,
      stored: 0,
      reserved: 0,
    };
  }

  #submitEvent(
    pdu: SubmitPdu,
    message: TakenMessage,
    content: Content,
    ussd: SubmitEvent['ussd'] | undefined,
  ): SubmitEvent {
    const { part, octets } = content;
    const udh = content.udh && udhFields(content.udh.elements);
    const facts = {
      message_id: message.message_id,
      system_id: message.system_id,
      session: this.#link,
      text: part ? this.#smsc.parts.join(message, content, part) : content.text,
      octets,
      ...(part ? { part } : {}),
      ...(ussd ? { ussd } : {}),
      ...(udh ? { udh } : {}),
    };
    return Object.assign(plainCopy(pdu as object), facts) as object as SubmitEvent;
  }

  /** `command_status` undefined: it is left unanswered. */
  #refuse(pdu: SubmitPdu, command_status: string | undefined): Answer {
    const { events, settings } = this.#smsc;
    if (events.has('refused')) {
      const facts = { system_id: this.#link.system_id, session: this.#link, command_status };
      events.emit('refused', Object.assign(plainCopy(pdu as object), facts) as object as RefusedEvent);
    }
    const log: Log = settings.log;
    log.debug({ event: 'submit', stage: 'refused', command: pdu.command, command_status });
    return { command_status: command_status ?? 'ESME_RSYSERR' };
  }
}

/** The status to refuse a request with that is wrong in itself. */
function flawOf(pdu: SubmitPdu, { recipients, unsuccess }: Destinations): string | undefined {
  const { mandatoryTlvs, recipient } = commandFacts(pdu.command);
  if (mandatoryTlvs?.some((name) => pdu.tlvs[name] === undefined)) return 'ESME_RMISSINGOPTPARAM';
  if (!recipient) return undefined;
  if (pdu.command === 'submit_multi') {
    const [first] = unsuccess;
    if (recipients.length === 0) return first ? statusName(first.error_status_code) : 'ESME_RINVNUMDESTS';
  }
  for (const { destination_addr } of recipients) {
    if (destination_addr === '' || !isAddress(destination_addr)) return 'ESME_RINVDSTADR';
  }
  return isAddress(pdu.source_addr) ? undefined : 'ESME_RINVSRCADR';
}
