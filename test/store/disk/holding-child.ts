/** Locks a directory, says so, and holds it until it is killed. */
import { lockDirectory } from '../../../src/store/disk/lmdb/lock';
import { say } from '../../support/say';

void lockDirectory(process.argv[2] ?? '', 'child').then((result) => {
  say('heldBy' in result ? 'held' : 'locked');
  setInterval(() => undefined, 1000);
});
