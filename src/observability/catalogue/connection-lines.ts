import type { Entries } from './entry';

const REQUEST = ['direction', 'sequence_number'] as const;
const ANSWERED = [...REQUEST, 'command_status', 'duration', 'code'] as const;
const STATE = [
  'bind_type',
  'command_status',
  'code',
  'reason',
  'retry_in',
  'duration',
  'bound',
  'sessions',
] as const;
const ODD = ['command', 'sequence_number', 'command_status'] as const;

/** Coming up, staying up and going down; what comes and goes on a session that is nobody's message. */
export const CONNECTION_LINES = {
  connect: {
    start: ['debug', ['bind_type'], 'A connection to the SMSC is being opened.'],
    end: [
      'debug',
      ['duration', 'code', 'reason'],
      'It is open; or it could not be opened: then it has a `code`.',
    ],
    tls: ['warn', [], 'The password and all messages go over the net in clear, or a certificate ends soon.'],
  },
  bind: {
    start: ['debug', ['command'], 'The SMSC is asked to let us in.'],
    end: [
      'debug',
      ['command', 'sequence_number', 'command_status', 'duration', 'code'],
      'It answered; or did not: then there is a `code` and no `command_status`.',
    ],
    long_field: ['warn', ['field'], 'An option is longer than the specification allows a bind to say.'],
    line_end: ['debug', ['field'], 'A line end behind an option was taken off.'],
  },
  session: {
    connecting: [
      ['debug', 'info', 'warn'],
      STATE,
      'Connecting; a warning where the last try failed or the session was lost.',
    ],
    bound: [
      ['info', 'warn'],
      STATE,
      'A session is bound (`duration`: the time without one, where one was lost); a warning where one of several was lost.',
    ],
    listening: [
      ['info', 'warn'],
      STATE,
      'The port is open where the SMSC is to connect (`outbindPort`); a warning where a session over it was lost.',
    ],
    throttled: [['info', 'warn'], STATE, 'The same, while sending pauses because the SMSC asked for less.'],
    paused: [['info', 'warn'], STATE, 'The same, while sending is paused by the user.'],
    tx_only: [['info', 'warn'], STATE, 'Of a pair only the transmitter is bound.'],
    rx_only: [['info', 'warn'], STATE, 'Of a pair only the receiver is bound.'],
    disconnected: [['info', 'warn'], STATE, 'Down, and not to come back by itself.'],
    failback: ['debug', ['reason'], 'A better host is still away.'],
    responses: [
      ['info', 'warn'],
      ['response_timeout'],
      'The SMSC answers late, so that responses are waited for longer; or in time again.',
    ],
  },
  enquire_link: {
    start: ['debug', REQUEST, 'The SMSC has said nothing for a while and is asked whether it is there.'],
    end: ['debug', ANSWERED, 'It answered, or did not (`code`); or it asked us and was answered.'],
  },
  unbind: {
    start: ['debug', REQUEST, 'A session is to end: we ask, or the SMSC does.'],
    end: ['debug', ANSWERED, 'The other side has agreed, or did not answer (`code`).'],
  },
  alert_notification: {
    end: ['info', ['source'], 'The SMSC says that a phone can be reached again, or how it is.'],
  },
  outbind: {
    end: ['info', [], 'The SMSC asks for a bind.'],
    refused: [
      ['debug', 'warn'],
      ['address', 'code', 'reason'],
      'Who connected to `outbindPort` is not the SMSC, or one too many; it is closed. At debug where it said nothing, as a load balancer that looks.',
    ],
    failed: ['error', ['err'], 'Listening for the SMSC failed.'],
    tls: ['warn', [], 'The SMSC is to connect in clear, also from other machines.'],
  },
  pdu: {
    in: ['trace', [...ODD, 'command_length'], 'A PDU came: what its header says.'],
    out: ['trace', [...ODD, 'command_length'], 'A PDU goes out.'],
    malformed: ['warn', ['command', 'sequence_number', 'err'], 'What came is no valid PDU; it is refused.'],
  },
  response: {
    late: [['debug', 'warn'], ODD, 'A response came after its time-out.'],
    unknown: [['debug', 'warn'], ODD, 'A response that nobody asked for.'],
    misnumbered: [['debug', 'warn'], ODD, 'The answer to a bind has another sequence number than the bind.'],
    failed: ['error', ['err'], 'Handling a response failed; a fault of this package.'],
  },
  window: {
    resized: [
      'debug',
      ['window_size', 'congestion_state'],
      'More or fewer requests may be without answer, for the load of the SMSC.',
    ],
    failed: ['error', ['err'], 'Sending what waits for room failed; a fault of this package.'],
  },
  link: { failed: ['error', ['err'], 'A PDU could not be told as a `link` event; a fault of this package.'] },
  log: { lost: ['warn', ['lines'], 'Lines were lost while the log file could not be written.'] },
  flight_recorder: {
    start: [
      'info',
      ['lines', 'overwritten', 'passed_over'],
      'What went before a warning follows: lines that were not shown.',
    ],
    heartbeat: ['info', ['lines', 'octets'], 'How many lines are kept (`flightRecorderHeartbeat`).'],
  },
  recorder: {
    start: ['info', ['id'], 'PDUs are recorded from now on: all, or those of one message (`id`).'],
    stop: ['info', ['id'], 'They are recorded no more.'],
    export: [
      'info',
      ['id', 'entries', 'numbers', 'texts'],
      'Somebody takes recorded PDUs; `numbers`, `texts`: with whole numbers, with what messages say.',
    ],
  },
  clock: { stepped: ['warn', ['seconds'], 'The clock of the machine was set.'] },
} as const satisfies Entries;
