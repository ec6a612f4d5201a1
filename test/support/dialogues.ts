import type { Clock } from '../../src/clock';
import type { Settings } from '../../src/index';
import { Events } from '../../src/client/events/emitter';
import { Dialogues } from '../../src/client/ussd';
import { silentLog } from '../../src/observability';
import type { Store } from '../../src/store';

/** The USSD dialogues of an intake that stands alone. */
export function dialoguesOf(
  settings: Settings,
  store: Pick<Store, 'state' | 'capabilities'>,
  clock: Clock,
): Dialogues {
  const randomOctets = (count: number): Uint8Array => Buffer.alloc(count, 1);
  const events = new Events(silentLog);
  return new Dialogues({ settings, store, clock, log: silentLog, events, random: () => 0.5, randomOctets });
}
