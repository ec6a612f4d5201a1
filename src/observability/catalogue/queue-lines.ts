import type { Entries } from './entry';

/** The queue and what else the store keeps. */
export const QUEUE_LINES = {
  queue: {
    full: ['warn', ['queued'], 'Messages are refused (QUEUE_FULL).'],
    ready: ['info', ['queued'], 'The queue takes messages again.'],
    unavailable: ['warn', ['err'], 'The queue cannot be written, or its server does not answer.'],
    available: ['info', [], 'It can, or does, again.'],
    receiver: ['warn', [], 'A message was queued on a connection that only receives.'],
    standstill: ['warn', ['seconds'], 'This process stood still for longer than its leases last.'],
    extend: ['debug', ['err'], 'Leases could not be renewed; it is tried again.'],
    settle: ['debug', ['err'], 'Results could not be written; it is tried again.'],
    expiry: ['debug', ['err'], 'Expired messages could not be looked for; it is tried again.'],
    late: ['debug', ['err'], 'What was accepted late could not be taken out of the queue.'],
    home: [
      ['debug', 'warn'],
      ['reason', 'err'],
      'Instances that share the queue cannot tell each other what became of messages.',
    ],
    idempotency: ['debug', ['err'], 'The outcome of an idempotency_key could not be written.'],
    claimed: ['debug', ['before'], 'The queue belongs to this account from now on.'],
    exposed: ['warn', ['path'], "The queue's files can be read by others."],
    in_clear: ['warn', [], "Messages go to the queue's server, or lie there, in clear."],
    damaged: ['error', ['kind'], 'A record on disk cannot be read.'],
    eviction: ['warn', ['policy'], 'Redis drops messages when its memory is full.'],
    drain: ['warn', ['code', 'err'], "Nothing comes from a foreign producer's list (drainList)."],
    refused: ['error', ['code', 'err'], "An item of the user's broker cannot be sent."],
    lost: [
      'error',
      ['id', 'correlation_id', 'trace_id', 'span_id', 'err'],
      "The user's broker does not take back a message that was not sent.",
    ],
  },
  correlator: { settle: ['debug', ['err'], 'message_ids could not be written; it is tried again.'] },
} as const satisfies Entries;
