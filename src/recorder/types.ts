import type { ExportFormat, ExportOptions, Recording } from './exporting';

/** How a message is recorded. */
export interface RecordedMessage {
  /** Of the message. */
  readonly id: string;
  /** PDUs so far. */
  readonly entries: number;
  /** PDUs for which there was no room. */
  readonly missed: number;
}

/** What is recorded. */
export interface RecorderStatus {
  /** Whether all PDUs are recorded from now on. */
  readonly recording: boolean;
  /** Of the ring, in KiB; 0: there is none. */
  readonly size: number;
  /** PDUs in the ring. */
  readonly entries: number;
  /** What they take of it. */
  readonly octets: number;
  /** PDUs that made room, or were longer than the ring. */
  readonly overwritten: number;
  /** When the oldest PDU in the ring went or came; epoch milliseconds. */
  readonly oldest?: number;
  /** Messages that are recorded by themselves. */
  readonly messages: readonly RecordedMessage[];
}

/** What keeps PDUs as they go over the wire: all of a connection, or those of single messages. */
export interface Recorder {
  /** Whether anything is recorded now. */
  readonly isOn: boolean;

  /**
   * Records all PDUs from now on, in a ring of `size` KiB (default: `recorderSize`, or 1024 where that is 0), or those of
   * the message `id`, for a day at most. The ring begins anew, unless it is on and as large. Throws `INVALID_OPTION`; and
   * `RECORDER_FULL` where 100 messages are recorded by themselves.
   */
  start(what?: { size?: number | undefined; id?: string | undefined }): void;

  /** Records no more; what is recorded can still be exported. With `id`: of this message, whose PDUs are gone then. */
  stop(what?: { id?: string | undefined }): void;

  /** Stops, and forgets all that is recorded. */
  clear(): void;

  /** What is recorded, and how much. */
  status(): RecorderStatus;

  /**
   * What is recorded, as it is now: data, text, or a capture in the format pcap, in which the octets of TLS are plain too.
   * A password is in none of them; numbers and texts are masked unless they are asked for. Rejects with `NOT_RECORDED`
   * where nothing was to be recorded, or not of this message, and with `INVALID_OPTION`.
   */
  export<F extends ExportFormat = 'data'>(
    options?: ExportOptions & { format?: F | undefined },
  ): Promise<Recording<F>>;
}
