import type { CommandName, Pdu, PduOf } from '../protocol';
import type { Answer } from '../session';
import { BROADCAST_HANDLERS } from './broadcasts';
import { decodeContent } from './content';
import type { SmscContext, SmscLink } from './context';
import type { TakenMessage } from './message-store';
import { absoluteTime } from './receipt-states';
import { asksForReceipt, beginningOf, scheduleReceipts } from './receipts';

type Handle<C extends CommandName> = (pdu: PduOf<C>, link: SmscLink, smsc: SmscContext) => Answer;

const OK = { command_status: 'ESME_ROK' } as const;
const refuse = (command_status: string): Answer => ({ command_status });

/** Most ids that query_last_msgs asks for: 3.3 section 5.2.6. */
const LAST_MESSAGES = 100;

/** Requests about messages that were taken before. Those of other accounts are unknown here. */
const HANDLERS: { readonly [C in CommandName]?: Handle<C> } = {
  query_sm(pdu, link, smsc) {
    const message = find(pdu, link, smsc);
    if (!message) return refuse('ESME_RQUERYFAIL');
    return { ...OK, fields: { message_id: message.message_id, ...progress(message, smsc) } };
  },

  cancel_sm(pdu, link, smsc) {
    const messages = pdu.message_id === '' ? findGroup(pdu, link, smsc) : [find(pdu, link, smsc)];
    const cancelled = messages.filter((message) => message !== undefined && cancel(message, smsc));
    return cancelled.length > 0 ? OK : refuse('ESME_RCANCELFAIL');
  },

  replace_sm(pdu, link, smsc) {
    const message = find(pdu, link, smsc);
    if (!message || !isUnderWay(message, smsc)) return refuse('ESME_RREPLACEFAIL');
    const asked = asksForReceipt(message);
    message.short_message = pdu.short_message.toString('latin1');
    const text = decodeContent(pdu.short_message, message.data_coding, smsc.settings.defaultAlphabet);
    message.text = beginningOf(text ?? '');
    message.registered_delivery = pdu.registered_delivery;
    message.schedule_delivery_time = pdu.schedule_delivery_time || message.schedule_delivery_time;
    message.validity_period = pdu.validity_period || message.validity_period;
    if (!asked) scheduleReceipts(message, message.dueAt - smsc.clock.monotonic(), smsc);
    return OK;
  },

  ...BROADCAST_HANDLERS,

  query_last_msgs(pdu, link, smsc) {
    const messages = smsc.messages.all(link.system_id, ({ source_addr }) => source_addr === pdu.source_addr);
    const count = Math.min(LAST_MESSAGES, pdu.number_of_messages || LAST_MESSAGES);
    return { ...OK, fields: { message_ids: messages.slice(-count).map(({ message_id }) => message_id) } };
  },

  query_msg_details(pdu, link, smsc) {
    const message = find(pdu, link, smsc);
    if (!message) return refuse('ESME_RQUERYFAIL');
    return {
      ...OK,
      fields: {
        service_type: message.service_type,
        source_addr_ton: message.source_addr_ton,
        source_addr_npi: message.source_addr_npi,
        source_addr: message.source_addr,
        dest_address: message.recipients.map((recipient) => ({ dest_flag: 1, ...recipient })),
        protocol_id: message.protocol_id,
        priority_flag: message.priority_flag,
        schedule_delivery_time: message.schedule_delivery_time,
        validity_period: message.validity_period,
        registered_delivery: message.registered_delivery,
        data_coding: message.data_coding,
        short_message: Buffer.from(message.short_message.slice(0, pdu.sm_length), 'latin1'),
        message_id: message.message_id,
        ...progress(message, smsc),
      },
    };
  },

  param_retrieve: () => refuse('ESME_RINVPARAM'),
};

/** Answers a request about earlier messages; undefined for any other. */
export function handleManagement(pdu: Pdu, link: SmscLink, smsc: SmscContext): Answer | undefined {
  const handle = HANDLERS[pdu.command as CommandName] as Handle<CommandName> | undefined;
  return handle?.(pdu as PduOf<CommandName>, link, smsc);
}

/** By message_id; the source address must be the message's own (SMPP 3.4 section 4.8.1). */
function find(
  { message_id, source_addr }: { message_id: string; source_addr: string },
  link: SmscLink,
  smsc: SmscContext,
): TakenMessage | undefined {
  const message = smsc.messages.find(link.system_id, message_id);
  return message?.source_addr === source_addr ? message : undefined;
}

/** SMPP 3.4 section 4.9: without a message_id, all from one address to another with the same service_type. */
function findGroup(pdu: PduOf<'cancel_sm'>, link: SmscLink, smsc: SmscContext): TakenMessage[] {
  return smsc.messages.all(
    link.system_id,
    ({ source_addr, service_type, recipients }) =>
      source_addr === pdu.source_addr &&
      (pdu.service_type === '' || service_type === pdu.service_type) &&
      recipients.some(({ destination_addr }) => destination_addr === pdu.destination_addr),
  );
}

function isUnderWay(message: TakenMessage, smsc: SmscContext): boolean {
  return smsc.messages.status(message, smsc.clock.monotonic()).state === undefined;
}

function cancel(message: TakenMessage, smsc: SmscContext): boolean {
  if (!isUnderWay(message, smsc)) return false;
  message.cancelledAt = smsc.clock.now();
  return true;
}

function progress(message: TakenMessage, smsc: SmscContext) {
  const { message_state, doneAt, state } = smsc.messages.status(message, smsc.clock.monotonic());
  const final_date = doneAt === undefined ? '' : absoluteTime(doneAt);
  return { final_date, message_state, error_code: state === undefined || state === 'DELIVRD' ? 0 : 1 };
}
