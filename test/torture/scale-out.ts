import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SmppClient } from '../../src/index';
import { Smsc } from '../../src/simulator';
import { endChild, startChild } from '../support/child';
import { pass, until } from '../support/until';

export interface ScaleReport {
  readonly processes: number;
  /** Messages that the SMSC took in the seconds that count, what is expected, and what may come at once beside that. */
  readonly taken: number;
  readonly expected: number;
  readonly burst: number;
  /** What each process sent of all. */
  readonly shares: readonly number[];
  /** Submits that the SMSC refused, as they came too fast. */
  readonly throttled: number;
  readonly lost: readonly number[];
  /** That arrived more than once; of these those that were not marked. */
  readonly twice: readonly number[];
  readonly unmarked: readonly number[];
  /** Receipts that were told, those heard by another process than had sent the message, and those matched to nothing or wrongly. */
  readonly receipts: number;
  readonly elsewhere: number;
  readonly mismatched: number;
  /** Where one was killed: seconds after which the last message arrived, of those that it had held, too. */
  readonly seconds: number;
}

export interface ScaleOptions {
  readonly processes: number;
  /** Of the client, for where the queue is: queue, queueUrl, keyPrefix, … */
  readonly place: Readonly<Record<string, unknown>>;
  /** Segments per second that the SMSC allows the account. */
  readonly limit: number;
  /** For so long is counted. */
  readonly seconds: number;
  /** One process is killed while it sends. */
  readonly kills?: boolean;
  readonly say?: (line: string) => void;
}

/** Seconds for which there are messages beside those that count: the start takes a while. */
const BESIDE = 4;
const PATIENCE = 60_000;

interface Told {
  readonly sent: { readonly number: number; readonly marked: boolean }[];
  readonly receipts: { readonly number: number; readonly matched: boolean }[];
  bound: boolean;
}

interface Instance {
  readonly child: ChildProcess;
  readonly told: Told;
}

function startInstance(options: object): Instance {
  const child = startChild(join(__dirname, 'sending-child.ts'), [JSON.stringify(options)]);
  const told: Told = { sent: [], receipts: [], bound: false };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [kind, number, word] = line.split(' ');
    if (kind === 'b') told.bound = true;
    if (kind === 's') told.sent.push({ number: Number(number), marked: word === 'r' });
    if (kind === 'r') told.receipts.push({ number: Number(number), matched: word === 'y' });
  });
  return { child, told };
}

/** Messages into the queue, numbered from 0, by a client that never reaches its SMSC. */
async function fill(options: object, count: number): Promise<void> {
  const client = new SmppClient({
    ...options,
    port: 1,
    queueCapacity: 0,
    logLevel: 'silent',
  });
  const starting = client.start().catch(() => undefined);
  for (let given = 0; given < count; given += 500)
    await client.enqueue(
      Array.from({ length: Math.min(500, count - given) }, (_, at) => ({
        short_message: String(given + at),
        destination_addr: '447700900123',
        registered_delivery: 1,
        correlation_id: String(given + at),
      })),
    );
  await client.stop();
  await starting;
}

/** Several processes send from one queue to one account of an SMSC that polices its rate; adds up what arrived. */
export async function scaleOut(options: ScaleOptions): Promise<ScaleReport> {
  const { processes, place, limit, seconds, kills = false, say = () => undefined } = options;
  const total = limit * (seconds + BESIDE);
  const smsc = new Smsc({ rules: [{ type: 'throttle', above: limit }], receiptDelay: 0.2, windowSize: 100 });
  const arrivals: { readonly at: number; readonly number: number }[] = [];
  let throttled = 0;
  const seen = new Set<number>();
  smsc.on('submit', ({ text }) => {
    arrivals.push({ at: performance.now(), number: Number(text) });
    seen.add(Number(text));
  });
  smsc.on('refused', () => throttled++);
  const { port } = await smsc.start();
  // Of a busy machine that sleeps for a moment nothing is lost so; the SMSC allows more at once.
  const burst = limit / 5;
  const common = { clientId: 'scale', systemId: 'scale', ...place, sendRate: limit, burst };
  await fill({ ...common, host: '127.0.0.1' }, total);
  say(`${total} messages are queued`);
  const instances = Array.from({ length: processes }, () => startInstance({ ...common, port }));
  let killedAt: number | undefined;
  try {
    await until(() => instances.every(({ told }) => told.bound), 'all bound', PATIENCE);
    await pass(500);
    const from = performance.now();
    if (kills) {
      await pass(1000);
      instances[0]?.child.kill('SIGKILL');
      killedAt = performance.now();
    }
    const told = (): number => instances.reduce((sum, one) => sum + one.told.receipts.length, 0);
    await until(() => seen.size >= total, 'all messages', PATIENCE);
    const last = performance.now();
    // With a kill some receipts are lost on its link, or told by it alone.
    await until(() => told() >= total || performance.now() - last > 3000, 'receipts', PATIENCE);
    const taken = arrivals.filter(({ at }) => at >= from && at < from + seconds * 1000).length;
    return {
      ...{ processes, taken, expected: limit * seconds, burst, throttled },
      ...judge(arrivals, total, instances),
      seconds: killedAt === undefined ? 0 : (Math.max(...arrivals.map(({ at }) => at)) - killedAt) / 1000,
    };
  } finally {
    await Promise.all(instances.map(({ child }) => end(child)));
    await smsc.stop();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await endChild(child, 'SIGTERM');
  clearTimeout(late);
}

type Arrivals = readonly { readonly at: number; readonly number: number }[];

function judge(arrivals: Arrivals, total: number, instances: readonly Instance[]) {
  const times = new Map<number, number>();
  for (const { number } of arrivals) times.set(number, (times.get(number) ?? 0) + 1);
  const senders = new Map<number, number>();
  const marked = new Map<number, number>();
  for (const [at, { told }] of instances.entries())
    for (const sent of told.sent) {
      senders.set(sent.number, at);
      if (sent.marked) marked.set(sent.number, (marked.get(sent.number) ?? 0) + 1);
    }
  const twice = [...times].filter(([, count]) => count > 1);
  const receipts = instances.flatMap(({ told }, at) => told.receipts.map((one) => ({ ...one, at })));
  return {
    shares: instances.map(({ told }) => told.sent.length),
    lost: Array.from({ length: total }, (_, number) => number).filter((number) => !times.has(number)),
    twice: twice.map(([number]) => number),
    unmarked: twice
      .filter(([number, count]) => count - 1 > (marked.get(number) ?? 0))
      .map(([number]) => number),
    receipts: receipts.length,
    elsewhere: receipts.filter(({ number, at }) => senders.get(number) !== at).length,
    mismatched: receipts.filter(({ number, matched }) => !matched || !times.has(number)).length,
  };
}
