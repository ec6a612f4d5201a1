import type { Script, WhenLost } from './calls';
import { ENQUEUE } from './lua/enqueue';
import * as letters from './lua/letters';
import { EXTEND, LEAVE, RELEASE, PUT_AND_SETTLE } from './lua/settle';
import { DRAIN, PREPARE, PREPARED_BEFORE, RECOVER, TAKE } from './lua/take';
import * as upkeep from './lua/upkeep';

const script = (name: string, lua: string, whenLost: WhenLost): Script => ({
  name,
  lua,
  whenLost,
  keys: [''],
});

/** The scripts of the queue; what each takes and answers stands where its Lua is. */
export const SCRIPTS = {
  open: script('open', upkeep.OPEN, 'repeats'),
  enqueue: script('enqueue', ENQUEUE, 'marks'),
  take: script('take', TAKE, 'fails'),
  recover: script('recover', RECOVER, 'repeats'),
  preparedBefore: script('prepared-before', PREPARED_BEFORE, 'repeats'),
  prepare: script('prepare', PREPARE, 'repeats'),
  drain: script('drain', DRAIN, 'repeats'),
  settle: script('settle', PUT_AND_SETTLE, 'marks'),
  release: script('release', RELEASE, 'repeats'),
  extend: script('extend', EXTEND, 'repeats'),
  leave: script('leave', LEAVE, 'repeats'),
  stats: script('stats', upkeep.STATS, 'repeats'),
  bounds: script('bounds', upkeep.BOUNDS, 'repeats'),
  purge: script('purge', upkeep.PURGE, 'repeats'),
  hasten: script('hasten', upkeep.HASTEN, 'repeats'),
  sweep: script('sweep', upkeep.SWEEP, 'repeats'),
  holdings: script('holdings', upkeep.HOLDINGS, 'repeats'),
  letters: script('letters', letters.LETTERS, 'repeats'),
  lettersOf: script('letters-of', letters.LETTERS_OF, 'repeats'),
  replay: script('replay', letters.REPLAY, 'fails'),
  addLetters: script('add-letters', letters.ADD_LETTERS, 'repeats'),
  told: script('told', letters.TOLD, 'repeats'),
  untold: script('untold', letters.UNTOLD, 'repeats'),
  purgeLetters: script('purge-letters', letters.PURGE_LETTERS, 'repeats'),
} as const;
