import { describeStatus, type StatusKind } from '../../protocol';
import { saysNoSession } from '../../session';
import type { StatusPolicy } from '../config/status-policy';

/** `rebind`: the SMSC knows no session of ours; the message goes over the next one, and nothing is counted. */
export type Verdict = StatusKind | 'rebind';

/** What a status of submit_sm_resp means for the message: as the user says, else as the table of statuses does. */
export function verdictOf(status: number, policy: StatusPolicy): Verdict {
  if (status === 0) return 'ok';
  return policy.get(status) ?? (saysNoSession(status) ? 'rebind' : describeStatus(status).kind);
}

const FIRST_RETRY = 2000;
const LAST_RETRY = 300_000;

/**
 * Milliseconds until a message that was refused for a while is tried again, after `attempts`
 * refusals (from 1): 2, 4, 8, 16 … s, at most 5 min, the last fifth of it random.
 */
export function retryDelay(attempts: number, random: () => number): number {
  const delay = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** Math.min(attempts - 1, 20));
  return delay * (0.8 + 0.2 * random());
}
