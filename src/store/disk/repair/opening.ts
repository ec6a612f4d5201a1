import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';
import { newSealing, sealingOf, wrongKey, type Sealing, type StoredSeal } from '../../sealing';
import { chmodQuietly, makeDataFile, secure, type Exposure } from '../lmdb/access';
import type { OnDamage } from '../record/damage';
import { isSealed } from '../record/envelope';
import { ensureWhole } from './whole';
import { layOutLockFile } from '../lmdb/lmdb';
import { decodeJson } from '../record/records';
import { rewrite, sealRecord, SEAL_KEY, type Reseal } from './rewrite';
import { tryRoomForCopy } from '../lmdb/space';
import { beginSwap, discard, finishSwap, swapIn, type StoreFiles } from './swap';
import { openDatabase, openEnvironment, REPAIRED_KEY, TABLES, tablesIn, type Tables } from '../lmdb/tables';

const SEAL_FILE = 'seal.json';
/** Entries of each table that are looked at to see whether they are sealed. */
const SAMPLE = 10;

export interface OpeningParts extends StoreFiles {
  /** The first seals, all open; none: in clear. */
  readonly keys: readonly string[];
  readonly random: (octets: number) => Buffer;
  readonly onDamage: OnDamage;
  readonly onExposed: (exposure: Exposure) => void;
}

export interface Opening {
  readonly tables: Tables;
  /** Whether a part of it was lost, now or by an opening that came to no end. */
  readonly repaired: boolean;
}

/**
 * Opens the tables of a directory that is locked, and seals them with the first key where they are not. Rejects with
 * `STORE_KEY` where they are sealed with none of the keys.
 */
export async function openFiles(parts: OpeningParts): Promise<Opening> {
  const { lmdb, directory, keys, random } = parts;
  await finishSwap(directory);
  const exposure = secure(directory);
  if (exposure) parts.onExposed(exposure);
  // A repair leaves the file aside, and what seals it: not to be done for who cannot read it.
  const readable = async (root: RootDatabase<Buffer, Buffer>): Promise<void> => {
    const stored = readSeal(root, directory);
    if (stored && !(await sealingOf(stored, keys, random))) throw wrongKey(directory, stored, keys.length);
  };
  await ensureWhole(parts, parts.onDamage, readable);
  makeDataFile(directory);
  await layOutLockFile(directory);
  const root = openEnvironment(lmdb, directory);
  try {
    // The repair makes files, and LMDB its own.
    secure(directory);
    const { sealing, reseal } = await sealingIn(root, parts);
    if (!reseal) return opened(await tablesIn(root, sealing));
    const made = await copyAside(parts, root, reseal);
    await made.close();
  } catch (error) {
    await root.close();
    await discard(directory).catch(() => undefined);
    throw error;
  }
  await root.close();
  swapIn(directory);
  await finishSwap(directory);
  secure(directory);
  const resealed = openEnvironment(lmdb, directory);
  const { sealing } = await sealingIn(resealed, parts);
  return opened(await tablesIn(resealed, sealing));
}

const opened = (tables: Tables): Opening => ({
  tables,
  repaired: tables.meta.get(REPAIRED_KEY) !== undefined,
});

/** A copy of the environment in the place from which it can be swapped in; open. */
export async function copyAside(
  { lmdb, directory, clock }: StoreFiles,
  root: RootDatabase<Buffer, Buffer>,
  reseal?: Reseal,
): Promise<RootDatabase<Buffer, Buffer>> {
  await tryRoomForCopy(directory);
  const rebuilt = await beginSwap(directory);
  makeDataFile(rebuilt);
  await layOutLockFile(rebuilt);
  const made = openEnvironment(lmdb, rebuilt);
  try {
    await rewrite(root, made, clock, reseal);
  } catch (error) {
    await made.close();
    throw error;
  }
  return made;
}

async function sealingIn(
  root: RootDatabase<Buffer, Buffer>,
  { directory, keys, random }: OpeningParts,
): Promise<{ sealing?: Sealing; reseal?: Reseal }> {
  const stored = readSeal(root, directory);
  const [first] = keys;
  if (!stored) {
    if (first === undefined) return {};
    const made = await newSealing(first, random);
    const isEmpty = TABLES.every((name) => openDatabase(root, name).getCount() === 0);
    if (!isEmpty) return { reseal: { from: undefined, to: made.sealing, stored: made.stored } };
    keepBeside(root, directory, made.stored);
    return { sealing: made.sealing };
  }
  const found = await sealingOf(stored, keys, random);
  if (!found) throw wrongKey(directory, stored, keys.length);
  keepBeside(root, directory, stored);
  if (found.index === 0) return { sealing: found.sealing };
  const made = await newSealing(first as string, random);
  return { reseal: { from: found.sealing, to: made.sealing, stored: made.stored } };
}

/**
 * What a store says of its key; undefined: it has none. In clear, in the tables and once more in a file beside them:
 * without it nothing could be read any more, whoever has the key.
 */
function readSeal(root: RootDatabase<Buffer, Buffer>, directory: string): StoredSeal | undefined {
  const octets = openDatabase(root, 'meta').get(SEAL_KEY);
  const seal = octets && decodeJson<StoredSeal>(octets).value;
  if (seal) return seal;
  if (!octets && !hasSealed(root) && !isLost(root)) return undefined;
  const beside = readBeside(directory);
  if (beside || !hasSealed(root)) return beside;
  throw new Error(
    `what tells of its key is damaged, in its tables and in ${SEAL_FILE}: restore that file from a copy, or nothing can be read`,
  );
}

/** A repair found nothing; that it was sealed is told beside it only. */
function isLost(root: RootDatabase<Buffer, Buffer>): boolean {
  return (
    openDatabase(root, 'meta').get(REPAIRED_KEY) !== undefined &&
    TABLES.every((name) => name === 'meta' || openDatabase(root, name).getCount() === 0)
  );
}

function hasSealed(root: RootDatabase<Buffer, Buffer>): boolean {
  return TABLES.some((name) => {
    for (const { value } of openDatabase(root, name).getRange({ limit: SAMPLE }))
      if (isSealed(value)) return true;
    return false;
  });
}

function readBeside(directory: string): StoredSeal | undefined {
  try {
    const read = JSON.parse(readFileSync(join(directory, SEAL_FILE), 'utf8')) as StoredSeal;
    return [read.keyId, read.salt, read.check].every((text) => typeof text === 'string') ? read : undefined;
  } catch {
    return undefined;
  }
}

/** Only when the tables are sealed with it. */
function keepBeside(root: RootDatabase<Buffer, Buffer>, directory: string, stored: StoredSeal): void {
  const meta = openDatabase(root, 'meta');
  if (!meta.get(SEAL_KEY)) root.transactionSync(() => meta.putSync(SEAL_KEY, sealRecord(stored)));
  if (readBeside(directory)?.check === stored.check) return;
  const path = join(directory, SEAL_FILE);
  writeFileSync(`${path}.tmp`, `${JSON.stringify(stored)}\n`, { mode: 0o600, flush: true });
  chmodQuietly(`${path}.tmp`);
  renameSync(`${path}.tmp`, path);
}
