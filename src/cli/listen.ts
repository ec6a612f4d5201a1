import { once } from 'node:events';
import { SmppClient, type SmppClientOptions } from '../index';
import type { Command, Context } from './command';
import { engineLog, withLog } from './engine-log';
import { CommandError } from './errors';
import { eventNames, printEvents } from './event-lines';
import { exitCode, type ExitCode } from './exit-codes';
import { RECORD_OPTIONS, recordTo } from './recording';

/** `smpp listen`: what comes in, as JSON lines. */
export const listen: Command = {
  name: 'listen',
  summary: 'print messages and receipts that come in, as JSON lines',
  details: [
    'Each is acknowledged when its line is written; what was not is repeated by the SMSC. Ends in good order by Ctrl-C,',
    'and where the reader of the lines ends. It binds as receiver unless bindType says otherwise.',
  ].join(' '),
  connects: true,
  options: [
    {
      flags: '--events <names>',
      summary: 'what is printed: message, receipt, session … between commas, or all',
      fallback: 'message,receipt',
    },
    { flags: '--raw', summary: 'with the octets of each PDU' },
    { flags: '--count <number>', summary: 'end after so many lines', read: readCount },
    ...RECORD_OPTIONS,
  ],
  examples: [
    {
      line: 'smpp listen --host smsc.example --system-id me --password-file secret',
      tells: 'Messages and receipts of an account:',
    },
    {
      line: `smpp listen --events message --count 1 | jq -r .payload`,
      tells: 'The text of the next message:',
    },
  ],
  run,
};

async function run(context: Context): Promise<ExitCode> {
  const { options, output, signal } = context;
  const events = eventNames(String(options['events']));
  const log = engineLog(output);
  const client = new SmppClient(optionsFor(context.connection(), log.log));
  const recorded = recordTo(context, client);
  const enough = new AbortController();
  const ended = AbortSignal.any([signal, enough.signal]);
  const limit = (options['count'] as number | undefined) ?? Infinity;
  const raw = options['raw'] === true;
  printEvents({ client, output, events, limit, raw, enough: () => enough.abort() });
  try {
    log.hush();
    await client.start({ failFast: true, signal });
    log.speak();
    output.note('listening');
    if (!ended.aborted) await once(ended, 'abort');
    await client.disconnect();
  } finally {
    await client.stop();
    await recorded();
  }
  if (signal.reason instanceof CommandError) throw signal.reason;
  return exitCode('ok');
}

const optionsFor = (
  given: SmppClientOptions,
  log: (line: Record<string, unknown>) => void,
): SmppClientOptions => {
  const { queueDirectory: _directory, queue: _queue, ...own } = given;
  return {
    bindType: 'receiver',
    logLevel: 'warn',
    // Whose messages they are the receipts of is known elsewhere: nothing is waited for.
    receiptHoldTime: 0,
    whenNobodyListens: 'later',
    ...withLog(own, log),
    queue: 'memory',
    acknowledge: 'manual',
  };
};

function readCount(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error('Give a whole number from 1.');
}
