import type { UssdSession } from '../../protocol';
import { isCount, storedFields } from '../config/stored';

/** An address of a PDU. */
export interface UssdAddress {
  readonly addr: string;
  readonly ton: number;
  readonly npi: number;
}

/** A USSD dialogue, as it is kept. */
export interface Dialogue {
  /** Ours: what a user knows it by. */
  readonly id: string;
  /** The phone. */
  readonly phone: UssdAddress;
  /** The service: what answers come from. */
  readonly service: UssdAddress;
  /** The code that was dialled, where it is known. */
  readonly code?: string | undefined;
  /** What the gateway knows it by. */
  readonly session: UssdSession;
  /** The application began it. */
  readonly pushed: boolean;
  /** Messages of the phone so far. */
  readonly turn: number;
  /** Whose turn it is; `none`: its last message is on its way, or has come. */
  readonly next: 'us' | 'phone' | 'none';
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export const DIALOGUES = 'ussd:';
export const nameOf = (id: string): string => DIALOGUES + id;
export const encodeDialogue = (dialogue: Dialogue): Buffer => Buffer.from(JSON.stringify(dialogue));

/** Undefined: it cannot be read. */
export function decodeDialogue(stored: Buffer): Dialogue | undefined {
  const fields = storedFields(stored) as Partial<Dialogue>;
  const { id, phone, service, session, turn, next, expiresAt } = fields;
  const isRead =
    typeof id === 'string' &&
    isAddress(phone) &&
    isAddress(service) &&
    typeof session === 'object' &&
    isCount(turn) &&
    (next === 'us' || next === 'phone' || next === 'none') &&
    typeof expiresAt === 'number';
  return isRead ? ({ ...fields, pushed: fields.pushed === true } as Dialogue) : undefined;
}

function isAddress(given: unknown): boolean {
  const { addr, ton, npi } = Object(given) as Partial<UssdAddress>;
  return typeof addr === 'string' && isCount(ton) && isCount(npi);
}

/** Whether the gateway means the same dialogue by both. */
export function isSameSession(one: UssdSession, other: UssdSession): boolean {
  return Object.entries(one).every(([tlv, value]) => other[tlv] === undefined || other[tlv] === value);
}

/** Whether both name the same dialogue, and name one. */
export function isNamed(one: UssdSession, other: UssdSession): boolean {
  const names = Object.keys(one);
  return names.length > 0 && names.every((tlv) => one[tlv] === other[tlv]);
}
