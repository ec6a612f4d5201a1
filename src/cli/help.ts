import type { Command } from './command';
import { EXIT_CODES } from './exit-codes';

/** Below the options of a command. */
export function helpOf({ examples, connects }: Command, color: boolean): string {
  const shown = examples.flatMap(({ line, tells }) => [`  ${tells}`, `    $ ${line}`]);
  return ['', title('Examples:', color), ...shown, ...(connects ? ['', ...CONNECTION] : [])].join('\n');
}

const CONNECTION = [
  'Every property of smpp-config is an option (--correlation-ttl 86400), a variable (SMPP_CORRELATION_TTL)',
  'and a key of the file of --config (correlationTtl). Options go before variables, variables before the file.',
];

/** Below the list of commands. */
export function helpOfAll(color: boolean): string {
  const codes = Object.values(EXIT_CODES).map(([code, meaning]) => `  ${String(code).padEnd(5)}${meaning}`);
  const examples = [
    '  $ smpp simulate --port 2775',
    '  $ smpp send --port 2775 --to 447700900123 --text Hello',
  ];
  return ['', title('Examples:', color), ...examples, '', title('Exit codes:', color), ...codes].join('\n');
}

const title = (text: string, color: boolean): string => (color ? `\x1b[1m${text}\x1b[0m` : text);
