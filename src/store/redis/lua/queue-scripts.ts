import { ENQUEUE } from './enqueue';
import * as letters from './dead-letters';
import { EXTEND, LEAVE, RELEASE, PUT_AND_SETTLE } from './settle';
import { script } from './script';
import { REMOVE_NAMED, SEARCH } from './search';
import { DRAIN, PREPARE, PREPARED_BEFORE, RECOVER, TAKE } from './take';
import * as upkeep from './upkeep';

/** The scripts of the queue; KEYS, ARGV and reply of each stand where its Lua is. */
export const SCRIPTS = {
  open: script('open', upkeep.OPEN),
  enqueue: script('enqueue', ENQUEUE, 'marks'),
  take: script('take', TAKE, 'fails'),
  recover: script('recover', RECOVER),
  preparedBefore: script('prepared-before', PREPARED_BEFORE),
  prepare: script('prepare', PREPARE),
  drain: script('drain', DRAIN),
  settle: script('settle', PUT_AND_SETTLE, 'marks'),
  release: script('release', RELEASE),
  extend: script('extend', EXTEND),
  leave: script('leave', LEAVE),
  stats: script('stats', upkeep.STATS),
  bounds: script('bounds', upkeep.BOUNDS),
  purge: script('purge', upkeep.PURGE),
  search: script('search', SEARCH),
  removeNamed: script('remove-named', REMOVE_NAMED),
  hasten: script('hasten', upkeep.HASTEN),
  sweep: script('sweep', upkeep.SWEEP),
  holdings: script('holdings', upkeep.HOLDINGS),
  letters: script('letters', letters.LETTERS),
  lettersOf: script('letters-of', letters.LETTERS_OF),
  replay: script('replay', letters.REPLAY, 'fails'),
  addLetters: script('add-letters', letters.ADD_LETTERS),
  told: script('told', letters.TOLD),
  untold: script('untold', letters.UNTOLD),
  purgeLetters: script('purge-letters', letters.PURGE_LETTERS),
} as const;
