import { commandId, type DestAddress } from '../../protocol';
import type { DeliveryState, QueueItem, Unsuccess } from '../../store';
import { requestPdu } from './request-pdu';

const SUBMIT_MULTI = 'submit_multi';

/** As much of a message as tells where it goes. */
export type Addressed = Pick<QueueItem, 'command' | 'destination' | 'segments'>;

/** Whether its PDU has a list of destinations (SMPP 3.4 section 4.5.1). */
export const isMulti = ({ command }: { readonly command: string }): boolean => command === SUBMIT_MULTI;

/**
 * How many destinations each segment of a message has: so many permits of the rate it takes. A distribution list is
 * one, for nobody here knows its members.
 */
export function countDestinations({ command, segments }: Pick<QueueItem, 'command' | 'segments'>): number {
  const [body] = segments;
  if (command !== SUBMIT_MULTI || !body) return 1;
  // service_type, type and plan of the sender, sender, number_of_dests.
  const source = body.indexOf(0) + 3;
  return body[body.indexOf(0, source) + 1] || 1;
}

/** The destinations of a submit_multi, as its octets have them. */
export function destinationsOf({ segments }: Pick<QueueItem, 'segments'>): readonly DestAddress[] {
  const [body] = segments;
  if (!body) return [];
  const { pdu } = requestPdu(commandId(SUBMIT_MULTI), body, 1);
  return pdu.command === SUBMIT_MULTI ? pdu.dest_address : [];
}

/** A destination for people, and in what is kept of it: the number, or the name of the list. */
export const labelOf = (one: DestAddress): string =>
  one.dest_flag === 2 ? one.dl_name : one.destination_addr;

/** SMSCs may write a number otherwise than it was sent. */
const bare = (address: string): string => address.replace(/^(?:\+|00)(?=\d)/, '');

/** Where a message went that was taken. */
export interface Taken {
  /** Numbers. */
  readonly numbers: readonly string[];
  /** How many distribution lists. */
  readonly lists: number;
  /** All of them for people, divided by commas. */
  readonly text: string;
}

/** Without those that were refused. */
export function takenOf(item: Addressed, refused: readonly Pick<Unsuccess, 'destination_addr'>[]): Taken {
  if (!isMulti(item)) return { numbers: [item.destination], lists: 0, text: item.destination };
  const isRefused = new Set(refused.map(({ destination_addr: address }) => bare(address)));
  const taken = destinationsOf(item).filter((one) => !isRefused.has(bare(labelOf(one))));
  const numbers = taken.flatMap((one) => (one.dest_flag === 2 ? [] : [one.destination_addr]));
  return { numbers, lists: taken.length - numbers.length, text: taken.map(labelOf).join(',') };
}

/** Whether the SMSC took it for none of its destinations, segment by segment or all together. */
export function isRefusedByAll(item: Addressed, { unsuccess }: Pick<DeliveryState, 'unsuccess'>): boolean {
  if (!unsuccess || !isMulti(item)) return false;
  const { numbers, lists } = takenOf(item, unsuccess);
  return numbers.length + lists === 0;
}
