import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SmppError } from '../../../protocol';
import type { Compaction } from '../../types';
import { secure } from '../lmdb/access';
import type { StoreCore } from '../commit/core';
import { probeDescriptors } from '../lmdb/descriptors';
import { DATA_FILE } from '../lmdb/directory';
import type { Lmdb } from '../lmdb/lmdb';
import { copyAside } from './opening';
import { discard, finishSwap, swapIn } from './swap';

/**
 * Copies what is there into a new file, which takes the place of the old one; that is overwritten. LMDB only marks
 * pages as free: what was in them stays until they are used again. Reading goes on, writing waits. A crash at any
 * time leaves one of the two files, whole.
 */
export async function compactFile(
  { tables, committer, clock }: StoreCore,
  lmdb: Lmdb,
  directory: string,
): Promise<Compaction> {
  if (process.platform === 'win32') throw notOnWindows();
  const started = clock.monotonic();
  const file = join(directory, DATA_FILE);
  const octetsBefore = statSync(file).size;
  await committer.exclusively(async (reopened) => {
    let swapped = false;
    try {
      probeDescriptors(directory);
      const made = await copyAside({ lmdb, directory, clock }, tables.root);
      try {
        swapIn(directory);
      } catch (error) {
        await made.close();
        throw error;
      }
      swapped = true;
      const before = tables.root;
      tables.become(made);
      await reopened();
      await before.close();
      await finishSwap(directory);
    } catch (error) {
      if (!swapped && !isStuck(error)) await discard(directory).catch(() => undefined);
      // What is written to the old file from now on would be lost.
      else committer.fail(error as Error);
      throw failed(directory, error as Error);
    }
    secure(directory);
  });
  return {
    octetsBefore,
    octetsAfter: statSync(file).size,
    milliseconds: Math.round(clock.monotonic() - started),
    aside: readdirSync(directory)
      .filter((name) => /^damaged-.*\.mdb$/.test(name))
      .map((name) => join(directory, name)),
  };
}

const isStuck = (error: unknown): boolean => (error as { stuck?: boolean }).stuck === true;

function failed(directory: string, cause: Error): SmppError {
  return new SmppError(
    'QUEUE_UNAVAILABLE',
    `The queue in ${directory} could not be compacted (${cause.message}). It goes on as it was; its disk needs room ` +
      'for twice its file.',
    { cause, retriable: true },
  );
}

function notOnWindows(): SmppError {
  return new SmppError(
    'NOT_SUPPORTED',
    'On Windows a queue cannot be compacted while it is open. Give it a queueKey: then what is left in its file tells ' +
      'nothing, and each change of the key writes it anew.',
  );
}
