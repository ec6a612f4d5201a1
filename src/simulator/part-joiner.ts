import type { Clock } from '../clock';
import { Reassembler, decodeParts, type PartInfo } from '../text';
import type { Content } from './content';
import type { TakenMessage } from './message-store';

/** Joins the parts of long messages. What never becomes whole is forgotten. */
export class PartJoiner {
  readonly #clock: Clock;
  readonly #defaultAlphabet: string;
  #reassembler = newReassembler();

  constructor(clock: Clock, defaultAlphabet: string) {
    this.#clock = clock;
    this.#defaultAlphabet = defaultAlphabet;
  }

  /** The whole text, if this part completes it and it is one. */
  join(message: TakenMessage, content: Content, part: PartInfo): string | undefined {
    const now = this.#clock.monotonic();
    this.#reassembler.expire(now);
    const { message: joined } = this.#reassembler.add(
      {
        ...part,
        // Clients may have the same numbers; their parts are not to be mixed.
        source: `${message.system_id}:${message.source_addr}`,
        destination: message.recipients[0]?.destination_addr ?? '',
        data_coding: message.data_coding,
        octets: Buffer.from(content.octets),
        header: content.header && Buffer.from(content.header),
      },
      now,
    );
    return joined && decodeParts(joined.parts, { defaultAlphabet: this.#defaultAlphabet }).text;
  }

  clear(): void {
    this.#reassembler = newReassembler();
  }
}

/** A message that is sent once more is taken once more, so there are no duplicates to watch for. */
function newReassembler(): Reassembler {
  return new Reassembler({ duplicateWindow: 0, maxMessages: 1000 });
}
