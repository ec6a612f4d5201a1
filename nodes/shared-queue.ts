import type { Clock } from '../src/clock';
import type { SmppClient, StatusReport } from '../src/index';
import { within } from '../src/waiting';
import type { Claim } from './registry';

export interface SharedQueueParts {
  readonly client: Pick<SmppClient, 'status' | 'disconnect'>;
  readonly claim: Pick<Claim, 'behind' | 'remember'>;
  /** Where it is, for people; undefined: this connection's queue is shared with nobody. */
  readonly place: string | undefined;
  readonly clock: Clock;
  readonly warn: (text: string) => void;
}

/**
 * What a connection leaves in a queue on a server when it gets another queue, or is deleted: it is not moved or removed,
 * for it may be that of other instances, but it is said how much that is and where.
 */
export class SharedQueue {
  readonly #parts: SharedQueueParts;

  constructor(parts: SharedQueueParts) {
    this.#parts = parts;
    const { claim, place, warn } = parts;
    if (claim.behind && claim.behind.place !== place)
      warn(
        `the queue is another one now: ${described(claim.behind.queued)} ${claim.behind.place}, ${REMEDY}`,
      );
  }

  /** Before the client stops, whose sessions end here: what is counted is what nobody sends any more. */
  async leave(removed: boolean): Promise<void> {
    const { client, claim, place, clock, warn } = this.#parts;
    if (place === undefined) return;
    await client.disconnect();
    const report = await reportOf(client, clock, COUNTING);
    const queued = report?.queue_state === 'available' ? report.queued + report.in_flight : undefined;
    claim.remember({ place, queued });
    if (removed && queued !== 0)
      warn(`the connection was deleted or disabled: ${described(queued)} ${place}, ${REMEDY}`);
  }
}

/** How the connection is; undefined: its queue did not say in so many milliseconds. */
export async function reportOf(
  client: Pick<SmppClient, 'status'>,
  clock: Clock,
  limit: number,
): Promise<StatusReport | undefined> {
  let report: StatusReport | undefined;
  await within(
    clock,
    limit,
    client.status().then((told) => (report = told)),
  );
  return report;
}

const described = (queued: number | undefined): string =>
  queued === undefined ? 'messages may stay in' : `${queued} messages stay in`;

const REMEDY =
  'as do dead letters and what receipts are matched by; other instances that share it go on with them, ' +
  'else a connection that has this queue again';

/** Milliseconds that the server has to answer. */
const COUNTING = 500;
