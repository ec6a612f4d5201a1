import { RecordWriter } from '../../record/bytes';
import type { FoundMessage } from '../../types';
import type { Argument, RedisCalls } from '../connection/calls';
import { PRIORITIES } from '../connection/keys';
import { SCRIPTS } from '../lua/queue-scripts';
import { readRemoved } from './removed';

/** Entries that one script looks at: the server serves nobody else meanwhile. */
const AT_ONCE = 1000;

/** A message, and what it is called in the scripts. */
export interface Named extends FoundMessage {
  readonly name: string;
}

/** Looks for messages by their ids, through all that is stored: an index would cost each message. */
export async function search(
  calls: RedisCalls,
  ids: readonly string[],
  check: () => void,
): Promise<readonly Named[]> {
  const wanted = new Set(ids);
  const needles = [...wanted].map(octetsOf);
  const found: Named[] = [];
  for (const priority of PRIORITIES) {
    for (let from = '-'; from !== '';) {
      check();
      const args: Argument[] = [priority, from, AT_ONCE, ...needles];
      const [stopped, ...some] = (await calls.run(SCRIPTS.search, args)) as [Buffer, ...unknown[]];
      from = String(stopped);
      for (let at = 0; at < some.length; at += 4) {
        const { item, state } = readRemoved(some[at + 3]);
        if (!wanted.has(item.id)) continue;
        found.push({
          name: String(some[at]),
          item,
          state,
          leased: some[at + 1] === 1,
          delayed: some[at + 2] === 1,
        });
      }
    }
  }
  return found;
}

/** An id as records have it. */
function octetsOf(id: string): Buffer {
  const writer = new RecordWriter();
  writer.begin(0);
  writer.id(id);
  return writer.octets;
}
