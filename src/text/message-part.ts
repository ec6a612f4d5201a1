import type { PartInfo } from './user-data';

/** One part of a long message, as {@link readUserData} gives it. */
export interface MessagePart extends PartInfo {
  readonly source: string;
  readonly destination: string;
  readonly data_coding: number;
  /** Without the header. */
  readonly octets: Buffer;
  /** The user data header as it came: it may name shift tables. */
  readonly header?: Buffer | undefined;
  /** Anything of the caller's; plain data, where entries are exported. */
  readonly context?: unknown;
}
