/**
 * Whether memory grows while messages pass at a steady rate, with receipts: `flat.ts <port> <minutes>`. Sends
 * megabytes per minute, of the second half. Run with --expose-gc.
 */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type * as Library from '../../src';
import { settled } from '../support/resident';
import { DESTINATION, SOURCE, TEXT } from './contenders/types';

const { SmppClient } = createRequire(__filename)(resolve(__dirname, '../../dist/src')) as typeof Library;
const RATE = 2000;
const SAMPLES_PER_MINUTE = 6;
/** Small, so that what is bounded has reached its bound before the second half. */
const CORRELATIONS = 20_000;

async function main([port, minutes]: readonly string[]): Promise<void> {
  const client = new SmppClient({
    port: Number(port),
    windowSize: 100,
    sendRate: RATE,
    burst: RATE / 10,
    correlationCapacity: CORRELATIONS,
    finalReceiptTtl: 10,
    logLevel: 'silent',
  });
  client.on('receipt', () => undefined);
  await client.start({ failFast: true });
  let running = true;
  let sent = 0;
  const message = { source_addr: SOURCE, destination_addr: DESTINATION, short_message: TEXT };
  const sending = Array.from({ length: 200 }, async () => {
    while (running) {
      await client.send({ ...message, registered_delivery: 1 });
      if (++sent % RATE === 0) await client.send({ command: 'query_sm', message_id: `${RATE}` });
    }
  });
  const samples: { readonly at: number; readonly rss: number }[] = [];
  const end = performance.now() + Number(minutes) * 60_000;
  while (performance.now() < end) {
    await new Promise((resume) => setTimeout(resume, 60_000 / SAMPLES_PER_MINUTE));
    samples.push({ at: performance.now() / 60_000, rss: (await settled()).rss / 1e6 });
  }
  running = false;
  await Promise.all(sending);
  await client.stop();
  process.send?.({ slope: slopeOf(samples.slice(samples.length >> 1)), sent }, () => process.exit());
}

/** Least squares: megabytes per minute. */
function slopeOf(samples: readonly { readonly at: number; readonly rss: number }[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const at = mean(samples.map((sample) => sample.at));
  const rss = mean(samples.map((sample) => sample.rss));
  const above = samples.reduce((sum, sample) => sum + (sample.at - at) * (sample.rss - rss), 0);
  return above / samples.reduce((sum, sample) => sum + (sample.at - at) ** 2, 0);
}

void main(process.argv.slice(2));
