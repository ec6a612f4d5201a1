import type { Database, RootDatabase } from 'lmdb';
import { nextTurn, type Clock } from '../../../clock';
import type { Sealing, StoredSeal } from '../../sealing';
import { entryKey } from '../record/correlation-keys';
import { FactNames } from '../record/fact-names';
import { decodeBatch, decodeCorrelation, decodeFact, Records } from '../record/records';
import { envelopeOf, openDatabase, TABLES } from '../lmdb/tables';

/** One transaction takes so many entries and octets at most: what it has not written yet is in memory. */
const ENTRIES = 4000;
const OCTETS = 8 * 1024 * 1024;

export const SEAL_KEY = Buffer.from('seal');

/** How a store is to be sealed from now on. */
export interface Reseal {
  readonly from: Sealing | undefined;
  readonly to: Sealing;
  readonly stored: StoredSeal;
}

type Row = readonly [key: Buffer, value: Buffer];
type Convert = (key: Buffer, value: Buffer) => Row | undefined;
type Raw = Database<Buffer, Buffer>;

const asItIs: Convert = (key, value) => [key, value];

/**
 * Copies every entry of one environment into a new one, so that it has no page that was ever used for anything else.
 * With `reseal` under another key, also from none. What cannot be read goes along: it stays as unreadable as it is.
 */
export async function rewrite(
  from: RootDatabase<Buffer, Buffer>,
  to: RootDatabase<Buffer, Buffer>,
  clock: Clock,
  reseal?: Reseal,
): Promise<void> {
  const databases = new Map(TABLES.map((name) => [name, openDatabase(from, name)]));
  for (const [name, database] of databases) {
    const convert = reseal ? resealing(name, databases, reseal) : asItIs;
    await copyTable(database, to, openDatabase(to, name), convert, clock);
  }
  const meta = openDatabase(to, 'meta');
  if (reseal) to.transactionSync(() => meta.putSync(SEAL_KEY, sealRecord(reseal.stored)));
}

export const sealRecord = (stored: StoredSeal): Buffer => Buffer.from(new Records().json(stored));

async function copyTable(
  from: Raw,
  root: RootDatabase<Buffer, Buffer>,
  to: Raw,
  convert: Convert,
  clock: Clock,
): Promise<void> {
  let after: Buffer | undefined;
  for (;;) {
    const rows: Row[] = [];
    let octets = 0;
    let seen = 0;
    const start = after ? { start: after, exclusiveStart: true } : {};
    for (const { key, value } of from.getRange({ ...start, limit: ENTRIES })) {
      seen++;
      after = Buffer.from(key);
      const row = convert(after, value);
      if (row) rows.push([row[0], Buffer.from(row[1])]);
      octets += value.length;
      if (octets >= OCTETS) break;
    }
    if (seen === 0) return;
    root.transactionSync(() => {
      for (const [key, value] of rows) to.putSync(key, value);
    });
    await nextTurn(clock);
  }
}

/** How an entry of a table is written under the new key. */
function resealing(name: string, databases: ReadonlyMap<string, Raw>, { from, to }: Reseal): Convert {
  const envelope = envelopeOf(to, name);
  const opened = (table: string, key: Buffer, value: Buffer): Buffer =>
    from ? envelopeOf(from, table).open(key, value) : value;
  const rekey = keysUnder(name, databases, from, to, opened);
  return (key, value) => {
    if (name === 'meta' && key.equals(SEAL_KEY)) return undefined;
    const plain = opened(name, key, value);
    // Sealed, and not with the key that it should be.
    if (plain.length === 0 && value.length > 0) return [key, value];
    const row = rekey(key, plain);
    return row && [row[0], envelope.close(...row)];
  };
}

function keysUnder(
  name: string,
  databases: ReadonlyMap<string, Raw>,
  from: Sealing | undefined,
  to: Sealing,
  opened: (table: string, key: Buffer, value: Buffer) => Buffer,
): Convert {
  const records = new Records();
  const hidden = (key: Buffer): Buffer =>
    Buffer.concat([Buffer.from('!'), to.hide('unreadable', key).subarray(0, 16)]);
  if (name === 'correlation') {
    return (key, plain) => {
      const stored = decodeCorrelation(plain).value;
      return [stored ? entryKey(stored.entry, to) : hidden(key), plain];
    };
  }
  if (name === 'correlation-age' || name === 'correlation-final') {
    const correlations = databases.get('correlation') as Raw;
    const keyNow = (key: Buffer): Buffer[] => {
      const value = correlations.get(key);
      const stored = value && decodeCorrelation(opened('correlation', key, value)).value;
      return stored ? [entryKey(stored.entry, to)] : [];
    };
    return (key, plain) => {
      const batch = decodeBatch(plain).value;
      return [key, batch ? records.batch(batch.keys.flatMap(keyNow), batch.expiresAt) : plain];
    };
  }
  if (name === 'state') {
    const before = new FactNames(from);
    const now = new FactNames(to);
    return (key, plain) => {
      const fact = decodeFact(plain).value;
      const known = before.nameOf(key, plain);
      const value = fact && before.withoutName(fact);
      if (known === undefined || !value) return [hidden(key), plain];
      return [now.keyOf(known), records.fact(now.withName(known, value.value), value.expiresAt)];
    };
  }
  return asItIs;
}
