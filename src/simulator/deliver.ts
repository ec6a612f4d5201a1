import { SmppError, describeStatus, type Pdu, type PduInput } from '../protocol';
import type { Session } from '../session';
import { retryDelay } from './delivery-queue';
import type { Scheduler } from './scheduler';

/** How {@link Smsc.deliver} goes about it. */
export interface DeliverOptions {
  /** Only to receivers of this account. */
  readonly system_id?: string;
  /**
   * How often a part is tried again, after 1, 2, 4 … s, when it is refused for a while, not answered or its link
   * goes; default 0.
   */
  readonly repeat?: number;
}

/** Sends one PDU to whoever `receiver` names, again as often as `repeat` says. */
export async function deliverPdu(
  pdu: PduInput,
  receiver: () => Session,
  repeat: number,
  scheduler: Scheduler,
): Promise<Pdu> {
  for (let tries = 0; ; tries++) {
    const last = tries >= repeat;
    try {
      const response = await receiver().request(pdu);
      const { kind } = describeStatus(response.command_status);
      if (last || kind === 'ok' || kind === 'fail') return response;
    } catch (error) {
      if (last || !(error instanceof SmppError) || !error.retriable) throw error;
    }
    await scheduler.sleep(retryDelay(tries));
  }
}
