import { SmppError } from '../../protocol';
import type { Committer } from './committer';
import { roomFor } from './space';
import type { Tables } from './tables';
import { damagedRecord, type OnDamage } from './damage';
import { decodeJson, RECORD_FORMAT, type Records } from './records';

/** Whose messages these are. */
export interface StoreAccount {
  readonly host: string;
  readonly systemId: string;
}

interface Identity {
  readonly format: number;
  readonly account: StoreAccount;
}

const KEY = Buffer.from('identity');

/** Refuses what is not ours to read or to send; writes who we are into a new store. */
export async function claim(parts: {
  tables: Tables;
  committer: Committer;
  records: Records;
  directory: string;
  account: StoreAccount;
  onDamage: OnDamage;
}): Promise<void> {
  const { tables, committer, records, directory, account } = parts;
  const identity = read(parts);
  if (!identity) {
    const octets = records.json({ format: RECORD_FORMAT, account } satisfies Identity);
    await committer.write(roomFor([octets.length], 1), () => tables.meta.put(KEY, octets), true);
    return;
  }
  if (identity.format > RECORD_FORMAT) throw newerFormat(directory, identity.format);
  const { host, systemId } = identity.account;
  if (host === account.host && systemId === account.systemId) return;
  throw new SmppError(
    'STORE_ACCOUNT',
    `The queue in ${directory} belongs to the account ${systemId} at ${host}, not to ${account.systemId} at ` +
      `${account.host}: its messages would go to the wrong SMSC. Give this connection another clientId or ` +
      'queueDirectory, or move that directory away if its messages and receipts are not needed any more.',
  );
}

function read({ tables, directory, onDamage }: Parameters<typeof claim>[0]): Identity | undefined {
  const octets = tables.meta.get(KEY);
  if (!octets) return undefined;
  const decoded = decodeJson<Identity>(octets);
  if ('value' in decoded) return decoded.value;
  if (decoded.unreadable === 'newer') throw newerFormat(directory, 'unknown');
  onDamage(damagedRecord(`The account that the queue in ${directory} belongs to`, 'damaged'));
  return undefined;
}

function newerFormat(directory: string, format: number | 'unknown'): SmppError {
  return new SmppError(
    'STORE_FORMAT',
    `The queue in ${directory} has a format (${format}) written by a newer version of this package, which reads up ` +
      `to ${RECORD_FORMAT}. Install that version again, or give this connection another queueDirectory; nothing was changed.`,
  );
}
