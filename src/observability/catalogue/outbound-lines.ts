import type { Entries } from './entry';

const MESSAGE = [
  'command',
  'id',
  'correlation_id',
  'trace_id',
  'span_id',
  'destination',
  'segment',
  'segments',
] as const;
const COUNTS = [
  'throttle_responses',
  'non_throttle_responses',
  'percent_throttles',
  'sampling_period',
  'sample_size',
  'deny_request_at',
  'state',
  'rate',
] as const;
const PACE = ['send_rate', 'effective_send_rate', 'delay', 'duration'] as const;

/** The road of a message, and what holds it up. */
export const OUTBOUND_LINES = {
  submit: {
    start: ['debug', [...MESSAGE, 'sequence_number'], 'A message, or a segment of one, goes to the SMSC.'],
    end: [
      ['debug', 'info'],
      [
        ...MESSAGE,
        'sequence_number',
        'message_id',
        'command_status',
        'duration',
        'late',
        'code',
        'unsuccess',
      ],
      'The SMSC answered; `info` where it did not accept, but for throttling, or not for all destinations (`unsuccess`). Or no answer came (`code`; `info`): the message goes again, and may arrive twice.',
    ],
    long_field: ['warn', ['field'], 'A service_type is longer than the specification allows.'],
  },
  request: {
    start: ['debug', MESSAGE, 'The SMSC is asked about a message (query_sm, cancel_sm, replace_sm).'],
    end: [
      'debug',
      [...MESSAGE, 'sequence_number', 'command_status', 'duration', 'late', 'code'],
      'It answered, or did not (`code`).',
    ],
  },
  trace: { ignored: ['debug', [], 'A message came with a `traceparent` that is none; it goes without one.'] },
  failure: {
    end: [
      'warn',
      [...MESSAGE, 'code', 'command_status', 'maybe_delivered'],
      'A message failed for good; the sentence says why.',
    ],
  },
  throttle: {
    start: [
      ['info', 'warn'],
      ['command_status', 'wait', ...COUNTS],
      'The SMSC asked for less: sending pauses. `info` where it asked another instance that shares the queue.',
    ],
    continues: ['warn', ['duration', ...COUNTS], 'It still does so; once a minute.'],
    end: [
      'info',
      ['duration', ...COUNTS],
      'It has not done so for ten seconds after the pause. `duration`: until the pause was over.',
    ],
  },
  rate_limiter: {
    start: ['info', PACE, 'For most of ten seconds something waited for the rate limiter (`sendRate`).'],
    continues: ['debug', PACE, 'It is still so; once a minute.'],
    end: ['info', PACE, 'It is over: most of ten seconds nothing waited.'],
    refused: ['warn', ['err'], 'Redis refuses to keep the common rate; nothing is sent until it does.'],
  },
  sending: {
    interrupted: [
      ['debug', 'error'],
      ['part', 'code', 'err'],
      'The store or a part of the user failed; it is tried again.',
    ],
  },
  part: {
    failed: [
      ['debug', 'error'],
      ['part', 'method', 'code', 'err'],
      'A part of the user threw, rejected or gave what it must not.',
    ],
    unanswered: ['error', ['part', 'method'], 'A part of the user has not answered for long.'],
  },
  handler: { failed: ['error', ['handler', 'err'], 'A handler of an event threw or rejected.'] },
} as const satisfies Entries;
