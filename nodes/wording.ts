import { MessageError, SmppError } from '../src/index';

type Line = Readonly<Record<string, unknown>>;

/** What a flow does where a program is told to call something of the library's: by the code of the error and the field at fault. */
const REMEDIES: Readonly<Record<string, string>> = {
  'MISSING_DESTINATION destination_addr': 'give it as msg.topic, in the node, or as destination_addr',
  'MISSING_TEXT short_message':
    'give it as msg.payload, in the node, or as short_message (an empty text is possible)',
  STORE_ACCOUNT:
    'to send it under the new account, send msg.action "claim" to an smpp-out of this connection; to remove it for ' +
    'good, msg.action "purge"',
  NOT_QUEUED: 'send it again when the deploy is over',
};

/** Log lines that speak of the library's methods and handlers, by event and stage; undefined: as it is. */
const LINES: Readonly<Record<string, (line: Line) => string | undefined>> = {
  'ack timeout': ({ ack_id }) =>
    ack_id === undefined
      ? 'the smpp-in nodes were not done with what came in within ackTimeout, as while a deploy lasts, and the SMSC is ' +
        'asked to repeat it'
      : 'what came in was not acknowledged within ackTimeout, and the SMSC is asked to repeat it: send each message and ' +
        'receipt to an smpp-out with msg.action "ack", or set acknowledge to auto',
  'reading paused': () => 'the flow is slow: reading pauses',
  'reading refusing': () =>
    'messages come faster than the flow takes them: what finds no room is answered so that the SMSC repeats it',
};

/** The text of a log line, as a flow has it. */
export function lineInFlow(line: Line): string {
  const told = LINES[`${String(line.event)} ${String(line.stage)}`]?.(line);
  return told ?? (typeof line.msg === 'string' ? line.msg : '');
}

/** The same error, whose remedy is one that a flow has. */
export function saidInFlow<E extends Error>(error: E): E {
  if (!(error instanceof SmppError) || error.remedy === undefined) return error;
  const { code, remedy, message } = error;
  const own = REMEDIES[error instanceof MessageError ? `${code} ${error.field}` : code];
  // Told before, it ends otherwise.
  if (own !== undefined && message.endsWith(remedy)) error.message = message.slice(0, -remedy.length) + own;
  return error;
}
