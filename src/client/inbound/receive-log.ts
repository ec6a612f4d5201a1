import { secondsSince, type Clock } from '../../clock';
import { statusName } from '../../protocol';
import type { Answer, Session } from '../../session';

/** A message or receipt that comes, as far as lines about it go. */
interface Received {
  readonly command: string;
  readonly sequence_number: number;
}

/** Takes what came; at debug with a line when it comes and one when it is answered. */
export function loggedReceive(
  { command, sequence_number }: Received,
  { log }: Pick<Session, 'log'>,
  clock: Pick<Clock, 'monotonic'>,
  take: () => Promise<Answer> | Answer,
): Promise<Answer> | Answer {
  if (!log.isLevelEnabled('debug')) return take();
  const since = clock.monotonic();
  const facts = { event: 'receive', command, sequence_number } as const;
  log.debug({ ...facts, stage: 'start' }, `${command} came`);
  const answered = (status: number | string): void => {
    const command_status = typeof status === 'number' ? statusName(status) : status;
    const duration = secondsSince(clock, since);
    log.debug({ ...facts, stage: 'end', command_status, duration }, `answered with ${command_status}`);
  };
  const answer = take();
  if (answer instanceof Promise) {
    answer.then(
      ({ command_status }) => answered(command_status),
      () => answered('ESME_RSYSERR'),
    );
  } else answered(answer.command_status);
  return answer;
}
