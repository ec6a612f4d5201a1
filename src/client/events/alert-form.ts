import type { PduOf } from '../../protocol';
import type { AlertEvent } from './events';
import { pduFields } from './wire-form';

/** By value (SMPP 3.4 section 5.3.2.30). */
const AVAILABILITY = ['available', 'denied', 'unavailable'] as const;

export function alertEvent(pdu: PduOf<'alert_notification'>, octets: Buffer): AlertEvent {
  const { source_addr, esme_addr, tlvs } = pdu;
  const given: unknown = tlvs.ms_availability_status;
  // Where it is absent the phone is available.
  const status = typeof given === 'number' ? given : 0;
  const event = pduFields(pdu) as AlertEvent;
  event.event = 'alert';
  event.payload = {
    source_addr,
    esme_addr,
    ms_availability_status: status,
    availability: AVAILABILITY[status] ?? 'reserved',
  };
  event.topic = source_addr;
  event.pdu = octets;
  return event;
}
