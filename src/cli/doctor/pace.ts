import { describeStatus, statusCode, type PduInput } from '../../protocol';
import { NoAnswer, type Answered, type ProbeLink } from './link';
import type { Finding } from './steps';

/** Requests at once that are tried, in turn; up to the limit that is asked for. */
const WINDOWS = [1, 2, 5, 10, 20, 50, 100];
/** Requests of one round: enough to see a rate, few enough to harm nobody. */
const ROUND = 40;
/** Above so many times the time of a single request a window has become too large to be of use. */
const SLOWER = 8;

/** Whether a status asks for less; what is no status, as where no answer came, does not. */
export const isThrottling = (status: string | number): boolean =>
  (typeof status === 'number' || statusCode(status) !== undefined) &&
  describeStatus(status).kind === 'throttle';

export interface Round {
  readonly window: number;
  readonly answered: number;
  readonly throttled: number;
  readonly unanswered: number;
  /** Per second. */
  readonly rate: number;
  /** Milliseconds, the middle one. */
  readonly latency: number;
}

/** Sends `total` requests, `window` at once. Ends early where something goes wrong. */
export async function round(
  link: ProbeLink,
  { window, total, timeout }: { window: number; total: number; timeout: number },
  request: () => PduInput,
): Promise<Round> {
  const latencies: number[] = [];
  let [sent, throttled, unanswered] = [0, 0, 0];
  const take = ({ pdu, latency }: Answered): void => {
    latencies.push(latency);
    if (isThrottling(pdu.command_status)) throttled++;
  };
  const worker = async (): Promise<void> => {
    while (sent < total && throttled === 0 && unanswered === 0 && link.isOpen) {
      sent++;
      try {
        take(await link.ask(request(), timeout));
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        unanswered++;
      }
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: window }, worker));
  const seconds = Math.max(1e-6, (performance.now() - start) / 1000);
  const middle = latencies.sort((one, other) => one - other)[Math.floor(latencies.length / 2)] ?? 0;
  return {
    window,
    answered: latencies.length - throttled,
    throttled,
    unanswered,
    rate: latencies.length / seconds,
    latency: middle,
  };
}

export interface PaceResult {
  readonly finding: Finding;
  /** The largest window without trouble. */
  readonly window: number;
}

/** How many enquire_links the SMSC takes at once, and how fast it answers. Costs nothing, and is bounded. */
export async function probePace(link: ProbeLink, most: number, timeout: number): Promise<PaceResult> {
  const rounds: Round[] = [];
  let best: Round | undefined;
  let trouble: Round | undefined;
  for (const window of [...WINDOWS.filter((one) => one < most), most]) {
    const total = Math.max(window, window === 1 ? 5 : ROUND);
    const one = await round(link, { window, total, timeout }, () => ({ command: 'enquire_link' }));
    rounds.push(one);
    if (one.throttled > 0 || one.unanswered > 0) {
      trouble = one;
      break;
    }
    best = one;
    const [first] = rounds;
    if (first && one.latency > first.latency * SLOWER && one.latency > 500) break;
  }
  return { finding: findingOf(rounds, best, trouble, link), window: best?.window ?? 1 };
}

function findingOf(
  rounds: readonly Round[],
  best: Round | undefined,
  trouble: Round | undefined,
  link: ProbeLink,
): Finding {
  const facts = { rounds, window: best?.window ?? 0 };
  const good = best
    ? `${best.window} at once: ${Math.round(best.rate)}/s, ${best.latency.toFixed(1)} ms each`
    : 'none was answered';
  if (!trouble) {
    const text = `enquire_link, ${good}`;
    return {
      outcome: 'ok',
      text: `${text} (what it allows for messages may be less: see the test messages)`,
      facts,
    };
  }
  const remedy = `set windowSize: ${best?.window ?? 1}`;
  if (trouble.throttled > 0) {
    return {
      outcome: 'warning',
      text: `${good}; with ${trouble.window} at once it answers ESME_RTHROTTLED`,
      remedy,
      facts,
    };
  }
  const how = link.isOpen ? 'some are not answered' : 'it closes the connection';
  return {
    outcome: best ? 'warning' : 'failed',
    text: `${good}; with ${trouble.window} at once ${how}`,
    remedy,
    facts,
  };
}
