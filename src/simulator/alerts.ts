import type { PduInput } from '../protocol';
import type { Recipient, TakenMessage } from './message-store';
import type { Scheduler } from './scheduler';

/** What the simulator says of a phone. */
export interface PhoneAlert {
  /** The number of the phone. */
  readonly source_addr: string;
  /** Default 1. */
  readonly source_addr_ton?: number;
  /** Default 1. */
  readonly source_addr_npi?: number;
  /** The address of the client that is told; default empty. */
  readonly esme_addr?: string;
  /** Default 0. */
  readonly esme_addr_ton?: number;
  /** Default 0. */
  readonly esme_addr_npi?: number;
  /** 0 available (default), 1 denied, 2 unavailable: SMPP 3.4 section 5.3.2.30; undefined: it is not said. */
  readonly ms_availability_status?: number | undefined;
}

const INTERNATIONAL = 1;
const ISDN = 1;
const AVAILABLE = 0;

export function alertPdu(alert: PhoneAlert): PduInput {
  const { source_addr, source_addr_ton = INTERNATIONAL, source_addr_npi = ISDN } = alert;
  const { esme_addr = '', esme_addr_ton = 0, esme_addr_npi = 0 } = alert;
  const { ms_availability_status = 'ms_availability_status' in alert ? undefined : AVAILABLE } = alert;
  return {
    command: 'alert_notification',
    source_addr: source_addr.replace(/^\+/, ''),
    source_addr_ton,
    source_addr_npi,
    esme_addr,
    esme_addr_ton,
    esme_addr_npi,
    tlvs: ms_availability_status === undefined ? {} : { ms_availability_status },
  };
}

/** SMPP 3.4 section 5.3.2.28: the sender wants to hear when a phone that could not be reached can be. */
const WANTED = 1;
/** Alerts that are to come, at most. */
const MOST_WAITING = 10_000;

/** Who is to hear that a phone can be reached again. */
export class Alerts {
  readonly #scheduler: Scheduler;
  /** Tells an account, where it is bound to hear it. */
  readonly #tell: (alert: PhoneAlert, systemId: string) => void;
  #waiting = 0;

  constructor(scheduler: Scheduler, tell: (alert: PhoneAlert, systemId: string) => void) {
    this.#scheduler = scheduler;
    this.#tell = tell;
  }

  clear(): void {
    this.#waiting = 0;
  }

  /**
   * What is answered to a message with set_dpf: whether it is noted that its sender wants to hear (dpf_result), which it
   * is where the message will not be delivered. Then that is told `untilAlert` milliseconds from now. Undefined: it does
   * not ask.
   */
  note(
    message: TakenMessage,
    setDpf: unknown,
    isDelivered: boolean,
    untilAlert: number,
  ): { readonly dpf_result: number } | undefined {
    if (setDpf !== WANTED) return undefined;
    if (isDelivered || this.#waiting >= MOST_WAITING) return { dpf_result: 0 };
    this.#waiting++;
    this.#scheduler.in(untilAlert, () => {
      this.#waiting--;
      if (message.cancelledAt !== undefined) return;
      for (const recipient of message.recipients) this.#tell(alertFor(message, recipient), message.system_id);
    });
    return { dpf_result: 1 };
  }
}

function alertFor(message: TakenMessage, { destination_addr, ...to }: Recipient): PhoneAlert {
  return {
    source_addr: destination_addr,
    source_addr_ton: to.dest_addr_ton,
    source_addr_npi: to.dest_addr_npi,
    esme_addr: message.source_addr,
    esme_addr_ton: message.source_addr_ton,
    esme_addr_npi: message.source_addr_npi,
  };
}
