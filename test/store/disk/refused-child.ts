/** Tries to lock a directory as another user: `locked`, `held` or the code of the refusal. argv: directory, user id. */
import { lockDirectory } from '../../../src/store/disk/lmdb/lock';
import { say } from '../../support/say';

process.setgid?.(Number(process.argv[3]));
process.setuid?.(Number(process.argv[3]));
void lockDirectory(process.argv[2] ?? '', 'child').then(
  (result) => {
    say('heldBy' in result ? 'held' : 'locked');
    process.exit(0);
  },
  (error: unknown) => {
    const { code, message } = error as Error & { code?: string };
    say(`${code} ${message}`);
    process.exit(0);
  },
);
