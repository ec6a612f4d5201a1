import { describeStatus, plainCopy, statusName, type PduOf } from '../protocol';
import type { Answer } from '../session';
import { refuse } from './answers';
import type { Centre, MessageIds, Origin } from './centre';
import { readContent, type Content } from './content';
import type { RefusedEvent, SubmitEvent } from './events';
import type { SubmitPdu } from './pdus';
import { scheduleReceipts } from './receipts';
import type { Recipient, TakenMessage } from './register';
import type { Verdict } from './rules';

/** Characters of a text that a receipt repeats, and some. */
const REMEMBERED_TEXT = 40;
/** Milliseconds: surely after the answer, which {@link Agenda} may put a little later than asked. */
const AFTER_ANSWER = 10;

/** Takes a message, or not, as the rules say. */
export function handleSubmit(pdu: SubmitPdu, link: Origin, centre: Centre): Answer | Promise<Answer> {
  const { clock, defaultAlphabet } = centre.settings;
  const recipients = recipientsOf(pdu);
  const verdict = centre.faults.onSubmit({
    system_id: link.system_id,
    destinations: recipients.map(({ destination_addr }) => destination_addr.replace(/^\+/, '')),
    ofLink: link.countSubmit(),
    now: clock.monotonic(),
    text: () => readContent(pdu, defaultAlphabet).text,
  });
  const { silent = false, delay = 0, act, tlvs } = verdict ?? {};
  const status = verdict?.status ?? flawOf(pdu, recipients);
  const taken = status === 0 && (!silent || (verdict?.taken ?? false));
  const given = taken
    ? take(pdu, recipients, verdict ?? {}, link, centre)
    : turnAway(pdu, status, silent, link, centre);
  const answer = tlvs ? { ...given, tlvs: { ...given.tlvs, ...tlvs } } : given;
  if (act === 'unbind') centre.agenda.in(delay + AFTER_ANSWER, () => link.perform(act));
  else if (act) link.perform(act);
  // One promise each: a shared one would hold on to all that wait for it.
  if (silent) return new Promise<never>(() => undefined);
  if (delay === 0) return answer;
  return new Promise((resolve) => centre.agenda.in(delay, () => resolve(answer)));
}

/** The status to refuse a request with that is wrong in itself; 0: it is all right. */
function flawOf(pdu: SubmitPdu, recipients: readonly Recipient[]): number {
  if (pdu.command === 'broadcast_sm') {
    const { broadcast_area_identifier, broadcast_content_type, broadcast_rep_num } = pdu.tlvs;
    const complete = broadcast_area_identifier && broadcast_content_type && broadcast_rep_num !== undefined;
    return complete ? 0 : describeStatus('ESME_RMISSINGOPTPARAM').code;
  }
  if (pdu.command === 'submit_multi') {
    // There are no distribution lists here.
    if (pdu.dest_address.some(({ dest_flag }) => dest_flag !== 1))
      return describeStatus('ESME_RINVDLNAME').code;
    if (recipients.length === 0) return describeStatus('ESME_RINVNUMDESTS').code;
  }
  if (!recipients.every(({ destination_addr }) => destination_addr !== '' && isAddress(destination_addr))) {
    return describeStatus('ESME_RINVDSTADR').code;
  }
  return isAddress(pdu.source_addr) ? 0 : describeStatus('ESME_RINVSRCADR').code;
}

/** Decoding takes more than the specification allows; a receipt could not name such an address. */
function isAddress(address: string): boolean {
  return /^[\x20-\x7e]{0,64}$/.test(address);
}

function recipientsOf(pdu: SubmitPdu): Recipient[] {
  if (pdu.command === 'broadcast_sm') return [];
  if (pdu.command === 'submit_multi') return pdu.dest_address.filter((one) => one.dest_flag === 1);
  const { dest_addr_ton, dest_addr_npi, destination_addr } = pdu;
  return [{ dest_addr_ton, dest_addr_npi, destination_addr }];
}

function take(
  pdu: SubmitPdu,
  recipients: readonly Recipient[],
  { delay = 0, receiptFirst = false }: Verdict,
  link: Origin,
  centre: Centre,
): Answer {
  const { settings, events } = centre;
  const ids = centre.nextMessageId();
  const content = readContent(pdu, settings.defaultAlphabet);
  const untilFinal = receiptFirst ? 0 : delay + settings.receiptDelay;
  const message = remember(pdu, recipients, ids, content, untilFinal, link, centre);
  scheduleReceipts(message, untilFinal, centre);
  if (events.has('submit')) events.emit('submit', submitEvent(pdu, message, content, link, centre));
  const { message_id } = ids;
  settings.log.debug({ event: 'submit', stage: 'taken', command: pdu.command, message_id });
  return { command_status: 0, fields: { message_id } };
}

function remember(
  pdu: SubmitPdu,
  recipients: readonly Recipient[],
  ids: MessageIds,
  content: Content,
  untilFinal: number,
  link: Origin,
  centre: Centre,
): TakenMessage {
  const fields = pdu as Partial<Omit<PduOf<'submit_sm'>, 'command' | 'tlvs'>>;
  const submittedAt = centre.settings.clock.now();
  const areas = pdu.tlvs.broadcast_area_identifier;
  const message: TakenMessage = {
    ...ids,
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
    dueAt: centre.settings.clock.monotonic() + untilFinal,
    schedule_delivery_time: fields.schedule_delivery_time ?? '',
    validity_period: fields.validity_period ?? '',
    registered_delivery: fields.registered_delivery ?? 0,
    // A decoded PDU's octets are a view of all that came with it.
    short_message: Buffer.from(fields.short_message ?? ''),
    text: beginningOf(content.text ?? ''),
    ...(areas === undefined ? {} : { areas: [areas].flat().map((area) => Buffer.from(area)) }),
  };
  centre.register.add(message);
  return message;
}

/** In V8 a string that was cut out of another keeps all of that alive. */
function beginningOf(text: string): string {
  return Buffer.from(text.slice(0, REMEMBERED_TEXT), 'utf16le').toString('utf16le');
}

function submitEvent(
  pdu: SubmitPdu,
  message: TakenMessage,
  content: Content,
  link: Origin,
  centre: Centre,
): SubmitEvent {
  const { part, octets } = content;
  return {
    ...plainCopy(pdu),
    message_id: message.message_id,
    system_id: link.system_id,
    session: link,
    text: part ? centre.joiner.join(message, content, part) : content.text,
    octets,
    ...(part ? { part } : {}),
  };
}

function turnAway(pdu: SubmitPdu, status: number, unanswered: boolean, link: Origin, centre: Centre): Answer {
  const command_status = unanswered ? undefined : statusName(status);
  if (centre.events.has('refused')) {
    const event: RefusedEvent = {
      ...plainCopy(pdu),
      system_id: link.system_id,
      session: link,
      command_status,
    };
    centre.events.emit('refused', event);
  }
  centre.settings.log.debug({ event: 'submit', stage: 'refused', command: pdu.command, command_status });
  return refuse(command_status ?? 'ESME_RSYSERR');
}
