import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Metrics, SmppClient, type SmppClientOptions } from '../index';
import type { Command, Context } from './command';
import { CommandError, configurationError, fileFault, usageError } from './errors';
import { eventNames, printEvents } from './event-lines';
import { withLog } from './engine-log';
import { serveMetrics, type MetricsServer } from './metrics-server';
import { RECORD_OPTIONS, recordTo } from './recording';
import { Interruption, OutputClosed, exitCode, type ExitCode } from './exit-codes';

/** `smpp run`: a worker without Node-RED. */
export const run: Command = {
  name: 'run',
  summary: 'take messages from the configured queue and send them, until told to end',
  details: [
    'The queue is on disk, in Redis or in RabbitMQ: other programs put messages there (docs/stores.md). It keeps connected,',
    'logs JSON lines on standard output, and ends in good order by SIGINT, SIGTERM, SIGHUP or SIGQUIT: what is on the wire',
    'gets drainTimeout for its answer, the rest stays in the queue. A second signal ends it at once; nothing is lost then.',
  ].join(' '),
  operands: '[config]',
  connects: true,
  options: [
    {
      flags: '--events <names>',
      summary: 'print these events too: failure, receipt, message … between commas, or all',
    },
    { flags: '--dry-run', summary: 'check the configuration and end; nothing is opened' },
    { flags: '--until-empty', summary: 'end when the queue is empty, and others have nothing of it in hand' },
    {
      flags: '--metrics-port <port>',
      summary: 'serve /metrics and /health to this machine, for Prometheus and supervisors; 0: any free port',
      read: readPort,
    },
    { flags: '--pid-file <file>', summary: 'write the process id there while it runs' },
    ...RECORD_OPTIONS,
  ],
  examples: [
    {
      line: 'smpp run worker.yaml',
      tells:
        'A worker by a file such as {queue: redis, queueUrl: "${REDIS_URL}", host: smsc.example, systemId: me}:',
    },
    {
      line: 'smpp run worker.yaml --events failure,receipt',
      tells: 'One that tells what failed and what was delivered:',
    },
  ],
  run: work,
};

/** Milliseconds between two looks at the queue. */
const LOOK = 250;
/** So many looks one after the other that find nothing. */
const EMPTY_LOOKS = 3;

async function work(context: Context): Promise<ExitCode> {
  const { options, output, signal } = context;
  const names = options['events'];
  const events = typeof names === 'string' ? eventNames(names) : [];
  const write = (line: object): void => {
    output.printJson(line).catch(() => undefined);
  };
  const metrics = options['metricsPort'] === undefined ? undefined : new Metrics();
  const given = optionsFor(withOperand(context), write, events.length > 0);
  const settings = metrics ? { ...given, metrics } : given;
  const client = new SmppClient(settings);
  printEvents({ client, output, events });
  const recorded = options['dryRun'] === true ? () => undefined : recordTo(context, client);
  const removePidFile = options['dryRun'] === true ? () => undefined : writePidFile(context);
  let served: MetricsServer | undefined;
  try {
    if (options['dryRun'] === true) {
      write(told('checked', {}, 'the configuration is right; nothing was opened'));
      return exitCode('ok');
    }
    if (metrics) {
      served = await serveMetrics(options['metricsPort'] as number, metrics, client);
      write(told('metrics', { port: served.port }, `metrics on 127.0.0.1:${served.port}`));
    }
    await client.start({ signal });
    write(told('ready', { pid: process.pid }, 'sends what is queued'));
    if (options['untilEmpty'] === true) await untilEmpty(client, signal);
    else if (!signal.aborted) await once(signal, 'abort');
    const reason: unknown = signal.reason;
    const why = reason instanceof Interruption ? reason.signal : signal.aborted ? 'no output' : 'done';
    write(told('draining', { reason: why }, 'ends in good order'));
    await client.disconnect();
    if (reason instanceof CommandError) throw reason;
    // Whoever watches over it is to start it again.
    return exitCode(reason instanceof OutputClosed ? 'unread' : 'ok');
  } catch (error) {
    // It was told to end before it was bound: nothing was begun.
    if (signal.reason instanceof Interruption && error === signal.reason) return exitCode('ok');
    throw error;
  } finally {
    await client.stop();
    await recorded();
    await served?.close();
    removePidFile();
  }
}

/** A line of the command's own, of the form of the engine's. */
const told = (event: string, facts: object, msg: string): object => ({
  level: 'info',
  time: new Date().toISOString(),
  event,
  ...facts,
  msg,
});

/** `smpp run worker.yaml` is `smpp run --config worker.yaml`. */
function withOperand(context: Context): SmppClientOptions {
  const { operands, options } = context;
  const [config] = operands;
  if (config === undefined) return context.connection();
  if (options['config'] !== undefined)
    throw usageError('the configuration is given twice, as operand and by --config');
  return context.connection({ config });
}

function optionsFor(
  given: SmppClientOptions,
  write: (line: object) => void,
  prints: boolean,
): SmppClientOptions {
  const queue = given.queue ?? (given.queueDirectory === undefined ? 'memory' : 'disk');
  if (queue === 'memory')
    throw configurationError(
      'queue: a worker takes messages from a queue that others can reach; give redis, rabbitmq or disk',
    );
  // What nobody takes here is wanted elsewhere, or by who looks at this: the SMSC keeps it.
  return {
    whenNobodyListens: 'later',
    ...withLog(given, write),
    ...(prints ? { acknowledge: 'manual' } : {}),
  };
}

/**
 * What others have taken counts: where one of them dies, that is sent here when its lease is over. RabbitMQ does not tell
 * what others have; what one had that has died comes back at once.
 */
async function untilEmpty(client: SmppClient, signal: AbortSignal): Promise<void> {
  // Looks are counted, not the time: a process that stood still has seen nothing meanwhile.
  for (let empty = 0; empty < EMPTY_LOOKS && !signal.aborted;) {
    const { queued, in_flight, in_flight_elsewhere, queue_state } = await client.status();
    const isEmpty = queue_state === 'available' && queued + in_flight + in_flight_elsewhere === 0;
    empty = isEmpty ? empty + 1 : 0;
    await sleep(LOOK, undefined, { signal }).catch(() => undefined);
  }
}

/** @returns what removes it */
function writePidFile({ options, cwd }: Context): () => void {
  const name = options['pidFile'];
  if (typeof name !== 'string') return () => undefined;
  const path = resolve(cwd, name);
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch (error) {
    throw usageError(`--pid-file ${name}: ${fileFault(error)}`);
  }
  return () => rmSync(path, { force: true });
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535 && text.trim() !== '') return port;
  throw new Error('Give a port from 0 to 65535.');
}
