/** What a field holds, as JSON has it: `error` is an Error, written with its type, message and stack. */
interface FieldTypes {
  string: string;
  number: number;
  boolean: boolean;
  numbers: readonly number[];
  error: unknown;
}

export type FieldKind = keyof FieldTypes;

/** Every fact that a log line may have. Durations are in seconds. */
export const FIELDS = {
  connection: ['string', "The connection's name, else its `clientId`, else `host:port`."],
  system_id: ['string', 'The account.'],
  host: ['string', 'The SMSC as `host:port`; in a line about a session, where that session is.'],
  session: ['number', 'Counts the sessions of a connection from 1; in every line about one of them.'],

  ack_id: ['string', 'Of the message or receipt that was to be acknowledged.'],
  before: ['string', 'The account that the queue belonged to.'],
  bind_type: [
    'string',
    '`transceiver`, `transmitter` or `receiver`; `pair` in a line about both links of a pair.',
  ],
  bound: ['number', 'Sessions that are bound, where there is more than one.'],
  code: ['string', 'What went wrong, for programs; see the list of error codes.'],
  command: ['string', 'The PDU, by its name in the specification.'],
  command_length: ['number', 'Octets of the PDU, its header included.'],
  command_status: [
    'string',
    'What was answered, by its name in the specification; `0x00000401` where it has none.',
  ],
  congestion_state: ['number', 'How busy the SMSC says it is, in percent.'],
  correlation_id: ['string', "The message's own name, given by its sender."],
  data_coding: ['number', 'Of a message that cannot be read.'],
  delay: ['number', 'Seconds that permits were waited for, on average.'],
  deny_request_at: ['number', '`denyRequestAt`: percent of throttled answers above which nothing is sent.'],
  destination: ['string', 'The recipient; masked, unless whole numbers are asked for.'],
  direction: ['string', '`out`: we asked the SMSC; `in`: it asked us.'],
  duration: ['number', 'Seconds from start to end.'],
  entries: ['number', 'PDUs that are recorded.'],
  effective_send_rate: ['number', 'Segments per second that were let go over the last five seconds.'],
  err: ['error', 'What went wrong.'],
  field: ['string', 'The option or field that the line is about.'],
  handler: ['string', 'The event whose handler failed.'],
  id: ['string', "The message's key in the queue; the same in all lines and events about it."],
  kind: ['string', 'What is damaged: `record`, `newer` (of a newer version) or `file`.'],
  late: ['boolean', 'True where the response came after its time-out.'],
  maybe_delivered: ['boolean', 'True where the SMSC may have taken it all the same.'],
  message_id: ['string', "The SMSC's name for the message."],
  method: ['string', 'Of the part: what was asked of it.'],
  missing: ['numbers', 'Parts that did not come.'],
  non_throttle_responses: ['number', 'Other answers, counted with `throttle_responses`.'],
  part: ['string', "The option that holds the part: `rateLimiter`, `throttleHandler`, a store's part…"],
  passed_over: ['number', 'Lines like this one that were not written in the minute before.'],
  path: ['string', 'The file or directory.'],
  percent_throttles: ['number', 'Throttled answers, in percent of all that were counted.'],
  policy: ['string', "Redis' `maxmemory-policy`."],
  queued: ['number', 'Messages in the queue.'],
  rate: ['number', 'Segments per second that the throttle handler allows from now on.'],
  reason: ['string', 'Why, in words.'],
  receipt_id: ['string', 'The message_id as the receipt has it.'],
  refused: ['number', 'Messages and receipts that the SMSC was asked to send again.'],
  response_id: ['string', 'The message_id as the response has it.'],
  response_timeout: ['number', 'Seconds that responses are waited for from now on.'],
  retry_in: ['number', 'Seconds until the next try.'],
  sample_size: ['number', '`sampleSize`: answers below which nothing is concluded.'],
  sampling_period: ['number', '`samplingPeriod`: seconds after which counting starts anew.'],
  seconds: ['number', 'How long, or how far.'],
  segment: ['number', 'Which part of a long message, from 1.'],
  segments: ['number', 'How many parts it has.'],
  send_rate: ['number', '`sendRate`: segments per second that are allowed; 0: no limit.'],
  sequence_number: ['number', 'Of the request and its response.'],
  sessions: ['number', 'Sessions that are wanted, where there is more than one.'],
  source: ['string', 'The sender; masked, unless whole numbers are asked for.'],
  span_id: ['string', "The sender's span, of a message that came with a `traceparent`."],
  state: ['string', 'Of a receipt: `DELIVRD`…; of the throttle handler: `deny_request` or `allow_request`.'],
  throttle_responses: [
    'number',
    'Answers that asked for less: of the sampling period (`sampling`); else of all so far, in `continues` and `end` since the `start`.',
  ],
  trace_id: ['string', 'The trace that a message belongs to, where it came with a `traceparent`.'],
  unsuccess: ['number', 'Destinations of a `submit_multi` that the SMSC did not take.'],
  wait: ['number', 'Seconds for which nothing is sent.'],
  window_size: ['number', 'Requests that may be without answer at a time.'],

  lines: ['number', 'How many lines.'],
  octets: ['number', 'What they take, about.'],
  numbers: ['boolean', 'Whether numbers are shown whole.'],
  texts: ['boolean', 'Whether texts are shown.'],
  overwritten: ['number', 'Lines that had to make room before they were written out.'],

  address: ['string', 'Of a client that was not let in.'],
  limit: ['string', 'The option that says how many there may be.'],
  port: ['number', 'The port that the server listens on.'],
} as const satisfies Readonly<Record<string, readonly [kind: FieldKind, meaning: string]>>;

export type Field = keyof typeof FIELDS;

/** On every line of a connection; `session` on each about a session; `err` of anything that failed. */
export const COMMON = ['connection', 'system_id', 'host', 'session'] as const satisfies readonly Field[];

/** Added where lines like one that was written are counted in its place, and to lines of the flight recorder. */
export const ADDED = {
  repeated: ['number', 'How many lines like this one were not written.'],
  within: ['number', 'Within so many seconds.'],
  recorded: ['boolean', 'True on lines that the flight recorder writes out.'],
  recorded_at: ['string', 'When that line was, by ISO 8601; `time` is when it was written out.'],
} as const satisfies Readonly<Record<string, readonly [kind: FieldKind, meaning: string]>>;

/** The value of a field in a log call. */
export type FieldValue<F extends Field> = FieldTypes[(typeof FIELDS)[F][0]];
