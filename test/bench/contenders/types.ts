/** A client to be measured; one file beside this one each. */
export interface Contender {
  /** What the table calls it. */
  readonly title: string;
  /** Connects and binds. */
  open(setting: Setting): Promise<Run>;
}

export interface Setting {
  readonly port: number;
  /** Submits outstanding at most. */
  readonly window: number;
  /** More options and message fields, for those that know them. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly message?: Readonly<Record<string, unknown>>;
  /** It has metrics, which are scraped once a second. */
  readonly metrics?: boolean;
  /** So many are queued before, and stay that many. */
  readonly backlog?: number;
  /** So many message_ids of earlier messages are known. */
  readonly correlations?: number;
  /** Whether receipts are listened for. */
  readonly receives: boolean;
}

export interface Run {
  /** Sends so many messages and resolves when all are answered. */
  send(count: number): Promise<void>;
  /** Asks the responder for a receipt of each of the last `count` messages; resolves when all are told and answered. */
  receive?(count: number): Promise<void>;
  close(): Promise<void>;
}

/** 50 characters: one segment in any alphabet. */
export const TEXT = 'Your parcel will arrive tomorrow between 9 and 11.';
export const SOURCE = '4915112345678';
export const DESTINATION = '4917187654321';
