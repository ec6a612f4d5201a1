import type { Unreadable } from './records';

/** Something in the store that cannot be read. It stays where it is, or is put aside; what is readable goes on. */
export interface StoreDamage {
  /** `record`: one entry; `newer`: one entry that a newer version wrote; `file`: the file's structure. */
  readonly kind: 'record' | 'newer' | 'file';
  /** What was found, what was done about it, and the remedy. */
  readonly text: string;
}

/** Told of damage that was found, and what was done about it. */
export type OnDamage = (damage: StoreDamage) => void;

export function damagedRecord(what: string, why: Unreadable): StoreDamage {
  if (why === 'newer') {
    const text = `${what} was written by a newer version of this package and stays as it is; install that version to have it sent.`;
    return { kind: 'newer', text };
  }
  return { kind: 'record', text: `${what} is damaged (its checksum does not match) and is passed over.` };
}
