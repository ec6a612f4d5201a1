/** What a correlation costs in memory with so many before it: `correlations.ts <before>`. Sends CPU microseconds of each. */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type * as Library from '../../src';
import type { CorrelationEntry } from '../../src/store';
import { DESTINATION, SOURCE } from './contenders/types';

const { openMemoryStore } = createRequire(__filename)(resolve(__dirname, '../../dist/src')) as typeof Library;
const BATCH = 100;
const COUNT = 200_000;

const store = openMemoryStore({ capacity: 0, whenFull: 'reject', correlationCapacity: 2_000_000 });
let last = 0;

const correlation = (): CorrelationEntry => ({
  messageId: `s${last}`,
  id: `m${last++}`,
  segment: 0,
  segments: 1,
  source: SOURCE,
  destination: DESTINATION,
  acceptedAt: 0,
  expiresAt: Number.MAX_SAFE_INTEGER,
});

const batchOf = <T>(make: () => T): T[] => Array.from({ length: BATCH }, make);

async function pass(): Promise<void> {
  const entries = batchOf(correlation);
  await store.correlator.put(entries);
  for (const { messageId } of entries) await store.correlator.get(messageId);
}

async function main(before: number): Promise<void> {
  for (let made = 0; made < before; made += BATCH) await store.correlator.put(batchOf(correlation));
  for (let warm = 0; warm < COUNT / 10; warm += BATCH) await pass();
  const from = process.cpuUsage();
  for (let passed = 0; passed < COUNT; passed += BATCH) await pass();
  const { user, system } = process.cpuUsage(from);
  process.send?.({ microseconds: (user + system) / COUNT }, () => process.exit());
}

void main(Number(process.argv[2]));
