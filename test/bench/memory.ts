/**
 * What is resident with so many short messages queued through the client, which is not connected:
 * `memory.ts <memory | disk> <count>`; sends
 * megabytes: all, and of these the pages of files, which the system takes back when it needs them. Run with --expose-gc.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type * as Library from '../../src';
import { settled } from '../support/resident';
import { DESTINATION, SOURCE, TEXT } from './contenders/types';

const { SmppClient } = createRequire(__filename)(resolve(__dirname, '../../dist/src')) as typeof Library;
const BATCH = 1000;

async function main([kind, given]: readonly string[]): Promise<void> {
  const count = Number(given);
  const queueDirectory = kind === 'disk' ? mkdtempSync(join(tmpdir(), 'smpp-bench-')) : '';
  const client = new SmppClient({ queueDirectory, queueCapacity: count, logLevel: 'silent', port: 1 });
  const starting = client.start().catch(() => undefined);
  const message = { source_addr: SOURCE, destination_addr: DESTINATION, short_message: TEXT };
  const batch = Array.from({ length: BATCH }, () => message);
  for (let queued = 0; queued < count; queued += BATCH) await client.enqueue(batch);
  const { rss } = await settled();
  const mapped = mappedFiles();
  await client.stop();
  await starting;
  if (queueDirectory !== '') rmSync(queueDirectory, { recursive: true, force: true });
  process.send?.({ resident: rss / 1e6, mapped: mapped / 1e6 }, () => process.exit());
}

/** Octets; 0 where the system does not tell. */
function mappedFiles(): number {
  const status = '/proc/self/status';
  if (!existsSync(status)) return 0;
  return Number(/RssFile:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1] ?? 0) * 1024;
}

void main(process.argv.slice(2));
