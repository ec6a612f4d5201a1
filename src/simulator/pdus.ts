import type { Pdu, PduOf } from '../protocol';

export type SubmitPdu = PduOf<'submit_sm' | 'data_sm' | 'submit_multi' | 'broadcast_sm'>;

const SUBMITS = new Set<string>(['submit_sm', 'data_sm', 'submit_multi', 'broadcast_sm']);

export function isSubmit(pdu: Pdu): pdu is SubmitPdu {
  return SUBMITS.has(pdu.command);
}
