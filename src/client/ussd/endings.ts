import { BoundedMap } from '../../collections';
import type { Log, LogLine } from '../../observability';
import type { Store } from '../../store';
import type { Events } from '../events/emitter';
import { ussdEvent } from '../events/ussd-form';
import type { Deadlines } from './deadlines';
import type { Dialogue } from './dialogue';
import type { DialogueStore } from './dialogue-store';

/** Why a dialogue is over. */
export interface End {
  readonly kind: 'abort' | 'timeout';
  readonly code: string;
  readonly reason: string;
  readonly command_status?: string | undefined;
}

export const byNetwork = (kind: End['kind']): End => ({
  kind,
  code: 'NETWORK',
  reason: kind === 'abort' ? 'the phone or the network ended it' : 'the network says that its time is over',
});
export const REPLACED: End = {
  kind: 'abort',
  code: 'REPLACED',
  reason: 'a new dialogue with the same number has begun',
};
export const TIMED_OUT: End = {
  kind: 'timeout',
  code: 'TIMEOUT',
  reason: 'no message of it came or went within ussdTimeout',
};
export const NO_ROOM: End = {
  kind: 'abort',
  code: 'TOO_MANY',
  reason: 'too many dialogues are open: the oldest ends',
};

export interface EndingsParts {
  readonly kept: DialogueStore;
  readonly deadlines: Deadlines;
  readonly store: Pick<Store, 'capabilities'>;
  readonly log: Log;
  readonly events: Events;
}

/** Dialogues that ended here, so that what is still queued for them is not sent. */
const REMEMBERED = 10_000;

/** Ends dialogues, and tells so once, whichever instance learns of it. */
export class Endings {
  readonly #parts: EndingsParts;
  readonly #ended = new BoundedMap<true>(REMEMBERED);

  constructor(parts: EndingsParts) {
    this.#parts = parts;
  }

  /** Whether it is known here that this one is over. */
  has(id: string): boolean {
    return this.#ended.get(id) === true;
  }

  /** From now on nothing is sent for it. */
  mark(id: string): void {
    this.#ended.set(id, true);
  }

  async end(dialogue: Dialogue, { kind, code, reason, command_status }: End): Promise<void> {
    const { log, events, kept, store } = this.#parts;
    const isMine = !store.capabilities.shared || (await kept.end(dialogue));
    await this.forget(dialogue);
    // Its last message was on its way, or has come: nobody waits for anything.
    if (!isMine || dialogue.next === 'none') return;
    const source = dialogue.phone.addr;
    const line = { event: 'ussd', stage: 'end', source, code, reason, command_status } satisfies LogLine;
    log.debug(line, `a USSD dialogue is over (${kind})`);
    void events.emit('ussd', ussdEvent(dialogue, { kind, code, reason, command_status }));
  }

  /** Ends it, and tells nobody. */
  async forget(dialogue: Dialogue): Promise<void> {
    const { kept, deadlines } = this.#parts;
    const open = await kept.with(dialogue.phone.addr);
    deadlines.delete(dialogue.id);
    this.mark(dialogue.id);
    await kept.delete(dialogue, open?.id === dialogue.id);
  }
}
