import { describeStatus, type Pdu } from '../../protocol';
import { maskNumber } from '../../observability';
import type { ResponseView } from '../../session';
import type { DeliveryState, QueueItem, Unsuccess } from '../../store';
import { countDestinations, isMulti } from '../message/destinations';

/** A destination of submit_multi that the SMSC did not take (SMPP 3.4 section 4.5.2.1). It is not tried again. */
export interface UnsuccessReport {
  /** As the SMSC wrote it. */
  destination_addr: string;
  /** Type of number. */
  dest_addr_ton: number;
  /** Numbering plan indicator. */
  dest_addr_npi: number;
  /** Why, as a number. */
  error_status_code: number;
  /** The same by name; one that is not known as `0x…`. */
  error_status: string;
  /** The same in words. */
  meaning: string;
  /** Of a long message: the segments that it was refused, from 0. */
  segments?: number[];
}

type Refused = Omit<Unsuccess, 'segments'> & Partial<Pick<Unsuccess, 'segments'>>;

function shown({
  destination_addr,
  dest_addr_ton,
  dest_addr_npi,
  error_status_code,
}: Refused): UnsuccessReport {
  const { name: error_status, meaning } = describeStatus(error_status_code);
  return { destination_addr, dest_addr_ton, dest_addr_npi, error_status_code, error_status, meaning };
}

/** What an outcome or a failure says of them, segment by segment in one list; nothing where there are none. */
export function unsuccessField(
  state: Pick<DeliveryState, 'unsuccess'> | undefined,
  segments: number,
): { unsuccess_sme?: UnsuccessReport[] } {
  const all = state?.unsuccess;
  if (!all) return {};
  const report = (one: Unsuccess): UnsuccessReport =>
    segments === 1 ? shown(one) : { ...shown(one), segments: [...one.segments] };
  return { unsuccess_sme: all.map(report) };
}

/** The same of one response; undefined where it lists none. */
export function unsuccessOf(response: Pdu): UnsuccessReport[] | undefined {
  if (response.command !== 'submit_multi_resp' || response.unsuccess_sme.length === 0) return undefined;
  return response.unsuccess_sme.map(shown);
}

/** Destinations that one log line names; an SMSC may refuse 255. */
const MOST_NAMED = 20;

/** What the log says of a response that lists some; undefined: it lists none. */
export function unsuccessLine(
  item: QueueItem,
  response: ResponseView,
): { readonly count: number; readonly text: string } | undefined {
  const all = isMulti(item) ? unsuccessOf(response.pdu()) : undefined;
  if (!all) return undefined;
  const named = all
    .slice(0, MOST_NAMED)
    .map((one) => `${maskNumber(one.destination_addr)} ${one.error_status}`);
  const more = all.length > named.length ? ` and ${all.length - named.length} more` : '';
  const of = `${all.length} of ${countDestinations(item)} destinations`;
  return { count: all.length, text: `refused for ${of}: ${named.join(', ')}${more}` };
}
