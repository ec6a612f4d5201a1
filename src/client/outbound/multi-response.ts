import type { Pdu } from '../../protocol';
import type { ResponseView } from '../../session';
import type { QueueItem, Unsuccess } from '../../store';
import type { StatusPolicy } from '../config/status-policy';
import { isMulti, takenOf } from '../message/destinations';
import { verdictOf, type Verdict } from './retry';

/** ESME_RSUBMITFAIL: submit_sm or submit_multi failed. */
const SUBMIT_FAILED = 0x45;
const NONE: readonly Unsuccess[] = [];

/** What a response says of one segment. */
export interface ResponseMeaning {
  readonly verdict: Verdict;
  /** The command_status that the verdict goes by. */
  readonly status: number;
  /** Of submit_multi: the destinations that it was not taken for. */
  readonly refused: readonly Unsuccess[];
}

/**
 * What a response to a submit_multi says, whose status is not all of it: where it has a message_id, and not all
 * destinations are listed as refused, it was taken for the others, whatever the status. Where all are, it is refused,
 * and not sent again unless the SMSC asked for less or knew no session: what it says of each destination is final.
 */
function meaningOfMulti(
  item: QueueItem,
  segment: number,
  response: ResponseView,
  policy: StatusPolicy,
): ResponseMeaning {
  const { command_status: status } = response;
  const refused = refusedIn(response.pdu(), segment);
  const verdict = verdictOf(status, policy);
  const [first] = refused;
  if (!first) return { verdict, status, refused };
  const { numbers, lists } = takenOf(item, refused);
  if (numbers.length + lists > 0)
    return response.message_id === '' ? { verdict, status, refused } : { verdict: 'ok', status: 0, refused };
  if (verdict === 'throttle' || verdict === 'rebind') return { verdict, status, refused: NONE };
  return { verdict: 'fail', status: status || first.error_status_code || SUBMIT_FAILED, refused };
}

/** What a response says of one segment of a message. */
export function meaningOf(
  item: QueueItem,
  segment: number,
  response: ResponseView,
  policy: StatusPolicy,
): ResponseMeaning {
  if (isMulti(item)) return meaningOfMulti(item, segment, response, policy);
  const { command_status: status } = response;
  return { verdict: verdictOf(status, policy), status, refused: NONE };
}

/** The destinations that a response lists as not taken (SMPP 3.4 section 4.5.2.1). */
export function refusedIn(response: Pdu, segment: number): readonly Unsuccess[] {
  if (response.command !== 'submit_multi_resp') return NONE;
  return response.unsuccess_sme.map(
    ({ destination_addr, dest_addr_ton, dest_addr_npi, error_status_code }) => ({
      ...{ destination_addr, dest_addr_ton, dest_addr_npi, error_status_code },
      segments: [segment],
    }),
  );
}
