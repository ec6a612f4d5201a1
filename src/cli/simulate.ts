import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { maskNumber } from '../index';
import { Smsc, SmscConfigError, type Rule, type SubmitEvent } from '../simulator';
import type { Command, Context } from './command';
import { configurationError, fileFault, usageError } from './errors';
import { exitCode, type ExitCode } from './exit-codes';

/** `smpp simulate`: an SMSC for tries and tests, with the faults of real ones. */
export const simulate: Command = {
  name: 'simulate',
  summary: 'run an SMSC that takes messages, sends receipts, and fails on demand',
  connects: false,
  options: [
    { flags: '--host <address>', summary: 'the address to listen on', fallback: '127.0.0.1' },
    { flags: '--port <number>', summary: 'the port; 0: any free one', fallback: '2775' },
    { flags: '--system-id <name>', summary: 'what clients must bind with (default: anything)' },
    { flags: '--password-file <file>', summary: 'a file with the password that they must have' },
    { flags: '--rules <file|json>', summary: 'faults and habits: a JSON list, or a file that holds one' },
    { flags: '--receipt-delay <seconds>', summary: 'from the response to the receipt (default: 0.5)' },
    { flags: '--receipt-state <state>', summary: 'what becomes of every message (default: DELIVRD)' },
    { flags: '--interface-version <version>', summary: '3.3, 3.4 or 5.0 (default)' },
    { flags: '--default-alphabet <name>', summary: 'what data_coding 0 means (default: gsm0338)' },
    { flags: '--show-text', summary: 'print texts and whole numbers' },
  ],
  examples: [
    { line: 'smpp simulate', tells: 'An SMSC on 127.0.0.1:2775 for any account:' },
    {
      line: `smpp simulate --port 0 --json --rules '[{"type": "throttle", "above": 10}]'`,
      tells: 'One that takes ten messages per second, on a free port that the first line tells:',
    },
  ],
  run,
};

async function run(context: Context): Promise<ExitCode> {
  const { output, signal } = context;
  const smsc = open(context);
  const show = (event: string, fields: Record<string, unknown>, words: string): void => {
    const line = { time: new Date().toISOString(), event, ...fields };
    const printed = output.json ? output.printJson(line) : output.print(words);
    // The process hears of a reader that has gone, by its signal.
    printed.catch(() => undefined);
  };
  watch(smsc, show, context.options['showText'] === true);
  const { host, port } = await smsc.start();
  show('listening', { host, port }, `listening on ${host}:${port}`);
  if (!signal.aborted) await once(signal, 'abort');
  await smsc.stop();
  return exitCode('ok');
}

function open(context: Context): Smsc {
  const { options, output } = context;
  const given: Record<string, unknown> = {
    ...Object.fromEntries(PLAIN.map((name) => [name, options[name]])),
    password: passwordOf(context),
    rules: rulesOf(context),
    log: (line: Record<string, unknown>): void => {
      if (line['level'] === 'warn' || line['level'] === 'error') output.warn(String(line['msg']));
    },
  };
  try {
    return new Smsc(given);
  } catch (error) {
    if (!(error instanceof SmscConfigError)) throw error;
    const told = error.problems.map(({ field, value, remedy }) =>
      field === 'password' || value === undefined
        ? `${field}: ${remedy}`
        : `${field} (${JSON.stringify(value)}): ${remedy}`,
    );
    throw configurationError('the simulator cannot be set up', told);
  }
}

const PLAIN = [
  'host',
  'port',
  'systemId',
  'receiptDelay',
  'receiptState',
  'interfaceVersion',
  'defaultAlphabet',
];

function passwordOf({ options, cwd, env }: Context): string | undefined {
  const file = options['passwordFile'];
  return typeof file === 'string' ? textOf('--password-file', file, cwd) : env['SMPP_PASSWORD'];
}

function rulesOf({ options, cwd }: Context): readonly Rule[] {
  const given = options['rules'];
  if (typeof given !== 'string') return [];
  const text = given.trim().startsWith('[') ? given : textOf('--rules', given, cwd);
  try {
    return JSON.parse(text) as Rule[];
  } catch (error) {
    throw usageError(`--rules is not JSON: ${(error as Error).message}`);
  }
}

function textOf(option: string, file: string, cwd: string): string {
  try {
    return readFileSync(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw usageError(`${option} ${file}: ${fileFault(error)}`);
  }
}

type Show = (event: string, fields: Record<string, unknown>, words: string) => void;

function watch(smsc: Smsc, show: Show, whole: boolean): void {
  const number = (value: unknown): string => {
    const text = typeof value === 'string' ? value : '';
    return whole ? text : maskNumber(text);
  };
  const said = ({ text, octets }: SubmitEvent): Record<string, unknown> =>
    whole && text !== undefined ? { text } : { octets: octets.length };
  smsc.on('bind', ({ command, system_id, command_status, session: { id, peer } }) =>
    show(
      'bind',
      { command, system_id, command_status, session: id, peer },
      `${command} of "${system_id}" from ${peer}: ${command_status}`,
    ),
  );
  smsc.on('submit', (submit) => {
    const { command, message_id, system_id, part } = submit;
    const [from, to] = [number(submit['source_addr']), number(submit['destination_addr'])];
    const what = whole && submit.text !== undefined ? `"${submit.text}"` : `${submit.octets.length} octets`;
    const fields = {
      command,
      system_id,
      message_id,
      source_addr: from,
      destination_addr: to,
      ...said(submit),
    };
    const parted = part ? ` (part ${part.part} of ${part.total})` : '';
    show(
      'submit',
      { ...fields, ...(part ? { part } : {}) },
      `${command} ${message_id} to ${to}: ${what}${parted}`,
    );
  });
  smsc.on('refused', ({ command, system_id, command_status = 'no answer', destination_addr }) =>
    show(
      'refused',
      { command, system_id, command_status, destination_addr: number(destination_addr) },
      `${command} to ${number(destination_addr)}: ${command_status}`,
    ),
  );
  smsc.on('receipt', ({ message_id, system_id, stat, command_status = 'no answer' }) =>
    show(
      'receipt',
      { message_id, system_id, stat, command_status },
      `receipt ${message_id} ${stat}: ${command_status}`,
    ),
  );
  smsc.on('close', ({ session: { id, peer }, reason }) =>
    show('close', { session: id, peer, reason }, `link of ${peer} closed: ${reason}`),
  );
}
