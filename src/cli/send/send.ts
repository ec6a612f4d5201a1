import { resolve } from 'node:path';
import { SmppClient, type CompleteWhen, type SmppClientOptions } from '../../index';
import type { Command, Context } from '../command';
import { engineLog, type EngineLog } from '../engine-log';
import { Interruption, OutputClosed, exitCode, type ExitCode } from '../exit-codes';
import { isPipe, type Output } from '../output';
import { CommandError } from '../errors';
import { RECORD_OPTIONS, recordTo } from '../recording';
import { FORMATS } from '../rows';
import { connectionFor, limitOf } from './connection';
import { counted, dryRun } from './dry-run';
import { inputOf, type Input } from './input';
import { Journal } from './journal';
import { readDelimiter, readNumber, readPair } from './option-values';
import { Progress } from './progress';
import { Report, Totals } from './report';
import { Sending } from './sending';

/** `smpp send` */
export const send: Command = {
  name: 'send',
  summary: 'send a message, or those of a file',
  details: [
    'A file has CSV, whose first line names the columns, or JSON lines. Columns and keys are named as the fields of a',
    'message (destination_addr, source_addr, short_message, registered_delivery, metadata …); to, from and text will do.',
    'Messages wait in the process: what was not sent when it ends is told by the journal of --resume. With',
    '--complete-when queued they go into the configured queue, for `smpp run` or a Node-RED to send.',
  ].join(' '),
  connects: true,
  options: [
    { flags: '--to <number>', summary: 'the recipient' },
    { flags: '--text <text>', summary: 'the text' },
    { flags: '--from <number>', summary: 'the sender; for a file: where a row has none' },
    {
      flags: '--set <field=value>',
      summary: 'any field, of each message whose row has none; may be repeated',
      repeats: true,
      read: readPair,
    },
    { flags: '-f, --file <file>', summary: 'the messages of a file; -: of standard input' },
    {
      flags: '--format <format>',
      summary: 'of the file; default: by its name or beginning',
      choices: FORMATS,
    },
    {
      flags: '--encoding <name>',
      summary:
        'of the file, such as latin1 or utf-16le (default: utf-8); for that of messages see --set encoding=…',
    },
    {
      flags: '--delimiter <character>',
      summary: 'between columns; default: comma, semicolon or tab, as the first line has it',
      read: readDelimiter,
    },
    {
      flags: '--map <column=field>',
      summary: 'a column that is called otherwise; column= passes over one; may be repeated',
      repeats: true,
    },
    { flags: '--rate <number>', summary: 'segments per second at most (as --send-rate)', read: readNumber },
    {
      flags: '--complete-when <what>',
      summary: 'what a message is done by',
      choices: ['accepted', 'delivered', 'queued'],
      fallback: 'accepted',
    },
    {
      flags: '--delivered-timeout <seconds>',
      summary: 'how long --complete-when delivered waits for receipts',
      fallback: 3600,
      read: readNumber,
    },
    {
      flags: '--resume <journal>',
      summary: 'a file that keeps which rows were accepted; those are not sent again',
    },
    {
      flags: '--in-flight <what>',
      summary: 'with --resume: what to do with rows whose end is not known',
      choices: ['send', 'skip'],
      fallback: 'send',
    },
    { flags: '--strict', summary: 'end at the first bad row; default: tell it and go on' },
    { flags: '-n, --dry-run', summary: 'check all, show encoding and segments, send nothing' },
    { flags: '--price <number>', summary: 'with --dry-run: of a segment, for the sum', read: readNumber },
    ...RECORD_OPTIONS,
  ],
  examples: [
    { line: 'smpp send --to 447700900123 --text "Hello" --from 70123', tells: 'One message:' },
    {
      line: 'smpp send --file customers.csv --map phone=to --set text="We are open" --rate 50 --resume customers.journal',
      tells: 'Those of a file, resumed where it was interrupted by the same line again:',
    },
    { line: 'smpp send --file customers.csv --dry-run', tells: 'What they would come to:' },
    { line: 'jq -c .[] messages.json | smpp send --file - --json', tells: 'JSON lines in, JSON lines out:' },
  ],
  run,
};

async function run(context: Context): Promise<ExitCode> {
  const { options, output } = context;
  const input = inputOf(context);
  const log = engineLog(output);
  const work: Work = {
    context,
    input,
    log,
    connection: connectionFor(context, options['completeWhen'] as CompleteWhen, log),
    report: new Report(output, input.isOne),
    totals: new Totals(),
  };
  return options['dryRun'] === true ? check(work) : deliver(work);
}

interface Work {
  readonly context: Context;
  readonly input: Input;
  readonly log: EngineLog;
  readonly connection: SmppClientOptions;
  readonly report: Report;
  readonly totals: Totals;
}

async function check({ context, input, connection, report, totals }: Work): Promise<ExitCode> {
  const { options, output, signal } = context;
  const { rows, isOne } = input;
  const strict = options['strict'] === true;
  await dryRun(rows, connection, { output, report, totals, isOne, strict, signal });
  await summarise(output, totals, options['price'] as number | undefined, isOne);
  return exitCode(totals.invalid > 0 ? 'failed' : 'ok');
}

async function deliver(work: Work): Promise<ExitCode> {
  const { context, input, totals, report } = work;
  const { options, output, signal } = context;
  const completeWhen = String(options['completeWhen']);
  const began = performance.now();
  const journal = await openJournal(context, input.isOne);
  let isUnread = false;
  try {
    await sendAll(work, journal);
  } catch (error) {
    if (!isPipe(error) && !(signal.reason instanceof OutputClosed)) throw error;
    isUnread = true;
  } finally {
    journal?.close();
  }
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  const reason: unknown = signal.reason;
  if (reason instanceof CommandError) throw reason;
  if (isUnread || reason instanceof OutputClosed) {
    output.error(
      `the reader of the output has gone, the rest is not sent: ${report.words(totals, seconds, completeWhen)}`,
    );
    return exitCode('unread');
  }
  const interruption = reason instanceof Interruption ? reason : undefined;
  await report.summary(totals, seconds, interruption?.signal, completeWhen);
  if (interruption && journal)
    output.note(`the same command goes on where it was interrupted (--resume ${String(options['resume'])})`);
  return interruption?.exitCode ?? exitCode(totals.failed + totals.invalid > 0 ? 'failed' : 'ok');
}

async function sendAll(
  { context, input, connection, log, report, totals }: Work,
  journal: Journal | undefined,
): Promise<void> {
  const { options, signal } = context;
  const completeWhen = options['completeWhen'] as CompleteWhen;
  const client = new SmppClient(connection);
  const recorded = recordTo(context, client);
  const sending = new Sending({
    ...{ client, report, totals, journal, completeWhen, signal },
    ending: () => {
      log.hush();
      if (signal.reason instanceof Interruption && completeWhen !== 'queued') context.output.note(WAITS);
    },
    strict: options['strict'] === true,
    unsure: options['inFlight'] as 'send' | 'skip',
    deliveredTimeout: options['deliveredTimeout'] as number,
    limit: limitOf(connection, completeWhen),
  });
  log.hush();
  let progress: Progress | undefined;
  try {
    await connect(client, completeWhen, signal);
    log.speak();
    progress = input.isOne ? undefined : progressOf(context, input, totals);
    await sending.run(input.rows);
  } finally {
    progress?.stop();
    await client.stop();
    await recorded();
  }
}

const WAITS =
  'interrupted: waits for the answers to what is on the wire, drainTimeout at most; interrupted again it ends at once';

const progressOf = ({ output, options }: Context, { size }: Input, totals: Totals): Progress =>
  new Progress({
    output,
    size,
    word: String(options['completeWhen']),
    done: () => {
      const { accepted, failed, invalid, read } = totals;
      return { accepted, failed: failed + invalid, read };
    },
  });

/** Rejects where it cannot connect, or with the signal's reason. */
async function connect(client: SmppClient, completeWhen: CompleteWhen, signal: AbortSignal): Promise<void> {
  if (completeWhen === 'queued') return;
  try {
    await client.start({ failFast: true, signal });
  } catch (error) {
    await client.stop();
    throw error;
  }
}

async function openJournal({ options, cwd, output }: Context, isOne: boolean): Promise<Journal | undefined> {
  const name = options['resume'];
  if (typeof name !== 'string' || isOne) return undefined;
  const journal = await Journal.open(resolve(cwd, name));
  const { accepted, unsure } = journal;
  if (accepted > 0) output.note(`${accepted} rows were accepted before and are not sent again`);
  if (unsure > 0) {
    const what =
      options['inFlight'] === 'skip'
        ? 'are not sent again (--in-flight skip)'
        : 'are sent again, and may come twice';
    output.warn(
      `${unsure} rows were begun when the run before this was broken off, and some of them may have been accepted: they ${what}`,
    );
  }
  return journal;
}

async function summarise(
  output: Output,
  totals: Totals,
  price: number | undefined,
  isOne: boolean,
): Promise<void> {
  const { rows, accepted, invalid, segments } = totals;
  const sum = price === undefined ? {} : { price: Math.round(price * segments * 1e6) / 1e6 };
  if (output.json)
    await output.printJson({ event: 'summary', rows, checked: accepted, invalid, segments, ...sum });
  else {
    const cost = price === undefined ? '' : `, ${Math.round(price * segments * 100) / 100} altogether`;
    if (!isOne)
      await output.print(
        `${rows} rows: ${accepted} good, ${invalid} bad; ${counted(segments, 'segment')}${cost}; nothing was sent`,
      );
    else if (price !== undefined) await output.print(`${counted(segments, 'segment')}${cost}`);
  }
}
