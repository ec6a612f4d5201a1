import type { Entries } from './entry';

/** What comes in: messages, receipts, and their answers. */
export const INBOUND_LINES = {
  receive: {
    start: ['debug', ['command', 'sequence_number'], 'A message or receipt came (deliver_sm, data_sm).'],
    end: [
      'debug',
      ['command', 'sequence_number', 'command_status', 'duration'],
      'It is answered: with auto when all handlers have taken it.',
    ],
    failed: [
      'error',
      ['command', 'sequence_number', 'err'],
      'Handling a request failed; it is answered ESME_RSYSERR.',
    ],
  },
  message: {
    end: ['debug', ['source', 'segments'], 'A message is whole and is told.'],
    unheard: ['warn', [], 'A message came, but nothing listens for messages.'],
    decode: [
      ['debug', 'warn'],
      ['data_coding', 'err'],
      'The text of a message cannot be read; it is told raw.',
    ],
    incomplete: [['warn', 'error'], ['missing', 'segments', 'err'], 'Parts of a long message did not come.'],
    later: [['debug', 'warn'], ['code'], 'The store cannot take it now: the SMSC is asked to send it again.'],
  },
  receipt: {
    end: [
      ['debug', 'warn'],
      ['message_id', 'state', 'id', 'correlation_id', 'trace_id', 'span_id', 'passed_over'],
      'A receipt came; a warning where its message is not known.',
    ],
    ids: [
      'info',
      ['response_id', 'receipt_id'],
      'This SMSC writes message_ids in another way in receipts than in responses.',
    ],
    correlator: ['debug', ['err'], 'That a receipt was final could not be kept.'],
  },
  ussd: {
    end: [
      'debug',
      ['source', 'code', 'reason', 'command_status'],
      'A USSD dialogue ended without a message: aborted, or its time was over.',
    ],
    unknown: ['info', [], 'A ussd_service_op came that the dialect does not know.'],
    drop: [['debug', 'warn'], ['err'], 'The store does not keep a USSD dialogue.'],
  },
  ack: {
    timeout: [
      ['debug', 'warn'],
      ['ack_id'],
      'A message was not acknowledged in time (`acknowledge: manual`).',
    ],
  },
  reading: {
    paused: ['debug', [], 'Messages come faster than they are taken; reading pauses.'],
    refusing: ['warn', [], 'What finds no room is answered so that the SMSC sends it again.'],
    taking: ['info', ['refused'], 'There is room again.'],
  },
  reassembly: {
    load: [['debug', 'warn'], ['err'], 'Parts of long messages cannot be read from the store.'],
    drop: [['debug', 'warn'], ['err'], 'Parts of a message that was told stay in the store.'],
  },
} as const satisfies Entries;
