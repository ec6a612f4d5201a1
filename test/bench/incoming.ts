/**
 * CPU seconds per 100,000 receipts: deliver_sm parsed, correlated, told and acknowledged, against a sender in another
 * process. `node --import tsx test/bench/incoming.ts [window] [receipts] [rounds]`, pinned by `taskset` if wished; dist/ is
 * what is measured.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import type * as Library from '../../src';
import { ID_DIGITS, RECIPIENT } from './receipt-sender';

const [window = 100, receipts = 50_000, rounds = 3] = process.argv.slice(2).map(Number);
const WARM_UP = 20_000;
const dist = process.env['DIST'] ?? path.resolve(__dirname, '../../dist/src');
const library = createRequire(__filename)(dist) as typeof Library;

/** As the road would have: one segment each, accepted. */
function entry(nth: number): Library.CorrelationEntry {
  return {
    messageId: `7${String(nth).padStart(ID_DIGITS - 1, '0')}`,
    id: `message-${nth}`,
    segment: 0,
    segments: 1,
    source: 'Bench',
    destination: RECIPIENT,
    acceptedAt: Date.now(),
    expiresAt: Date.now() + 3_600_000,
  };
}

async function main(): Promise<void> {
  const sender = fork(path.join(__dirname, 'receipt-sender.ts'), [String(window)], {
    execArgv: ['--import', 'tsx'],
  });
  const [{ port }] = (await once(sender, 'message')) as [{ port: number }];
  const total = WARM_UP + rounds * receipts;
  const store = library.openMemoryStore({ capacity: 1000, whenFull: 'wait', correlationCapacity: total + 1 });
  for (let nth = 1; nth <= total; nth++) await store.correlator.put([entry(nth)]);
  const client = new library.SmppClient({ port, systemId: 'bench', logLevel: 'silent', queue: store });
  let matched = 0;
  client.on('receipt', (event) => {
    if (event.matched && event.state === 'DELIVRD') matched++;
  });
  await client.start({ failFast: true });
  const deliver = async (count: number): Promise<number> => {
    const before = process.cpuUsage();
    sender.send({ count });
    await once(sender, 'message');
    const { user, system } = process.cpuUsage(before);
    return ((user + system) / 1e6 / count) * 1e5;
  };
  await deliver(WARM_UP);
  const figures: number[] = [];
  for (let round = 0; round < rounds; round++) figures.push(await deliver(receipts));
  if (matched !== total) throw new Error(`${matched} of ${total} receipts were matched`);
  const [median = 0] = figures.sort((a, b) => a - b).slice(Math.floor(rounds / 2));
  process.stdout.write(
    `window ${window}: ${median.toFixed(2)} CPU s per 100,000 receipts (${figures.map((one) => one.toFixed(2)).join(' ')})\n`,
  );
  sender.disconnect();
  await client.stop();
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
