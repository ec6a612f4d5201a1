import { statusFields } from './wire-form';
import type { UssdEvent } from './events';

/** What is told of a dialogue that is over, from what is kept of it. */
interface Ended {
  readonly id: string;
  readonly phone: { readonly addr: string };
  readonly service: { readonly addr: string };
  readonly code?: string | undefined;
}

interface UssdEnd {
  readonly kind: UssdEvent['session'];
  readonly code: string;
  readonly reason: string;
  readonly command_status?: string | undefined;
}

/** The event of a dialogue that ended without a message. */
export function ussdEvent({ id, phone, service, code: dialled }: Ended, end: UssdEnd): UssdEvent {
  const { kind, code, reason, command_status } = end;
  return {
    event: 'ussd',
    payload: kind,
    topic: phone.addr,
    session: kind,
    session_id: id,
    source_addr: phone.addr,
    destination_addr: service.addr,
    ...(dialled === undefined ? {} : { ussd_code: dialled }),
    code,
    reason,
    ...statusFields(command_status),
  };
}
