/** Tries to lock a directory, and says whether it has it: `locked` or `held`. */
import { lockDirectory } from '../../../src/store/disk/lmdb/lock';
import { say } from '../../support/say';

void lockDirectory(process.argv[2] ?? '', 'child').then((result) => {
  say('heldBy' in result ? 'held' : 'locked');
  process.exit(0);
});
