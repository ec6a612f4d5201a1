import type { Clock } from '../clock';
import type { PduOf, QueuedCommand } from '../protocol';
import {
  Reassembler,
  decodeParts,
  decodeText,
  readUserData,
  type PartInfo,
  type UserDataHeader,
} from '../text';
import type { TakenMessage } from './message-store';

export type SubmitPdu = PduOf<QueuedCommand>;

/** What a message says. */
export interface Content {
  /** Undefined where it is no text. */
  readonly text: string | undefined;
  /** Without the user data header. */
  readonly octets: Buffer;
  /** The user data header as it came. */
  readonly header: Buffer | undefined;
  readonly udh: UserDataHeader | undefined;
  readonly part: PartInfo | undefined;
}

export function readContent(pdu: SubmitPdu, defaultAlphabet: string): Content {
  const { octets, udh, header, part } = readUserData(pdu);
  return { text: decodeContent(octets, pdu.data_coding, defaultAlphabet, udh), octets, header, udh, part };
}

/** The text of octets without header, or undefined where they are none. */
export function decodeContent(
  octets: Buffer,
  data_coding: number,
  defaultAlphabet: string,
  udh?: UserDataHeader,
): string | undefined {
  try {
    return decodeText(octets, data_coding, { defaultAlphabet, udh });
  } catch {
    // Binary, of an unknown coding, or not what its data_coding says: the octets are all there is.
    return undefined;
  }
}

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
