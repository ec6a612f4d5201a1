import { isQueued, type Pdu, type PduOf, type QueuedCommand } from '../protocol';

export type SubmitPdu = PduOf<QueuedCommand>;

export function isSubmit(pdu: Pdu): pdu is SubmitPdu {
  return isQueued(pdu.command);
}
