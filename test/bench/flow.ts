/**
 * A flow in a real Node-RED: function → smpp-out → function, or with a function that passes on in place of smpp-out.
 * `flow.ts <smpp-out | pass-through> <port> <messages>`; sends the CPU seconds and seconds that the messages took.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import RED from 'node-red';
import { until } from '../support/until';
import { DESTINATION, SOURCE, TEXT } from './contenders/types';

const root = join(__dirname, '..', '..');
const WARM_UP = 10_000;
/** Messages on their way at a time. */
const FLYING = 1000;

/** What the functions of the flow call. */
const bench = {
  source: undefined as ((msg: object) => void) | undefined,
  sink: (): void => undefined,
};

function flows(kind: string, port: number): object[] {
  const between =
    kind === 'smpp-out'
      ? { type: 'smpp-out', connection: 'connection', command: 'submit_sm', registeredDelivery: 'final' }
      : { type: 'function', func: 'return msg;', outputs: 1 };
  return [
    { id: 'tab', type: 'tab', label: 'bench' },
    { id: 'connection', type: 'smpp-config', host: '127.0.0.1', port, windowSize: 100, logLevel: 'warn' },
    {
      ...{ id: 'source', type: 'function', z: 'tab', func: 'return msg;', outputs: 1, wires: [['between']] },
      initialize: "global.get('bench').source = (msg) => node.send(msg);",
    },
    { id: 'between', z: 'tab', wires: [['sink']], ...between },
    {
      ...{ id: 'sink', type: 'function', z: 'tab', outputs: 0, wires: [] },
      func: "global.get('bench').sink(); return null;",
    },
  ];
}

async function start(kind: string, port: number): Promise<() => Promise<void>> {
  const userDir = mkdtempSync(join(tmpdir(), 'node-red-bench-'));
  writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flows(kind, port)));
  const settings = {
    userDir,
    flowFile: 'flows.json',
    nodesDir: [root],
    httpAdminRoot: false,
    httpNodeRoot: false,
    functionGlobalContext: { bench },
    logging: { console: { level: 'error' } },
  };
  RED.init(createServer(), settings as never);
  await RED.start();
  await until(() => bench.source !== undefined);
  return async () => {
    await RED.stop();
    rmSync(userDir, { recursive: true, force: true });
  };
}

function pass(count: number): Promise<void> {
  return new Promise((resolve) => {
    let toSend = count;
    let toCome = count;
    const next = (): void => {
      if (toSend-- <= 0) return;
      bench.source?.({ payload: TEXT, topic: DESTINATION, smpp: { source_addr: SOURCE } });
    };
    bench.sink = () => {
      if (--toCome === 0) resolve();
      else setImmediate(next);
    };
    for (let n = 0; n < FLYING; n++) next();
  });
}

async function main([kind = '', port, messages]: readonly string[]): Promise<void> {
  const stop = await start(kind, Number(port));
  await pass(WARM_UP);
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  await pass(Number(messages));
  const seconds = (performance.now() - before) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  await stop();
  process.send?.({ seconds, cpuSeconds: (user + system) / 1e6 }, () => process.exit());
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
