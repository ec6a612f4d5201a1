import { secondsSince } from '../clock';
import { statusName, type Pdu, type SmppError } from '../protocol';
import type { SessionCore } from './core';
import type { Outbound } from './outbound';

const TEXTS = {
  enquire_link: {
    start: 'nothing came for a while: the peer is asked whether it is there',
    end: 'the peer is there',
    lost: 'the peer does not answer whether it is there',
  },
  unbind: { start: 'unbinding', end: 'the peer has agreed', lost: 'the peer did not answer the unbind' },
} as const;

/** Neither takes a slot of the window; an unbind has a time limit of its own. */
const WINDOWS = { enquire_link: 'control', unbind: 'greeting' } as const;

/** Sends a request of the session's own, with a line when it goes and one when it is answered, or is not to be. */
export async function loggedExchange(
  core: SessionCore,
  outbound: Outbound,
  event: keyof typeof TEXTS,
): Promise<Pdu> {
  const { log, clock } = core.options;
  const since = clock.monotonic();
  const asked = outbound.ask(core[WINDOWS[event]], { command: event });
  const facts = { event, direction: 'out', sequence_number: outbound.lastNumber } as const;
  log.debug({ ...facts, stage: 'start' }, TEXTS[event].start);
  const duration = (): number => secondsSince(clock, since);
  try {
    const answer = await asked;
    const command_status = statusName(answer.command_status);
    log.debug({ ...facts, stage: 'end', command_status, duration: duration() }, TEXTS[event].end);
    return answer;
  } catch (error) {
    const { code } = error as SmppError;
    log.debug({ ...facts, stage: 'end', code, duration: duration() }, TEXTS[event].lost);
    throw error;
  }
}
