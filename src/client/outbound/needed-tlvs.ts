import { commandId } from '../../protocol';
import type { DeadReason, QueueItem } from '../../store';
import { requestPdu } from '../message/request-pdu';

/** A text, or what joins the parts of one. */
const NEEDED: readonly string[] = ['message_payload', 'sar_total_segments'];

/** Why a message is not sent to an SMSC that takes no TLVs, where it needs one: no message would go out, or scraps. */
export function lacksTlvs({ command, segments }: QueueItem): DeadReason | undefined {
  const inTlv = segments
    .flatMap((body) => Object.keys(requestPdu(commandId(command), body, 0).pdu.tlvs))
    .find((name) => NEEDED.includes(name));
  if (inTlv === undefined) return undefined;
  const text =
    `this SMSC takes no optional parameters (SMPP 3.3), and the message needs one, ${inTlv}; ` +
    'send it as submit_sm with long_messages udh8 or udh16';
  return { code: 'NO_TLVS', text };
}
