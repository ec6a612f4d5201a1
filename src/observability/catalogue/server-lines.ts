import type { Entries } from './entry';

/** Of `SmppServer` and the simulator; they have the lines about sessions, requests and handlers as well. */
export const SERVER_LINES = {
  listen: {
    start: ['info', ['port'], 'It listens.'],
    end: ['info', ['port'], 'It has stopped.'],
    failed: ['error', ['err'], 'Listening failed.'],
  },
  bind: {
    end: ['info', ['command', 'command_status'], 'A client was let in, or not.'],
    failed: ['error', ['err'], '`authenticate` threw or rejected; the bind is refused.'],
  },
  session: {
    closed: ['info', [], 'A connection ended; the sentence says why.'],
    refused: ['warn', ['address', 'limit'], 'A connection too many was dropped.'],
    tls: ['warn', ['err'], 'A client does not speak TLS, or was not accepted.'],
  },
  request: {
    failed: ['error', ['command', 'err'], 'A handler of requests threw or rejected.'],
    late: [['debug', 'warn'], ['command'], 'It answered after `answerTimeout`, or when the client had gone.'],
  },
  submit: {
    taken: ['debug', ['command', 'message_id'], 'The simulator accepted a message.'],
    refused: ['debug', ['command', 'command_status'], 'It refused one, or left it without answer.'],
  },
  outbox: {
    full: ['warn', [], 'More receipts wait, or are to come, than the simulator can keep: one is lost.'],
  },
  scheduler: { failed: ['error', ['err'], 'What the simulator was to do later failed.'] },
  handler: { failed: ['error', ['handler', 'err'], 'A handler of an event threw or rejected.'] },
} as const satisfies Entries;
