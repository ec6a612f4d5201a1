/**
 * `smpp doctor`: says whether a configuration works, step by step, and where not, why and what to do.
 *
 * - `steps`      runs the steps, each with a limit, and prints them
 * - `link`       a connection to find out with
 * - `network`    names, connections, TLS
 * - `binding`    binds, and why there is none
 * - `pace`       how many requests at once, and how fast
 * - `message-tests`  test messages, with `--to`: `messages` sends them, `receipts` is what comes back
 * - `examination`  all of that in order
 */
import type { Command } from '../command';
import { Examination } from './examination';
import { ALPHABET_PROBE } from './receipts';
import { MOST_MESSAGES } from './messages';

const number = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most) return value;
  throw new Error(`give a number from ${least} to ${most}`);
};

export const doctor: Command = {
  name: 'doctor',
  summary: 'find out whether a configuration works, and where not, why',
  details:
    'Resolves, connects, speaks TLS, binds, and asks how many requests the SMSC takes at once. Messages that come in for others meanwhile ' +
    'are put off (ESME_RX_T_APPN), so that none is lost. With --to it sends test messages, after it has asked: at most ' +
    `${MOST_MESSAGES}, which the operator charges as any others. In the end it prints the configuration that works.`,
  connects: true,
  options: [
    { flags: '--to <number>', summary: 'send test messages to this number, a phone that you can look at' },
    { flags: '--from <sender>', summary: 'their sender (default: what the SMSC fills in)', fallback: '' },
    { flags: '--yes', summary: 'do not ask before test messages are sent' },
    {
      flags: '--from-screen <text>',
      summary: `what the phone showed of ${ALPHABET_PROBE}; is asked for on a terminal`,
    },
    { flags: '--all-methods', summary: 'try every way for long messages, also when one is accepted' },
    {
      flags: '--receipt-wait <seconds>',
      summary: 'how long receipts are waited for',
      fallback: 30,
      read: number(0, 3600),
    },
    {
      flags: '--max-window <number>',
      summary: 'requests at once to try at most',
      fallback: 50,
      read: number(1, 100),
    },
    { flags: '--binds', summary: 'also try the other types of bind, and a second bind at the same time' },
  ],
  examples: [
    { line: 'smpp doctor --config smpp.yaml', tells: 'Without sending anything:' },
    {
      line: 'smpp doctor --config smpp.yaml --to 35799000001 --from Shop',
      tells: 'With test messages to your own phone:',
    },
  ],
  run: (context) => new Examination(context).run(),
};
