import { fingerprint, isSamePart as isSame, packPart, type MessageFacts } from './packed-part';
import type { MessagePart } from './user-data';

/** Why a message was given up: no part came for a while, there was no room, or another has its reference number. */
export type IncompleteReason = 'timeout' | 'capacity' | 'superseded';

/** A long message, or what came of it. */
export interface JoinedMessage {
  /** What {@link AddResult} called it while it waited. */
  readonly key: string;
  /** Whether all parts are there. */
  readonly complete: boolean;
  /** Why it is given up, where it is not complete. */
  readonly reason?: IncompleteReason;
  /** By their number; {@link decodeParts} makes a text of them. */
  readonly parts: readonly MessagePart[];
  /** Parts that it has, or should have. */
  readonly total: number;
  /** Numbers of the parts that did not come. */
  readonly missing: readonly number[];
  /** Epoch milliseconds of the first and the last part. */
  readonly firstAt: number;
  /** When its last part came, in milliseconds of the caller's time. */
  readonly lastAt: number;
}

/** What the parts of one message have in common (TS 23.040 section 9.2.3.24.1). */
export function partKey({ source, destination, method, reference, total }: MessageFacts): string {
  return [escaped(source), escaped(destination), method, reference, total].join('/');
}

function escaped(address: string): string {
  return address.replace(/[%/]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

/** 32 bits that tell a repeated part from one of another message. */
export const partFingerprint = (part: MessagePart): number => fingerprint(packPart(part));

/** Whether two parts say the same, however marked. */
export const isSamePart = (one: MessagePart, other: MessagePart): boolean =>
  isSame(packPart(one), packPart(other));

/** `parts` in the order of their numbers. */
export function joinedMessage(
  { key, total, firstAt, lastAt }: Pick<JoinedMessage, 'key' | 'total' | 'firstAt' | 'lastAt'>,
  parts: readonly MessagePart[],
  reason?: IncompleteReason,
): JoinedMessage {
  const there = new Set(parts.map(({ part }) => part));
  const missing = Array.from({ length: total }, (_, at) => at + 1).filter((part) => !there.has(part));
  const complete = missing.length === 0;
  const why = reason && !complete ? { reason } : {};
  return { key, complete, ...why, parts, total, missing, firstAt, lastAt };
}
