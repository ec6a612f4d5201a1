/** A client to be measured; one file beside this one each. */
export interface Contender {
  /** What the table calls it. */
  readonly title: string;
  /** Connects and binds. `window`: submits outstanding at most. */
  open(port: number, window: number): Promise<Run>;
}

export interface Run {
  /** Sends so many messages and resolves when all are answered. */
  send(count: number): Promise<void>;
  close(): Promise<void>;
}

/** 50 characters: one segment in any alphabet. */
export const TEXT = 'Your parcel will arrive tomorrow between 9 and 11.';
export const SOURCE = '4915112345678';
export const DESTINATION = '4917187654321';
