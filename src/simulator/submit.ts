import { describeStatus, plainCopy, statusName, type Pdu, type PduOf } from '../protocol';
import type { Answer } from '../session';
import { readContent, type Content, type SubmitPdu } from './content';
import type { SmscContext, SmscLink } from './context';
import type { RefusedEvent, SubmitEvent } from './events';
import type { Recipient, TakenMessage } from './message-store';
import { beginningOf, scheduleReceipts } from './receipts';
import type { SubmitEffect } from './rules';

/** Milliseconds: surely after the answer, which the scheduler may run a little later than asked. */
const AFTER_ANSWER = 10;

const NO_EFFECT: SubmitEffect = {};

export function isSubmit(pdu: Pdu): pdu is SubmitPdu {
  const { command } = pdu;
  return (
    command === 'submit_sm' ||
    command === 'data_sm' ||
    command === 'submit_multi' ||
    command === 'broadcast_sm'
  );
}

/** Takes a message, or not, as the rules say. */
export function handleSubmit(pdu: SubmitPdu, link: SmscLink, smsc: SmscContext): Answer | Promise<Answer> {
  const ofLink = link.countSubmit();
  const recipients = recipientsOf(pdu);
  if (!smsc.faults.seesSubmits) return answerTo(pdu, recipients, NO_EFFECT, link, smsc);
  const effect = effectOf(pdu, recipients, ofLink, link, smsc);
  const { silent = false, delay = 0, act, tlvs } = effect;
  let answer: Answer = { command_status: 'ESME_RSYSERR' };
  // One promise each: a shared one would hold on to all that wait for it.
  const late = new Promise<Answer>((resolve) => {
    // Ahead of a receipt that is due at the same time.
    if (!silent && delay > 0) smsc.scheduler.in(delay, () => resolve(answer));
  });
  answer = answerTo(pdu, recipients, effect, link, smsc);
  if (tlvs) answer = { ...answer, tlvs: { ...answer.tlvs, ...tlvs } };
  if (act === 'unbind') smsc.scheduler.in(delay + AFTER_ANSWER, () => link.perform(act));
  else if (act) link.perform(act);
  return silent || delay > 0 ? late : answer;
}

function answerTo(
  pdu: SubmitPdu,
  recipients: readonly Recipient[],
  effect: SubmitEffect,
  link: SmscLink,
  smsc: SmscContext,
): Answer {
  const { silent = false, taken = false } = effect;
  const status = effect.status ?? flawOf(pdu, recipients);
  return status === 0 && (!silent || taken)
    ? take(pdu, recipients, effect, link, smsc)
    : turnAway(pdu, status, silent, link, smsc);
}

function effectOf(
  pdu: SubmitPdu,
  recipients: readonly Recipient[],
  ofLink: number,
  { system_id }: SmscLink,
  { faults, clock, settings }: SmscContext,
): SubmitEffect {
  const destinations = recipients.map(({ destination_addr }) => destination_addr.replace(/^\+/, ''));
  const text = (): string | undefined => readContent(pdu, settings.defaultAlphabet).text;
  return faults.onSubmit({ system_id, destinations, ofLink, now: clock.monotonic(), text }) ?? NO_EFFECT;
}

/** The status to refuse a request with that is wrong in itself; 0: it is all right. */
function flawOf(pdu: SubmitPdu, recipients: readonly Recipient[]): number {
  const flaw = flawName(pdu, recipients);
  return flaw === undefined ? 0 : describeStatus(flaw).code;
}

function flawName(pdu: SubmitPdu, recipients: readonly Recipient[]): string | undefined {
  if (pdu.command === 'broadcast_sm') {
    const { broadcast_area_identifier, broadcast_content_type, broadcast_rep_num } = pdu.tlvs;
    const complete = broadcast_area_identifier && broadcast_content_type && broadcast_rep_num !== undefined;
    return complete ? undefined : 'ESME_RMISSINGOPTPARAM';
  }
  if (pdu.command === 'submit_multi') {
    // There are no distribution lists here.
    if (pdu.dest_address.some(({ dest_flag }) => dest_flag !== 1)) return 'ESME_RINVDLNAME';
    if (recipients.length === 0) return 'ESME_RINVNUMDESTS';
  }
  for (const { destination_addr } of recipients) {
    if (destination_addr === '' || !isAddress(destination_addr)) return 'ESME_RINVDSTADR';
  }
  return isAddress(pdu.source_addr) ? undefined : 'ESME_RINVSRCADR';
}

/** Decoding takes more than the specification allows; a receipt could not name such an address. */
function isAddress(address: string): boolean {
  return /^[\x20-\x7e]{0,64}$/.test(address);
}

function recipientsOf(pdu: SubmitPdu): readonly Recipient[] {
  if (pdu.command === 'broadcast_sm') return [];
  if (pdu.command === 'submit_multi') return pdu.dest_address.filter((one) => one.dest_flag === 1);
  const { dest_addr_ton, dest_addr_npi, destination_addr } = pdu;
  return [{ dest_addr_ton, dest_addr_npi, destination_addr }];
}

function take(
  pdu: SubmitPdu,
  recipients: readonly Recipient[],
  { delay = 0, receiptFirst = false }: SubmitEffect,
  link: SmscLink,
  smsc: SmscContext,
): Answer {
  const { settings, events, messages } = smsc;
  const untilFinal = receiptFirst ? 0 : delay + settings.receiptDelay;
  const message = newMessage(pdu, recipients, untilFinal, link, smsc);
  const { message_id } = message;
  // Only a receipt and whoever listens need what the message says.
  const isRead = (message.registered_delivery & 0x03) !== 0 || events.has('submit');
  const content = isRead ? readContent(pdu, settings.defaultAlphabet) : undefined;
  message.text = beginningOf(content?.text ?? '');
  messages.add(message);
  scheduleReceipts(message, untilFinal, smsc);
  if (content && events.has('submit')) {
    events.emit('submit', submitEvent(pdu, message, content, link, smsc));
  }
  if (settings.log.isLevelEnabled('debug')) {
    settings.log.debug({ event: 'submit', stage: 'taken', command: pdu.command, message_id });
  }
  return { command_status: 0, fields: { message_id } };
}

/** All properties at once, for an object that grows later costs V8 more than all the rest of a submit. */
function newMessage(
  pdu: SubmitPdu,
  recipients: readonly Recipient[],
  untilFinal: number,
  link: SmscLink,
  smsc: SmscContext,
): TakenMessage {
  const { clock, faults } = smsc;
  const { responseId, receiptId } = faults.habits;
  const fields = pdu as Partial<Omit<PduOf<'submit_sm'>, 'command' | 'tlvs'>>;
  const areas = pdu.command === 'broadcast_sm' ? pdu.tlvs.broadcast_area_identifier : undefined;
  const submittedAt = clock.now();
  const digits = smsc.nextMessageId();
  const message_id = responseId ? responseId(digits) : digits;
  return {
    message_id,
    receipt_id: receiptId ? receiptId(digits) : message_id,
    system_id: link.system_id,
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
    // Copies: a decoded PDU's octets are a view of all that came with it.
    areas: areas && [areas].flat().map((area) => Buffer.from(area)),
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

function submitEvent(
  pdu: SubmitPdu,
  message: TakenMessage,
  content: Content,
  link: SmscLink,
  smsc: SmscContext,
): SubmitEvent {
  const { part, octets } = content;
  const facts = {
    message_id: message.message_id,
    system_id: link.system_id,
    session: link,
    text: part ? smsc.parts.join(message, content, part) : content.text,
    octets,
    ...(part ? { part } : {}),
  };
  return Object.assign(plainCopy(pdu as object), facts) as object as SubmitEvent;
}

function turnAway(
  pdu: SubmitPdu,
  status: number,
  unanswered: boolean,
  link: SmscLink,
  { events, settings }: SmscContext,
): Answer {
  const command_status = unanswered ? undefined : statusName(status);
  if (events.has('refused')) {
    const facts = { system_id: link.system_id, session: link, command_status };
    events.emit('refused', Object.assign(plainCopy(pdu as object), facts) as object as RefusedEvent);
  }
  settings.log.debug({ event: 'submit', stage: 'refused', command: pdu.command, command_status });
  return { command_status: command_status ?? 'ESME_RSYSERR' };
}
