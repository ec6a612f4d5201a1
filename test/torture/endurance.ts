import { createClient } from '@redis/client';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Smsc } from '../../src/simulator';
import { endChild, startChild } from '../support/child';
import { freePorts, type Server } from '../support/servers';
import { pass, until } from '../support/until';

export interface EnduranceReport {
  readonly messages: number;
  readonly seconds: number;
  /** How often each was down. */
  readonly downs: { readonly smsc: number; readonly redis: number };
  readonly lost: readonly number[];
  /** Submits beyond the first of a message; of these those that were not marked. */
  readonly repeated: number;
  readonly unmarked: number;
  readonly failed: readonly string[];
  readonly receipts: number;
  readonly mismatched: number;
  /** Objects and buffers of the client after a collection, in MB: in the end, and how fast it grew over the second half. */
  readonly heap: number;
  readonly slopePerMinute: number;
  readonly slopePer10k: number;
}

export interface EnduranceOptions {
  readonly messages: number;
  /** Segments per second; 0: as fast as it can. */
  readonly rate: number;
  /** A Redis of its own, with an append-only file. */
  readonly redis: Pick<Server, 'start' | 'stop' | 'kill'> & { readonly url: string };
  readonly say?: (line: string) => void;
}

const LIST = 'naz-endurance';
const LPUSH_BATCH = 500;
const UP_MS = 1500;
const DOWN_MS = 1000;

/** As naz's producers put them. */
const nazItem = (number: number): string =>
  JSON.stringify({
    smpp_event: 'submit_sm',
    short_message: String(number),
    correlation_id: String(number),
    source_addr: '255700111222',
    destination_addr: '254711999888',
  });

interface Told {
  readonly marked: Map<number, number>;
  readonly failed: string[];
  /** Megabytes, at so many seconds and with so many messages arrived. */
  readonly samples: { readonly at: number; readonly arrived: number; readonly heap: number }[];
  receipts: number;
  mismatched: number;
}

/** naz's endurance test: many messages in a list in Redis, while the SMSC and Redis go down in turn. */
export async function endurance(options: EnduranceOptions): Promise<EnduranceReport> {
  const { messages, rate, redis, say = () => undefined } = options;
  const arrived = new Map<number, number>();
  let count = 0;
  // It comes back where it was.
  const [port = 0] = await freePorts(1);
  const smsc = new Smsc({ port, receiptDelay: 0.1, windowSize: 200 });
  smsc.on('submit', ({ text }) => {
    count++;
    arrived.set(Number(text), (arrived.get(Number(text)) ?? 0) + 1);
  });
  await smsc.start();
  await push(redis.url, messages);
  say(`${messages} messages are in the list`);
  const settings = {
    port,
    queue: 'redis',
    queueUrl: redis.url,
    leaseTime: 2,
    drainList: LIST,
    sendRate: rate,
    ...{ clientId: 'endurance', systemId: 'endurance', reconnectMin: 0.1, reconnectMax: 1 },
    logLevel: process.env['ENDURANCE_LOG'] ?? 'silent',
  };
  const child = startChild(join(__dirname, 'sending-child.ts'), [JSON.stringify(settings)], ['--expose-gc']);
  const started = performance.now();
  const told: Told = { marked: new Map(), failed: [], samples: [], receipts: 0, mismatched: 0 };
  createInterface({ input: child.stdout }).on('line', (line) => {
    // The client's log, where it was asked for.
    if (line.startsWith('{')) return say(line);
    note(line, told, { at: (performance.now() - started) / 1000, arrived: arrived.size });
  });
  const downs = { smsc: 0, redis: 0 };
  let lastCount = -1;
  try {
    await once(child.stdout, 'data');
    let seconds = 0;
    // Until all have come, or nothing moves any more.
    for (let stuck = 0; arrived.size < messages && stuck < 10; stuck = count === lastCount ? stuck + 1 : 0) {
      lastCount = count;
      await pass(UP_MS);
      if (arrived.size >= messages) break;
      const which = downs.smsc > downs.redis ? 'redis' : 'smsc';
      downs[which]++;
      say(`${arrived.size} have arrived (${told.samples.at(-1)?.heap.toFixed(1)} MB); down: ${which}`);
      if (which === 'redis') await takeDown(redis, downs.redis);
      else {
        // In good order, and by a power cut.
        if (downs.smsc % 2 === 0) smsc.dropLinks();
        await smsc.stop();
        await pass(DOWN_MS);
        await smsc.start();
      }
    }
    seconds = (performance.now() - started) / 1000;
    await until(() => told.receipts >= messages, 'receipts', 5000).catch(() => undefined);
    await endChild(child, 'SIGTERM');
    return { messages, seconds, downs, ...judge(messages, arrived, told) };
  } finally {
    child.kill('SIGKILL');
    await smsc.stop();
  }
}

async function takeDown(redis: EnduranceOptions['redis'], time: number): Promise<void> {
  await (time % 2 === 0 ? redis.kill() : redis.stop());
  await pass(DOWN_MS);
  await redis.start();
}

async function push(url: string, messages: number): Promise<void> {
  const client = await createClient({ url }).connect();
  for (let at = 0; at < messages; at += LPUSH_BATCH) {
    const count = Math.min(LPUSH_BATCH, messages - at);
    await client.lPush(
      LIST,
      Array.from({ length: count }, (_, one) => nazItem(at + one)),
    );
  }
  client.destroy();
}

function note(line: string, told: Told, now: { readonly at: number; readonly arrived: number }): void {
  const [kind, one = '', two = ''] = line.split(' ');
  if (kind === 's' && two === 'r') told.marked.set(Number(one), (told.marked.get(Number(one)) ?? 0) + 1);
  if (kind === 'f') told.failed.push(`${one} ${two}`);
  if (kind === 'm') told.samples.push({ ...now, heap: Number(one) });
  if (kind !== 'r') return;
  told.receipts++;
  if (two !== 'y') told.mismatched++;
}

function judge(messages: number, arrived: ReadonlyMap<number, number>, told: Told) {
  let repeated = 0;
  let unmarked = 0;
  for (const [number, times] of arrived) {
    repeated += times - 1;
    unmarked += Math.max(0, times - 1 - (told.marked.get(number) ?? 0));
  }
  const half = told.samples.slice(told.samples.length >> 1);
  const { failed, receipts, mismatched } = told;
  return {
    lost: Array.from({ length: messages }, (_, number) => number).filter((number) => !arrived.has(number)),
    ...{ repeated, unmarked, failed, receipts, mismatched },
    heap: told.samples.at(-1)?.heap ?? NaN,
    slopePerMinute: slope(half.map(({ at, heap }) => [at / 60, heap])),
    slopePer10k: slope(half.map(({ arrived: sent, heap }) => [sent / 10_000, heap])),
  };
}

/** Least squares; 0 where all are at one place. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
  const spread = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0) / spread;
}
