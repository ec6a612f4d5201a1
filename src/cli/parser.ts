import type { Command, OptionSpec } from './command';
import { connectionFlags, type ConnectionFlag } from './connection-flags';
import { exitCode, type ExitCode } from './exit-codes';
import { helpOf, helpOfAll } from './help';
import type { Sink } from './output';
import { CommanderError, InvalidArgumentError, Option, Parser } from './libraries';

export interface Parsed {
  readonly command: Command;
  readonly options: Readonly<Record<string, unknown>>;
  readonly operands: readonly string[];
}

interface About {
  readonly version: string;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly color: boolean;
}

/** Options that every command has. */
export const COMMON: readonly OptionSpec[] = [
  { flags: '--json', summary: 'print JSON lines in place of words' },
  { flags: '-q, --quiet', summary: 'print nothing but results, warnings and errors' },
  { flags: '--no-color', summary: 'no colors (also: NO_COLOR)' },
];

/** What the words ask for; help, version and mistakes have been told when it gives an exit code. */
export function parseArguments(
  words: readonly string[],
  commands: readonly Command[],
  about: About,
): Parsed | { readonly exitCode: ExitCode } {
  let asked: Parsed | undefined;
  const program = new Parser('smpp');
  settle(program, about)
    .version(about.version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', helpOfAll(about.color));
  program.description('SMS over SMPP.');
  for (const command of commands) {
    const parser = settle(program.command(command.name), about);
    describeCommand(parser, command, about.color);
    parser.action(() => {
      asked = { command, options: parser.opts(), operands: parser.args };
    });
  }
  try {
    program.parse([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Without a command the help is what a mistake is answered with.
    const isAsked = error.exitCode === 0 && error.code !== 'commander.help';
    return { exitCode: exitCode(isAsked ? 'ok' : 'usage') };
  }
  return asked ?? { exitCode: exitCode('usage') };
}

/** It prints where the command does, and ends nothing. */
function settle(parser: Parser, { stdout, stderr, color }: About): Parser {
  return parser
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
      getOutHasColors: () => color,
      getErrHasColors: () => color,
      outputError: (text, write) => write(text.replace(/^error: /, 'smpp: ')),
    });
}

function describeCommand(parser: Parser, command: Command, color: boolean): void {
  parser.summary(command.summary).description(paragraphs(command));
  if (command.operands !== undefined) parser.arguments(command.operands);
  parser.allowExcessArguments(false);
  parser.optionsGroup('Options:');
  for (const option of command.options) parser.addOption(made(option));
  if (command.connects) {
    parser.optionsGroup('Connection:');
    for (const flag of connectionFlags()) addConnectionFlag(parser, command, flag);
  }
  parser.optionsGroup('Common:');
  for (const option of COMMON) parser.addOption(made(option));
  parser.helpOption('-h, --help', 'print this help').addHelpText('after', helpOf(command, color));
}

const paragraphs = ({ summary, details }: Command): string =>
  [`${summary}.`, ...(details === undefined ? [] : [details])].join('\n\n');

function made({ flags, summary, choices, fallback, repeats, read }: OptionSpec): Option {
  const option = new Option(flags, summary);
  if (choices) option.choices(choices);
  if (fallback !== undefined) option.default(fallback);
  if (!flags.includes('<') || choices) return option;
  let isGiven = false;
  const value = (text: string): unknown => {
    // Of recipients or files the last one alone would be seen to; a number may overrule that of an alias.
    if (isGiven && !repeats && !read) throw new InvalidArgumentError('It was given before; give it once.');
    isGiven = true;
    try {
      return read ? read(text) : text;
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
  return repeats
    ? option.argParser((text, before: unknown[] | undefined) => [...(before ?? []), value(text)])
    : option.argParser((text) => value(text));
}

/** An option of the command's own goes before a property of the connection of the same name. */
function addConnectionFlag(parser: Parser, command: Command, flag: ConnectionFlag): void {
  const taken = command.options.some(({ flags }) => flags.split(/[ ,]+/).includes(flag.long));
  if (taken) return;
  parser.addOption(hiddenUnlessUsual(new Option(flag.flags, flag.summary), flag));
  if (flag.isFlag)
    parser.addOption(new Option(flag.long.replace('--', '--no-'), `not ${flag.summary}`).hideHelp());
}

const hiddenUnlessUsual = (option: Option, { isUsual }: ConnectionFlag): Option =>
  isUsual ? option : option.hideHelp();
