interface Common {
  /** What it is, its unit, and what to do with it. */
  readonly help: string;
  /** Beside `connection`. */
  readonly labels: readonly string[];
}
export interface CounterFamily extends Common {
  readonly type: 'counter';
}
export interface GaugeFamily extends Common {
  readonly type: 'gauge';
  /** How the values of clients of one name become one. */
  readonly merge: 'sum' | 'max' | 'min';
}
export interface HistogramFamily extends Common {
  readonly type: 'histogram';
  /** Seconds. */
  readonly buckets: readonly number[];
}
export type Family = CounterFamily | GaugeFamily | HistogramFamily;

/** Seconds of a round trip. */
export const ROUND_TRIP = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;
/** Seconds from a submit to the final receipt: a phone that is on takes seconds, one that is off days. */
export const DELIVERY = [1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3600, 14_400, 43_200, 86_400] as const;

const counter = (help: string, ...labels: string[]): CounterFamily => ({ type: 'counter', help, labels });
const gauge = (help: string, ...labels: string[]): GaugeFamily => ({
  type: 'gauge',
  merge: 'sum',
  help,
  labels,
});
const histogram = (buckets: readonly number[], help: string, ...labels: string[]): HistogramFamily => ({
  type: 'histogram',
  buckets,
  help,
  labels,
});

/**
 * All metric families, by name; every one has the label `connection` too. Names as Prometheus wants them: base units,
 * counters end in `_total`. What is added here goes into docs/metrics.md as well; a test compares them.
 */
export const FAMILIES = {
  // --- the connection ---
  smpp_connection_info: gauge(
    'Always 1; its labels say what the connection is: join them to other series where a number alone says too little.',
    ...['host', 'bind_type', 'backend'],
  ),
  smpp_connection_state: gauge(
    '1 for the state that the connection is in, 0 for all others; throttled and paused connections are bound, too.',
    'state',
  ),
  smpp_connection_up: {
    ...gauge(
      '1: all that is to be bound is (of a pair both halves), throttled and paused included; else 0. Alert where it stays 0 and smpp_connection_wanted is 1.',
    ),
    merge: 'min',
  },
  smpp_connection_wanted: {
    ...gauge(
      '1: it is to be connected; 0: it was not started, was disconnected by hand, or is used by no node. Alert on smpp_connection_up only where this is 1.',
    ),
    merge: 'max',
  },
  smpp_sessions_bound: gauge(
    'Sessions that are bound. Fewer than smpp_sessions_configured for long: look at smpp_connection_failures_total.',
    'bind_type',
  ),
  smpp_sessions_configured: gauge(
    'Sessions that there are to be while the connection is wanted.',
    'bind_type',
  ),
  smpp_binds_total: counter(
    'Binds that the SMSC answered, by command_status. ESME_RINVPASWD and ESME_RINVSYSID: check the credentials; ESME_RALYBND: another client has the account.',
    'command_status',
  ),
  smpp_connection_failures_total: counter(
    'Tries to connect and bind that failed, by error code (docs: error codes). The log has the reason of each.',
    'code',
  ),
  smpp_session_ends_total: counter(
    'Sessions that ended, by reason. Reasons other than "unbound" that keep growing: the link or the SMSC is unstable.',
    'reason',
  ),
  smpp_reconnects_total: counter(
    'Sessions that were bound anew after they had ended. A rate of more than a few an hour: ask the carrier, or see smpp_session_ends_total.',
  ),
  smpp_outbind_refusals_total: counter(
    'Connections to outbindPort that were closed without a bind, by code (docs: error codes). OUTBIND_REFUSED: somebody has wrong credentials.',
    'code',
  ),
  // --- PDUs ---
  smpp_pdus_total: counter(
    'PDUs by direction (in, out), command and, for responses, command_status. submit_sm_resp with another status than ESME_ROK is what the SMSC refuses.',
    ...['direction', 'command', 'command_status'],
  ),
  smpp_request_duration_seconds: histogram(
    ROUND_TRIP,
    'Seconds from writing a request of ours to its response, by the command of the request. Where it grows, the SMSC is slow: the throughput is at most window divided by this.',
    'command',
  ),
  smpp_answer_duration_seconds: histogram(
    ROUND_TRIP,
    'Seconds from reading a deliver_sm or data_sm of the SMSC to our answer. Where it grows, what listens for messages is slow, and the SMSC will send less.',
    'command',
  ),
  smpp_request_timeouts_total: counter(
    'Requests that got no response in time (responseTimeout), by command: they go again, and may be delivered twice.',
    'command',
  ),
  smpp_window_slots: gauge(
    'Requests that may be outstanding at once, over all bound sessions (windowSize, or less while the SMSC is congested).',
  ),
  smpp_window_used: gauge(
    'Requests without response now. At smpp_window_slots all the time: raise windowSize, if the carrier allows it.',
  ),
  smpp_unanswered_requests: gauge(
    'Messages and receipts that came in and are not answered yet. Near ackLimit: what listens for messages is too slow.',
  ),
  // --- the queue ---
  smpp_queue_messages: gauge(
    'Messages in the queue, by backend and state: queued (ready to go), delayed (to be tried later), in_flight (on the wire). Alert where queued grows for long.',
    ...['backend', 'state'],
  ),
  smpp_queue_oldest_message_age_seconds: {
    ...gauge(
      'Seconds that the oldest queued message waits. The best single figure for "are we keeping up": alert on it.',
      'backend',
    ),
    merge: 'max',
  },
  smpp_queue_capacity_messages: gauge(
    'Messages that the queue takes at most (queueCapacity); absent: no limit. Then whenFull decides.',
    'backend',
  ),
  smpp_queue_available: {
    ...gauge(
      '1: the queue answers and can be written; 0: its server or disk does not. Then new messages are refused.',
      'backend',
    ),
    merge: 'min',
  },
  smpp_queue_count_age_seconds: {
    ...gauge(
      'Seconds since the messages of the queue were counted: large while its server is away, then smpp_queue_messages is old.',
      'backend',
    ),
    merge: 'max',
  },
  smpp_dead_letters: gauge(
    'Messages that failed for good and are kept. Look at them (action dead-letters), then replay or purge them.',
    'backend',
  ),
  // --- rate and throttling ---
  smpp_rate_limit_segments_per_second: gauge('What was set as sendRate; +Inf: no limit.'),
  smpp_rate_allowed_segments_per_second: gauge(
    'What may go now: sendRate, or less where the SMSC was found to take less; +Inf: no limit.',
  ),
  smpp_rate_effective_segments_per_second: gauge('Segments per second over the last five seconds.'),
  smpp_throttled: gauge('1 while sending pauses because the SMSC asked for less, else 0.'),
  smpp_congestion_state_percent: {
    ...gauge(
      'How busy the SMSC says it is (congestion_state of SMPP 5.0): from 90 on windows shrink. Absent: it never said it.',
    ),
    merge: 'max',
  },
  smpp_throttle_pauses_total: counter(
    'Pauses because the SMSC asked for less. A steady rate of them: lower sendRate to what the contract says.',
  ),
  smpp_throttle_pause_seconds_total: counter(
    'Seconds for which sending paused because the SMSC asked for less.',
  ),
  // --- messages ---
  smpp_messages_queued_total: counter('Messages that were given and queued here.'),
  smpp_messages_accepted_total: counter(
    'Messages that the SMSC accepted, all segments of each. Its rate is the throughput.',
  ),
  smpp_message_failures_total: counter(
    'Messages that failed for good, by code (docs: error codes). Each is a failure event, and a dead letter where they are kept.',
    'code',
  ),
  smpp_message_retries_total: counter(
    'Messages that were put back to be tried later, by reason: retry (a temporary refusal), mailbox_full.',
    'reason',
  ),
  smpp_message_redeliveries_total: counter(
    'Messages that go again because their outcome is unknown, by reason: timeout (no response), link_lost. Recipients may get them twice.',
    'reason',
  ),
  smpp_messages_received_total: counter('Messages (whole ones) that came in, without receipts.'),
  // --- receipts ---
  smpp_receipts_total: counter(
    'Receipts by state. The share of DELIVRD is the delivery rate: alert where it falls.',
    'state',
  ),
  smpp_receipts_unmatched_total: counter(
    'Receipts for a message_id that is not known here: another system uses the account, or the ids differ in format (responseIdFormat, receiptIdFormat).',
  ),
  smpp_receipts_duplicate_total: counter(
    'Final receipts that were told before. Many: our answers come too late.',
  ),
  smpp_receipt_delay_seconds: histogram(
    DELIVERY,
    'Seconds from the acceptance of a segment to its final receipt. Where it grows, the carrier or the networks behind it are slow.',
  ),
  // --- routes, by the first digits of recipients ---
  smpp_route_accepted_segments: gauge(
    'Segments accepted with a receipt asked for, within qualityWindow, by the first digits of the recipient. Sum over one prefix_length only.',
    ...['prefix', 'prefix_length'],
  ),
  smpp_route_receipts: gauge(
    'Final receipts within qualityWindow, by the first digits of the recipient and state.',
    ...['prefix', 'prefix_length', 'state'],
  ),
  smpp_route_delivered_ratio: {
    ...gauge(
      'The share of DELIVRD among the final receipts within qualityWindow, 0 to 1. Where it falls for one prefix, the route to it is bad.',
      ...['prefix', 'prefix_length'],
    ),
    merge: 'min',
  },
  smpp_route_receipt_delay_quantile_seconds: {
    ...gauge(
      'Seconds from acceptance to final receipt within qualityWindow: median (q="0.5") and 95th percentile (q="0.95").',
      ...['prefix', 'prefix_length', 'q'],
    ),
    merge: 'max',
  },
  // --- long messages that come in ---
  smpp_reassembly_waiting_messages: gauge('Long messages that came in and of which parts are missing.'),
  smpp_reassembly_incomplete_total: counter(
    'Long messages that were given up because parts did not come in time (reassemblyTimeout); told as far as they came.',
  ),
} as const satisfies Readonly<Record<string, Family>>;

type Families = typeof FAMILIES;
/** The name of a family of metrics. */
export type FamilyName = keyof Families;
/** Counters and gauges. */
export type ValueName = { [N in FamilyName]: Families[N] extends HistogramFamily ? never : N }[FamilyName];
/** The name of one that is a histogram. */
export type HistogramName = Exclude<FamilyName, ValueName>;
