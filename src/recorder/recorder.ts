import { nextTurn, type Clock } from '../clock';
import { SmppError, type CodecOptions, type ExplainOptions } from '../protocol';
import type { Entry, RecordedLink } from './entry';
import {
  checkExport,
  exportEntries,
  invalid,
  type ExportFormat,
  type ExportOptions,
  type Recording,
} from './exporting';
import { Links } from './links';
import { MessageRecorder } from './message-recorder';
import { KEPT_FOR, MOST_MESSAGES } from './messages';
import { PduRing } from './ring';
import type { Recorder, RecorderStatus } from './types';

export interface WireRecorderParts {
  readonly clock: Clock;
  readonly codec: CodecOptions;
  readonly decodeText: NonNullable<ExplainOptions['decodeText']>;
  /** KiB; 0: off. */
  readonly size: number;
  /** Somebody switched it, or took something from it. */
  readonly told?: (stage: 'start' | 'stop' | 'export', facts: RecorderFacts) => void;
}

export interface RecorderFacts {
  readonly id?: string | undefined;
  readonly entries?: number;
  readonly numbers?: boolean;
  readonly texts?: boolean;
}

/** What a session is given to: every PDU, whole. */
export type RecorderTap = (direction: 'in' | 'out', octets: Buffer) => void;

/** Largest ring, and what a ring has that nobody gave a size; KiB. */
const LARGEST = 65_536;
const USUAL = 1024;
/** Milliseconds by which the wall clock may differ before recorded times follow it. */
const DRIFT = 2;
/** Milliseconds between two looks at it. */
const LOOK = 100;

/**
 * Keeps PDUs as they go over the wire: the last ones of all sessions in a ring of a fixed size, and those of messages
 * that are asked for by their ids. Is off, and costs nothing, until it is started.
 */
export class WireRecorder implements Recorder {
  readonly #parts: WireRecorderParts;
  readonly #links = new Links();
  readonly #messages: MessageRecorder;
  /** What was recorded stays until the next start. */
  #ring: PduRing | undefined;
  #isRecording = false;
  /** Longer than the ring. */
  #tooLong = 0;
  /** Wall clock minus monotonic time. */
  #base = 0;
  /** When to look at the wall clock again; monotonic milliseconds. */
  #lookAt = -Infinity;
  /** When the first of the messages has been recorded for long enough; monotonic milliseconds. */
  #expiresAt = Infinity;

  constructor(parts: WireRecorderParts) {
    this.#parts = parts;
    this.#messages = new MessageRecorder(this.#links, parts.codec);
    if (parts.size > 0) this.#open(parts.size);
  }

  get isOn(): boolean {
    return this.#isRecording || this.#messages.isOn;
  }

  start({ size, id }: { size?: number | undefined; id?: string | undefined } = {}): void {
    if (id !== undefined) return this.#watch(id);
    const wanted = size ?? (this.#parts.size || USUAL);
    if (!Number.isInteger(wanted) || wanted < 1 || wanted > LARGEST)
      throw invalid('size', size, `give KiB, a whole number from 1 to ${LARGEST}`);
    if (this.#isRecording && this.#ring?.size === wanted * 1024) return;
    this.#open(wanted);
    this.#parts.told?.('start', {});
  }

  #open(size: number): void {
    this.#dropRing();
    this.#ring = new PduRing(size * 1024, this.#links.drop);
    this.#tooLong = 0;
    this.#isRecording = true;
  }

  stop({ id }: { id?: string | undefined } = {}): void {
    if (id === undefined) {
      if (this.#isRecording) this.#parts.told?.('stop', {});
      this.#isRecording = false;
      return;
    }
    if (!this.#messages.get(id)) throw notRecorded(id);
    this.#messages.close(id);
    this.#parts.told?.('stop', { id });
  }

  clear(): void {
    this.stop();
    for (const { id } of this.#messages.all) this.stop({ id });
    this.#dropRing();
  }

  #dropRing(): void {
    for (const { session } of this.#ring?.entries() ?? []) this.#links.drop(session);
    this.#ring = undefined;
  }

  status(): RecorderStatus {
    this.#expire();
    const ring = this.#ring;
    const [oldest] = ring?.entries() ?? [];
    return {
      recording: this.#isRecording,
      size: (ring?.size ?? 0) / 1024,
      entries: ring?.count ?? 0,
      octets: ring?.used ?? 0,
      overwritten: (ring?.overwritten ?? 0) + this.#tooLong,
      ...(oldest && { oldest: oldest.time }),
      messages: this.#messages.all.map(({ id, entries, missed }) => ({
        id,
        entries: entries.length,
        missed,
      })),
    };
  }

  async export<F extends ExportFormat = 'data'>(
    options: ExportOptions & { format?: F | undefined } = {},
  ): Promise<Recording<F>> {
    const checked = checkExport(options);
    this.#expire();
    const { entries, count } = this.#exported(checked.id);
    const links = this.#links.copy();
    const { clock, codec, decodeText, told } = this.#parts;
    const { id, numbers = false, texts = false } = checked;
    told?.('export', { id, numbers, texts, entries: count });
    return (await exportEntries(
      {
        entries,
        count,
        linkOf: (session) => links.get(session),
        explaining: { ...codec, decodeText },
        pause: () => nextTurn(clock),
      },
      checked,
    )) as Recording<F>;
  }

  #exported(id: string | undefined): { entries: Iterable<Entry>; count: number } {
    if (id !== undefined) {
      const record = this.#messages.get(id);
      if (!record) throw notRecorded(id);
      return {
        entries: [...record.entries].sort((one, other) => one.time - other.time),
        count: record.entries.length,
      };
    }
    if (!this.#ring) throw notRecorded(undefined);
    const ring = this.#ring.copy();
    return { entries: ring.entries(), count: ring.count };
  }

  // --- of the engine ---

  /** What takes the PDUs of a session, which exists when the first one comes. */
  tap(session: () => object, link: RecordedLink): RecorderTap {
    let isKnown = false;
    return (direction, octets) => {
      if (!isKnown) this.#messages.enter(session(), link);
      isKnown = true;
      this.#passes(link, direction, octets);
    };
  }

  /** Whether it is wanted to know whose PDUs go and come. */
  get watches(): boolean {
    return this.#messages.isOn;
  }

  /** A request with this sequence_number has gone out, and is of this message. */
  sent(id: string, sequence: number, session: object): void {
    this.#messages.sent(id, sequence, session);
  }

  /** A request has come that is about this message. */
  received(id: string, octets: Buffer, session: object): void {
    this.#messages.received(id, this.#time(), octets, session);
  }

  #passes(link: RecordedLink, direction: 'in' | 'out', octets: Buffer): void {
    const time = this.#time();
    if (this.#isRecording && this.#ring) {
      if (this.#ring.add(time, direction, link.session, octets)) this.#links.add(link);
      else this.#tooLong++;
    }
    if (!this.#messages.isOn) return;
    if (this.#parts.clock.monotonic() > this.#expiresAt) this.#expire();
    this.#messages.passes({ time, direction, session: link.session, octets }, link);
  }

  /** Microseconds, as far as the machine has them; follows the wall clock where that was set. */
  #time(): number {
    const { clock } = this.#parts;
    const monotonic = clock.monotonic();
    if (monotonic >= this.#lookAt) {
      const now = clock.now();
      if (Math.abs(this.#base + monotonic - now) > DRIFT) this.#base = now - monotonic;
      this.#lookAt = monotonic + LOOK;
    }
    return this.#base + monotonic;
  }

  // --- what is kept ---

  #watch(id: unknown): void {
    if (typeof id !== 'string' || id === '') throw invalid('id', id, 'give the id of a message');
    if (this.#messages.get(id)) return;
    this.#expire();
    const now = this.#parts.clock.monotonic();
    if (!this.#messages.open(id, now)) {
      const text = `${MOST_MESSAGES} messages are recorded by themselves already: stop one of them first`;
      throw new SmppError('RECORDER_FULL', text);
    }
    this.#expiresAt = Math.min(this.#expiresAt, now + KEPT_FOR);
    this.#parts.told?.('start', { id });
  }

  #expire(): void {
    const now = this.#parts.clock.monotonic();
    for (const { id, since } of this.#messages.all) if (now - since >= KEPT_FOR) this.stop({ id });
    this.#expiresAt = Math.min(...this.#messages.all.map(({ since }) => since + KEPT_FOR));
  }
}

function notRecorded(id: string | undefined): SmppError {
  return new SmppError(
    'NOT_RECORDED',
    id === undefined
      ? 'nothing was recorded: start the recorder first'
      : `the message ${id} is not recorded by itself: start that first, with its id`,
  );
}
