import type { Script, WhenLost } from '../connection/calls';

/**
 * Of every script KEYS[1] is the base of all keys (`smpp:{id}:`), unless `keys` says otherwise. The names of further keys
 * are built in Lua from it: all are in its slot.
 */
export const script = (
  name: string,
  lua: string,
  whenLost: WhenLost = 'repeats',
  keys: readonly string[] = [''],
): Script => ({ name, lua, whenLost, keys });
