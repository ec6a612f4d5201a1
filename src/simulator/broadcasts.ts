import {
  decodeBroadcastArea,
  decodeFrequencyInterval,
  firstTlv,
  statusCode,
  type CommandName,
  type PduOf,
} from '../protocol';
import type { Answer } from '../session';
import type { SmscContext, SmscLink } from './context';
import type { Broadcast, TakenMessage } from './message-store';
import { absoluteTime } from './receipt-states';
import type { Habits } from './rules';

type BroadcastSm = PduOf<'broadcast_sm'>;

/** An area that it does not reach, and the command_status that says why. */
interface FailedArea {
  readonly octets: Buffer;
  readonly status: number;
}

const listOf = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : ([value].flat() as T[]);

/** Its areas, those that can be reached and the others. Copies: a decoded PDU's octets are a view of all that came with it. */
export function sortAreas(
  { tlvs }: Pick<BroadcastSm, 'tlvs'>,
  { badArea }: Habits,
): { reached: Buffer[]; failed: FailedArea[] } {
  const reached: Buffer[] = [];
  const failed: FailedArea[] = [];
  for (const given of listOf<Buffer>(tlvs.broadcast_area_identifier)) {
    const octets = Buffer.from(given);
    const area = decodeBroadcastArea(octets);
    const status =
      area.format === 'unknown'
        ? statusCode('ESME_RINVBCASTAREAFMT')
        : badArea?.(area.format === 'alias' ? area.alias : '');
    if (status === undefined) reached.push(octets);
    else failed.push({ octets, status });
  }
  return { reached, failed };
}

export function broadcastOf({ tlvs }: Pick<BroadcastSm, 'tlvs'>, areas: readonly Buffer[]): Broadcast {
  const contentType = firstTlv(tlvs, 'broadcast_content_type')?.toString('hex') ?? '';
  return { areas, contentType, reference: firstTlv(tlvs, 'user_message_reference') };
}

/** What the response says of the areas that it does not reach: SMPP 5.0 section 4.4.1.2. */
export function failedTlvs(failed: readonly FailedArea[]): Pick<Answer, 'tlvs'> {
  if (failed.length === 0) return {};
  const broadcast_error_status = failed.map(({ status }) => status);
  return { tlvs: { broadcast_error_status, broadcast_area_identifier: failed.map(({ octets }) => octets) } };
}

/** Milliseconds of one unit of broadcast_frequency_interval; months and years have their usual lengths. */
const UNITS: Readonly<Record<string, number>> = {
  seconds: 1000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
  weeks: 7 * 86_400_000,
  months: 30 * 86_400_000,
  years: 365 * 86_400_000,
};

/** Milliseconds from the first broadcast to the last. */
export function durationOf({ tlvs }: Pick<BroadcastSm, 'tlvs'>): number {
  const octets = firstTlv(tlvs, 'broadcast_frequency_interval');
  const { unit = '', value = 0 } = (octets && decodeFrequencyInterval(octets)) ?? {};
  const times = firstTlv(tlvs, 'broadcast_rep_num') ?? 1;
  return Math.max(0, times - 1) * value * (UNITS[unit] ?? 0);
}

type Handle<C extends CommandName> = (pdu: PduOf<C>, link: SmscLink, smsc: SmscContext) => Answer;
type Replacing = Pick<BroadcastSm, 'message_id' | 'source_addr' | 'replace_if_present_flag' | 'tlvs'>;
type Named = PduOf<'query_broadcast_sm'> | PduOf<'cancel_broadcast_sm'>;

const refuse = (command_status: string): Answer => ({ command_status });

/** Requests about broadcasts that were taken before; those of other accounts are unknown here. */
export const BROADCAST_HANDLERS: {
  readonly query_broadcast_sm: Handle<'query_broadcast_sm'>;
  readonly cancel_broadcast_sm: Handle<'cancel_broadcast_sm'>;
} = {
  query_broadcast_sm(pdu, link, smsc) {
    const message = named(pdu, link, smsc).at(-1);
    if (!message?.broadcast) return refuse('ESME_RBCASTQUERYFAIL');
    const { message_id, broadcast, finalAt, cancelledAt } = message;
    const { message_state } = smsc.messages.status(message, smsc.clock.monotonic());
    const success = percentOf(message, smsc);
    const tlvs = {
      message_state,
      broadcast_area_identifier: [...broadcast.areas],
      broadcast_area_success: broadcast.areas.map(() => success),
      broadcast_end_time: absoluteTime(cancelledAt ?? finalAt),
      ...(broadcast.reference === undefined ? {} : { user_message_reference: broadcast.reference }),
    };
    return { command_status: 'ESME_ROK', fields: { message_id }, tlvs };
  },

  cancel_broadcast_sm(pdu, link, smsc) {
    const isNamed = pdu.message_id !== '' || pdu.tlvs.user_message_reference !== undefined;
    const all = isNamed ? named(pdu, link, smsc) : group(pdu, link, smsc);
    const now = smsc.clock.monotonic();
    const running = all.filter((message) => smsc.messages.status(message, now).state === undefined);
    for (const message of running) message.cancelledAt = smsc.clock.now();
    return running.length > 0 ? { command_status: 'ESME_ROK' } : refuse('ESME_RBCASTCANCELFAIL');
  },
};

/** A broadcast that is to be replaced (5.0 section 4.4.1.1) ends. False: it is named and not there. */
export function endReplaced(pdu: Replacing, link: SmscLink, smsc: SmscContext): boolean {
  if (pdu.replace_if_present_flag !== 1) return true;
  const now = smsc.clock.monotonic();
  const old = named(pdu, link, smsc).filter((one) => smsc.messages.status(one, now).state === undefined);
  for (const message of old) message.cancelledAt = smsc.clock.now();
  return old.length > 0 || pdu.message_id === '';
}

/** By message_id or user_message_reference; the source address must be the message's own. */
function named(pdu: Named | Replacing, link: SmscLink, smsc: SmscContext): TakenMessage[] {
  const reference = firstTlv(pdu.tlvs, 'user_message_reference');
  return smsc.messages.all(
    link.system_id,
    ({ message_id, source_addr, broadcast }) =>
      broadcast !== undefined &&
      source_addr === pdu.source_addr &&
      (pdu.message_id === ''
        ? reference !== undefined && broadcast.reference === reference
        : message_id === pdu.message_id),
  );
}

/** 5.0 section 4.6.2.1: all from one source, of one service_type and kind of content where these are given. */
function group(pdu: PduOf<'cancel_broadcast_sm'>, link: SmscLink, smsc: SmscContext): TakenMessage[] {
  const type = firstTlv(pdu.tlvs, 'broadcast_content_type')?.toString('hex');
  return smsc.messages.all(
    link.system_id,
    ({ source_addr, service_type, broadcast }) =>
      broadcast !== undefined &&
      source_addr === pdu.source_addr &&
      (pdu.service_type === '' || service_type === pdu.service_type) &&
      (type === undefined || broadcast.contentType === type),
  );
}

/** It grows evenly while the message is broadcast, and stays where it was cancelled (5.0 section 4.8.4.5). */
function percentOf(
  { submittedAt, finalAt, dueAt, cancelledAt }: TakenMessage,
  { clock }: SmscContext,
): number {
  const duration = finalAt - submittedAt;
  const left = cancelledAt === undefined ? dueAt - clock.monotonic() : finalAt - cancelledAt;
  if (duration <= 0) return 100;
  return Math.floor(100 * Math.min(1, Math.max(0, 1 - left / duration)));
}
