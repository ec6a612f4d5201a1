/**
 * One life of a client, in a process of its own that may be killed at any moment. What it knows is told line by line,
 * each a JSON array that is written before anything else happens: [milliseconds, kind, ...].
 *
 * Runs as compiled by run.ts, without a loader: there are thousands of them.
 */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Life, Plan, Planned } from './plan';

type Library = typeof import('../../../src/index');
type Client = InstanceType<Library['SmppClient']>;

interface Task {
  readonly library: string;
  readonly port: number;
  readonly directory: string;
  readonly plan: Plan;
  readonly life: Life;
}

const task = JSON.parse(process.argv[2] ?? '') as Task;
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { SmppClient, openMemoryStore } = require(task.library) as Library;
const { plan, life } = task;

function tell(...words: readonly unknown[]): void {
  const line = `${JSON.stringify([performance.timeOrigin + performance.now(), ...words])}\n`;
  for (;;) {
    try {
      return void writeSync(1, line);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

const numberOf = (label: unknown): number => (typeof label === 'string' ? Number(label.slice(1)) : -1);
const memory =
  plan.queue === 'memory' ? openMemoryStore({ capacity: 100_000, whenFull: 'reject' }) : undefined;
let lastEvent = performance.now();

const TICK = 5;
let ticked = performance.now();
let worst = TICK;
/** Tells for how long it stood still at most, which no fault of the client's is. */
setInterval(() => {
  const now = performance.now();
  const stood = now - ticked - TICK;
  ticked = now;
  if (stood > worst) tell('stood still', (worst = stood));
}, TICK).unref();

function make(): Client {
  const client = new SmppClient({
    port: task.port,
    systemId: 'torture',
    clientId: 'torture',
    ...(memory ? { queue: memory } : { queue: 'disk', queueDirectory: task.directory }),
    queueCapacity: 0,
    delivery: plan.delivery,
    windowSize: plan.windowSize,
    sessions: plan.sessions,
    bindType: plan.bindType,
    sendRate: plan.sendRate,
    responseTimeout: plan.responseTimeout,
    maxRedeliveries: plan.maxRedeliveries,
    bindTimeout: 1,
    throttleWait: 0.05,
    reconnectMin: 0.01,
    reconnectMax: 0.05,
    drainTimeout: 0.5,
    receiptHoldTime: 0.3,
    enquireLinkInterval: 1,
    logLevel: 'silent',
  });
  const seen = (): void => void (lastEvent = performance.now());
  client.on('request', (event) => {
    seen();
    tell('request', numberOf(event.correlation_id), event.segment ?? 0, event.redelivered === true);
  });
  client.on('response', (event) => {
    seen();
    const { segment = 0, command_status, message_id = '' } = event;
    tell(
      'response',
      numberOf(event.correlation_id),
      segment,
      command_status,
      message_id,
      event.late === true,
    );
  });
  client.on('failure', (event) => {
    seen();
    const { correlation_id, code, message_ids, redelivered } = event;
    const maybe = (event as { maybe_delivered?: boolean }).maybe_delivered === true;
    tell('failure', numberOf(correlation_id), code, message_ids, maybe, redelivered);
  });
  client.on('receipt', (event) => {
    seen();
    tell('receipt', event.message_id, numberOf(event.correlation_id), event.matched);
  });
  client.on('message', (event) => {
    seen();
    tell('message', typeof event.payload === 'string' ? event.payload : '');
  });
  return client;
}

const fieldsOf = ({ n, text, to, priority, receipt, expires }: Planned): Parameters<Client['send']>[0] => ({
  short_message: text,
  source_addr: '12345',
  destination_addr: to,
  correlation_id: `m${n}`,
  priority,
  registered_delivery: receipt ? 1 : 0,
  ...(expires === undefined ? {} : { expires: new Date(Date.now() + expires) }),
});
const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error);

let client = make();
/** What must come to an end before the process may. */
const open = new Set<Promise<unknown>>();
const watch = (work: Promise<unknown>): void => {
  const watched = work.finally(() => open.delete(watched)).catch(() => undefined);
  open.add(watched);
};

function give(how: 'enqueue' | 'send' | 'batch', messages: readonly Planned[]): void {
  const numbers = messages.map(({ n }) => n);
  tell('given', numbers);
  const all = messages.map(fieldsOf);
  const accepted = (n: number, ids: readonly string[]): void => tell('accepted', n, ids);
  const refused = (n: number, error: unknown): void => {
    type Known = { maybe_delivered?: boolean; message_ids?: string[] };
    const { maybe_delivered, message_ids = [] } = (error as { outcome?: Known }).outcome ?? {};
    tell('refused', n, codeOf(error), message_ids, maybe_delivered === true);
  };
  if (how === 'enqueue') {
    const queued = client.enqueue(all).then(
      () => tell('acknowledged', numbers),
      (error: unknown) => tell('not queued', numbers, codeOf(error)),
    );
    return watch(queued);
  }
  if (how === 'send') {
    for (const [at, message] of all.entries()) {
      const n = numbers[at] as number;
      watch(
        client.send(message).then(
          (outcome) => accepted(n, outcome.message_ids),
          (error: unknown) => refused(n, error),
        ),
      );
    }
    return;
  }
  const batch = client.sendBatch(all).then(
    (results) => {
      for (const [at, result] of results.entries()) {
        if (result.status === 'fulfilled') accepted(numbers[at] as number, result.value.message_ids);
        else refused(numbers[at] as number, result.reason);
      }
    },
    (error: unknown) => tell('not queued', numbers, codeOf(error)),
  );
  watch(batch);
}

const ignore = (): undefined => undefined;

async function restart(): Promise<void> {
  const old = client;
  await stop(old);
  client = make();
  tell('started');
  void client.start().catch(ignore);
}

async function stop(which: Client): Promise<void> {
  tell('stopping');
  await which.stop();
  tell('stopped');
}

async function drain(): Promise<void> {
  await client.start();
  client.resume();
  for (;;) {
    const { queued, in_flight } = await client.status();
    if (open.size + queued + in_flight === 0 && performance.now() - lastEvent > 700) return;
    await sleep(20);
  }
}

async function live(): Promise<void> {
  tell('started');
  const starting = client.start().catch((error: unknown) => tell('not started', codeOf(error)));
  // Half of them give before the store is open.
  if (plan.seed % 2 === 0) await starting;
  const born = performance.now();
  const until = (at: number): Promise<void> => sleep(Math.max(0, at - (performance.now() - born)));
  tell('began');
  for (const deed of life.deeds) {
    await until(deed.at);
    if ('messages' in deed) give(deed.do, deed.messages);
    else if (deed.do === 'pause') client.pause();
    else if (deed.do === 'resume') client.resume();
    else if (deed.do === 'disconnect') void client.disconnect().catch(ignore);
    else if (deed.do === 'connect') void client.connect().catch(ignore);
    else if (deed.do === 'purge') watch(client.purge().then((removed) => tell('purged', removed)));
    else await restart();
  }
  await until(life.after);
  if (life.end === 'kill') await sleep(60_000);
  if (life.end === 'drain') {
    tell('draining');
    await drain();
    tell('drained');
  }
  await stop(client);
  await Promise.race([Promise.all(open), sleep(2000)]);
  if (open.size > 0) tell('still open', open.size);
  if (memory) {
    const { leased } = await memory.queue.stats();
    if (leased > 0) tell('on loan', leased);
    await memory.close();
  }
  tell('ended');
}

process.on('warning', (warning) => tell('warning', String(warning)));
process.on('unhandledRejection', (reason) => {
  tell('unhandled', String(reason), (reason as Error).stack ?? '');
  process.exit(3);
});
void live();
