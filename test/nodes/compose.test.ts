import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  COMMANDS,
  ENCODINGS,
  compose,
  type FlowMessage,
  type OutSettings,
  type TypedInputs,
} from '../../nodes/compose';
import { MessageError, type Message } from '../../src/index';
import { ENCODING_NAMES } from '../../src/text';

const SETTINGS: OutSettings = {
  command: 'submit_sm',
  encoding: 'from message',
  longMessages: 'from message',
  registeredDelivery: 'from message',
  intermediateNotification: false,
  smeAcknowledgement: 'none',
};

function single(
  msg: FlowMessage,
  settings: Partial<OutSettings> = {},
  inputs: TypedInputs = {},
  defaults: Record<string, unknown> = {},
): Message {
  const composed = compose(msg, { ...SETTINGS, ...settings }, inputs, { defaults });
  assert.ok(!Array.isArray(composed));
  return composed;
}

function batch(msg: FlowMessage, settings: Partial<OutSettings> = {}, inputs: TypedInputs = {}): Message[] {
  const composed = compose(msg, { ...SETTINGS, ...settings }, inputs);
  assert.ok(Array.isArray(composed));
  return composed;
}

describe('what smpp-out makes of a message of the flow', () => {
  it('takes the text from msg.payload and the recipient from msg.topic', () => {
    assert.deepEqual(single({ _msgid: 'm1', payload: 'Hello', topic: '447700900123' }), {
      command: 'submit_sm',
      short_message: 'Hello',
      destination_addr: '447700900123',
      correlation_id: 'm1',
    });
  });

  it('takes an idempotency_key from the payload or msg.smpp, and in a list gives each its place behind it', () => {
    const keysOf = (messages: Message[]): unknown[] => messages.map((one) => one.idempotency_key);
    const smpp = { idempotency_key: 'k' };
    assert.equal(single({ payload: 'Hello', topic: '1', smpp }).idempotency_key, 'k');
    assert.equal(single({ payload: { idempotency_key: 'p' }, topic: '1', smpp }).idempotency_key, 'p');
    const list = batch({
      payload: ['a', { short_message: 'b', idempotency_key: 'own' }, 'c'],
      topic: '1',
      smpp,
    });
    assert.deepEqual(keysOf(list), ['k.0', 'own', 'k.2']);
    assert.deepEqual(keysOf(batch({ payload: ['a'], topic: '1' })), [undefined]);
  });

  it('takes no idempotency_key from what an smpp-in or smpp-out has made', () => {
    const smpp = { event: 'message', idempotency_key: 'k', destination_addr: '2' };
    assert.equal('idempotency_key' in single({ payload: 'Hello', topic: '1', smpp }), false);
    assert.equal('idempotency_key' in (batch({ payload: ['a'], topic: '1', smpp })[0] ?? {}), false);
  });

  it('takes a Buffer as it is', () => {
    const octets = Buffer.from([1, 2, 3]);
    assert.equal(single({ payload: octets, topic: '1' }).short_message, octets);
  });

  it('leaves numbers to the engine, which takes them as texts', () => {
    const message = single({ payload: 42, topic: 447700900123 });
    assert.equal(message.short_message, 42);
    assert.equal(message.destination_addr, 447700900123);
  });

  it('takes a boolean as core nodes print it, as a text and not as an address', () => {
    assert.equal(single({ payload: true, topic: '1' }).short_message, 'true');
    assert.equal(
      single({ payload: 'x', topic: '1' }, {}, { message: { value: false } }).short_message,
      'false',
    );
    assert.deepEqual(
      batch({ payload: [true, false], topic: '1' }).map((message) => message.short_message),
      ['true', 'false'],
    );
    assert.equal(single({ payload: 'x', topic: true }).destination_addr, true);
    assert.equal(single({ payload: 'x', topic: '1' }, {}, { source: { value: false } }).source_addr, false);
  });

  it('leaves to the engine what is no text, so that it can say so', () => {
    const date = new Date(0);
    assert.equal(single({ payload: date, topic: '1' }).short_message, date);
    assert.equal('short_message' in single({ payload: undefined, topic: '1' }), false);
    assert.equal('destination_addr' in single({ payload: 'x', topic: '' }), false);
  });

  it('takes an object of SMPP fields as the message', () => {
    const payload = { short_message: 'Hi', source_addr: 'Shop', destination_addr: '1', service_type: 'CMT' };
    assert.deepEqual(single({ _msgid: 'm1', payload }), {
      ...payload,
      command: 'submit_sm',
      correlation_id: 'm1',
    });
  });

  it('takes a queue item of naz, whose log_id is the label', () => {
    const payload = {
      version: 1,
      smpp_command: 'submit_sm',
      short_message: 'Hi',
      source_addr: '254722111111',
      destination_addr: '254722999999',
      log_id: 'naz-1',
      hook_metadata: 'telco-a',
    };
    const message = single({ _msgid: 'm1', payload }, { command: 'from message' });
    assert.equal(message.command, 'submit_sm');
    assert.equal(message.log_id, 'naz-1');
    assert.equal('correlation_id' in message, false);
  });

  it('does not touch the message it was given', () => {
    const payload = Object.freeze({
      short_message: 'Hi',
      tlvs: Object.freeze({ user_message_reference: 1 }),
    });
    const smpp = Object.freeze({ tlvs: Object.freeze({ source_port: 2 }), priority: 0 });
    single(Object.freeze({ payload, smpp, topic: '1' }), { registeredDelivery: 'none' });
  });
});

describe('precedence of the fields of a message', () => {
  it('is typed input, payload object, msg.smpp, msg.topic and msg.payload', () => {
    const smpp = {
      destination_addr: 'smpp',
      source_addr: 'smpp',
      short_message: 'smpp',
      service_type: 'smpp',
    };
    const payload = { destination_addr: 'object', short_message: 'object' };
    const inputs = { destination: { value: 'input' } };

    assert.equal(single({ payload: 'x', topic: 'topic' }).destination_addr, 'topic');
    assert.equal(single({ payload: 'x', topic: 'topic', smpp }).destination_addr, 'smpp');
    assert.equal(single({ payload: 'x', topic: 'topic', smpp }).short_message, 'smpp');
    assert.equal(single({ payload, topic: 'topic', smpp }).destination_addr, 'object');
    assert.equal(single({ payload, topic: 'topic', smpp }).service_type, 'smpp');
    assert.equal(single({ payload, topic: 'topic', smpp }, {}, inputs).destination_addr, 'input');
    assert.equal(single({ payload, smpp }, {}, { message: { value: 'input' } }).short_message, 'input');
    assert.equal(single({ payload, smpp }, {}, { source: { value: 'input' } }).source_addr, 'input');
  });

  it('is per TLV where the payload and msg.smpp both have some', () => {
    const smpp = { tlvs: { source_port: 1, user_message_reference: 1 } };
    const payload = { short_message: 'x', tlvs: { user_message_reference: 2 } };
    assert.deepEqual(single({ payload, smpp }).tlvs, { source_port: 1, user_message_reference: 2 });
  });

  it('reads the recipient, once set in the node, from there alone', () => {
    const inputs = { destination: { value: '1' } };
    const fields = { destination_addr: '3', dest_address: [{ destination_addr: '4' }] };
    for (const msg of [{ payload: { short_message: 'x', ...fields } }, { payload: 'x', smpp: fields }]) {
      const message = single({ ...msg, topic: '2' }, { command: 'submit_multi' }, inputs);
      assert.deepEqual([message.destination_addr, message.dest_address], ['1', undefined]);
    }
  });

  it('says so where what is set in the node gives no recipient, and takes none from elsewhere', () => {
    const msg = {
      payload: { short_message: 'x', destination_addr: '1' },
      topic: '1',
      smpp: { destination_addr: '1' },
    };
    for (const value of [undefined, null, '', []])
      assert.throws(
        () => single(msg, {}, { destination: { value, place: 'msg.order.phone' } }),
        ({ code, field, message }: MessageError) =>
          code === 'MISSING_DESTINATION' &&
          field === 'destination_addr' &&
          /^To .*msg\.order\.phone/.test(message),
      );
    const unset = { destination: { value: undefined } };
    const cancelled = single({ smpp: { message_id: '7' }, topic: '1' }, { command: 'cancel_sm' }, unset);
    assert.deepEqual(cancelled, { command: 'cancel_sm', message_id: '7' });
    assert.equal(
      'destination_addr' in single({ smpp: { message_id: '7' } }, { command: 'query_sm' }, unset),
      false,
    );
  });

  it('asks about the message of the outcome or receipt that comes in, whatever that was made of', () => {
    const payload = { short_message: 'x', destination_addr: '447700900123' };
    const outcome = { event: 'accepted', id: 'a1', message_id: '7', message_ids: ['7', '8'], segments: 2 };
    for (const command of ['query_sm', 'cancel_sm'] as const)
      assert.deepEqual(single({ payload, topic: '447700900123', smpp: outcome }, { command }), {
        command,
        id: 'a1',
        message_ids: ['7', '8'],
      });
    const replaced = single({ payload: 'new', smpp: outcome }, { command: 'replace_sm' });
    assert.deepEqual(replaced, {
      command: 'replace_sm',
      id: 'a1',
      message_ids: ['7', '8'],
      short_message: 'new',
    });
    const about = (smpp: Record<string, unknown>): Message => single({ smpp }, { command: 'query_sm' });
    const queued = { event: 'queued', id: 'a1', message_id: '', message_ids: [], segments: 1 };
    assert.deepEqual(about(queued), { command: 'query_sm', id: 'a1' });
    const receipt = { event: 'receipt', matched: true, message_id: '7', destination_addr: 'Shop' };
    assert.deepEqual(about({ ...receipt, id: 'a1', segments: 1 }), {
      command: 'query_sm',
      id: 'a1',
      message_id: '7',
    });
    assert.deepEqual(about({ ...receipt, id: 'a1', segments: 3 }), { command: 'query_sm', id: 'a1' });
    assert.deepEqual(about({ ...receipt, matched: false }), {
      command: 'query_sm',
      message_id: '7',
      source_addr: 'Shop',
    });
    assert.deepEqual(about({ event: 'message', id: 'x', message_id: '9' }), { command: 'query_sm' });
    const named = single({ payload: { message_id: '9' }, smpp: outcome }, { command: 'query_sm' });
    assert.deepEqual(named, { command: 'query_sm', message_id: '9' });
    const inNode = { ownId: { value: 'b2' } };
    const set = single(
      { payload: { message_id: '9' }, smpp: outcome, topic: '1' },
      { command: 'cancel_sm' },
      inNode,
    );
    assert.deepEqual(set, { command: 'cancel_sm', id: 'b2' });
    const byId = single({ smpp: { id: 'a1' }, topic: '1' }, { command: 'cancel_sm' });
    assert.deepEqual(byId, { command: 'cancel_sm', id: 'a1' });
  });

  it('reads the sender, once set in the node, from there alone; without one it is the connection to say', () => {
    const reply = { event: 'message', destination_addr: '70123' };
    const source = { value: undefined };
    for (const msg of [
      { payload: { short_message: 'x', source_addr: 'Other' } },
      { payload: 'x', smpp: { source_addr: 'Other' } },
      { payload: 'x', smpp: reply },
    ])
      assert.equal('source_addr' in single({ ...msg, topic: '1' }, {}, { source }), false);
  });

  it('reads the text, once set in the node, from there alone', () => {
    const payload = { action: 'single', battery: 97, short_message: 'not this', destination_addr: '3' };
    const smpp = { short_message: 'nor this', message_payload: 'nor this', service_type: 'CMT' };
    for (const other of [payload, [payload, payload], Buffer.from('x'), 'x', 7, null])
      assert.deepEqual(single({ payload: other, topic: '1', smpp }, {}, { message: { value: 'Doorbell' } }), {
        command: 'submit_sm',
        service_type: 'CMT',
        short_message: 'Doorbell',
        destination_addr: '1',
      });
    assert.equal(single({ payload, topic: '1' }, {}, { message: { value: '' } }).short_message, '');
  });

  it('says so where what is set in the node gives no text, and takes none from elsewhere', () => {
    const msg = { payload: 'not this', topic: '1', smpp: { short_message: 'nor this' } };
    for (const value of [undefined, null])
      assert.throws(
        () => single(msg, {}, { message: { value, place: 'flow.text' } }),
        ({ code, field, message }: MessageError) =>
          code === 'MISSING_TEXT' && field === 'short_message' && /^Message .*flow\.text/.test(message),
      );
    assert.throws(
      () => batch(msg, {}, { message: { value: ['a', null] } }),
      ({ code, index }: MessageError) => code === 'MISSING_TEXT' && index === 1,
    );
  });

  it('gives a list that is set in the node its own texts, whatever msg.smpp has', () => {
    const messages = batch(
      { topic: '1', smpp: { short_message: 'no' } },
      {},
      { message: { value: ['a', { short_message: 'b' }] } },
    );
    assert.deepEqual(
      messages.map((message) => message.short_message),
      ['a', 'b'],
    );
  });

  it('takes an object or a list from wherever the user says', () => {
    const inputs = { message: { value: { short_message: 'Hi', destination_addr: '1' } } };
    assert.equal(single({ payload: 'not this' }, {}, inputs).short_message, 'Hi');
    assert.equal(batch({ topic: '1' }, {}, { message: { value: ['a', 'b'] } }).length, 2);
  });
});

describe('the command of a message', () => {
  it('is that of the node', () => {
    for (const command of COMMANDS) assert.equal(single({ payload: 'x' }, { command }).command, command);
  });

  it('is that of the message where the node says so, else submit_sm', () => {
    const fromMessage = { command: 'from message' } as const;
    assert.equal(single({ payload: 'x' }, fromMessage).command, 'submit_sm');
    assert.equal(single({ payload: { command: 'data_sm' } }, fromMessage).command, 'data_sm');
    assert.equal(single({ payload: 'x', smpp: { command: 'query_sm' } }, fromMessage).command, 'query_sm');
  });

  it('is never another one than the message asks for', () => {
    assert.throws(
      () => single({ payload: { command: 'query_sm', message_id: '1' } }),
      (error: MessageError) => error.code === 'COMMAND_MISMATCH' && error.field === 'command',
    );
  });

  it('decides whether payload and topic mean anything', () => {
    const asked = single(
      { payload: 'text', topic: '1', smpp: { message_id: '7', source_addr: '2' } },
      { command: 'query_sm' },
    );
    assert.deepEqual(asked, { command: 'query_sm', message_id: '7', source_addr: '2' });
    const changed = single(
      { payload: 'new', topic: '1', smpp: { message_id: '7' } },
      { command: 'replace_sm' },
    );
    assert.equal(changed.short_message, 'new');
    assert.equal('destination_addr' in changed, false);
  });

  it('cancels by message_id without msg.topic, or all for a number', () => {
    const one = single({ topic: '1', smpp: { message_id: '7' } }, { command: 'cancel_sm' });
    assert.equal('destination_addr' in one, false);
    assert.equal(single({ topic: '1' }, { command: 'cancel_sm' }).destination_addr, '1');
  });

  it('takes a list of recipients for submit_multi', () => {
    const message = single({ payload: 'x', topic: ['1', 2] as never }, { command: 'submit_multi' });
    assert.deepEqual(message.destination_addr, ['1', 2]);
    const listed = { payload: { short_message: 'x', dest_address: [{}] }, topic: '1' };
    assert.equal('destination_addr' in single(listed, { command: 'submit_multi' }), false);
  });
});

describe('how a message is handled', () => {
  it('is the message to say, unless the node says so', () => {
    const payload = { short_message: 'x', encoding: 'ucs2', long_messages: 'sar', registered_delivery: 0 };
    const message = single({ payload });
    assert.deepEqual(
      [message.encoding, message.long_messages, message.registered_delivery],
      ['ucs2', 'sar', 0],
    );
    const fixed = single(
      { payload },
      { encoding: 'gsm0338', longMessages: 'udh16', registeredDelivery: 'failure' },
    );
    assert.deepEqual(
      [fixed.encoding, fixed.long_messages, fixed.registered_delivery],
      ['gsm0338', 'udh16', 'failure'],
    );
  });

  it('may ask for notifications on the way and for acknowledgements', () => {
    const message = single({ payload: 'x' }, { intermediateNotification: true, smeAcknowledgement: 'both' });
    assert.equal(message.intermediate_notification, true);
    assert.equal(message.sme_acknowledgement, 'both');
  });

  it('offers every encoding there is', () => {
    const offered = ENCODINGS.filter((name) => name !== 'from message' && name !== 'auto');
    assert.deepEqual([...offered].sort(), [...ENCODING_NAMES].sort());
  });
});

describe('msg.smpp that an smpp node made', () => {
  const event = {
    event: 'message',
    command: 'deliver_sm',
    source_addr: '447700900123',
    destination_addr: '70123',
    short_message: Buffer.from('x'),
    data_coding: 8,
    sequence_number: 5,
    tlvs: { source_port: 1 },
    metadata: { order: 7 },
    correlation_id: 'label',
  };

  it('contributes its metadata and label, and nothing else', () => {
    const receipt = { ...event, event: 'receipt' };
    assert.deepEqual(single({ _msgid: 'm1', payload: 'x', topic: '1', smpp: receipt }), {
      command: 'submit_sm',
      short_message: 'x',
      destination_addr: '1',
      metadata: { order: 7 },
      correlation_id: 'label',
    });
  });

  it('goes on with the USSD dialogue of the message that it replies to', () => {
    for (const session of ['new', 'continue', undefined]) {
      const smpp = { ...event, session, session_id: 's1' };
      const reply = single({ payload: 'Menu', topic: event.source_addr, smpp });
      assert.deepEqual(
        [reply.session_id, reply.session, reply.source_addr, reply.destination_addr],
        ['s1', undefined, undefined, event.source_addr],
      );
    }
  });

  it('takes the word that the flow put there in the place of the message’s own', () => {
    for (const session of ['close', 'end']) {
      const smpp = { ...event, session, session_id: 's1' };
      assert.equal(single({ payload: 'Bye', smpp }).session, session);
    }
    const own = single({ payload: 'x', smpp: { session: 'new', destination_addr: '1' } });
    assert.deepEqual([own.session, own.session_id], ['new', undefined]);
  });

  it('takes no dialogue from an outcome, nor from an event that is no message', () => {
    for (const other of ['accepted', 'ussd', 'failure', 'link']) {
      const smpp = { event: other, session_id: 's1', session: 'abort' };
      const message = single({ payload: 'x', topic: '1', smpp });
      assert.deepEqual([message.session_id, message.session], [undefined, undefined]);
    }
  });

  it('lets a reply come from the number that was written to', () => {
    const reply = single({ _msgid: 'm1', payload: 'Answer', topic: event.source_addr, smpp: event });
    assert.equal(reply.source_addr, '70123');
    assert.equal(reply.destination_addr, '447700900123');
  });

  it('does not say from which number, where it is given elsewhere', () => {
    const msg = { payload: 'Answer', topic: '1', smpp: event };
    assert.equal(single(msg, {}, { source: { value: 'Shop' } }).source_addr, 'Shop');
    assert.equal(single({ ...msg, payload: { short_message: 'x', source_addr: 'Own' } }).source_addr, 'Own');
    assert.equal('source_addr' in single(msg, {}, {}, { source_addr: 'Default' }), false);
    assert.equal('source_addr' in single({ ...msg, smpp: { ...event, event: 'receipt' } }), false);
  });
});

describe('the trace context of a message of the flow', () => {
  const parent = (digit: string): string => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;
  const [a, b, c] = ['a', 'b', 'c'].map(parent) as [string, string, string];
  const traceOf = ({ traceparent, tracestate }: Message): unknown[] => [traceparent, tracestate];

  it('is what the payload says, else msg.smpp, else msg itself, both of its parts from one place', () => {
    const msg = { payload: 'x', topic: '1', traceparent: c, tracestate: 'c=1' };
    assert.deepEqual(traceOf(single(msg)), [c, 'c=1']);
    const smpp = { traceparent: b, tracestate: 'b=1' };
    assert.deepEqual(traceOf(single({ ...msg, smpp })), [b, 'b=1']);
    assert.deepEqual(traceOf(single({ ...msg, smpp: { traceparent: b } })), [b, undefined]);
    const payload = { short_message: 'x', traceparent: a };
    assert.deepEqual(traceOf(single({ ...msg, smpp, payload })), [a, undefined]);
    assert.deepEqual(traceOf(single({ payload: 'x', topic: '1' })), [undefined, undefined]);
  });

  it('goes on from what an smpp node made', () => {
    const smpp = { event: 'receipt', traceparent: b, tracestate: 'b=1' };
    assert.deepEqual(traceOf(single({ payload: 'x', topic: '1', smpp })), [b, 'b=1']);
  });
});

describe('msg.smpp that is no object', () => {
  it('is refused, for what it was to say would be lost; empty it is none', () => {
    for (const smpp of ['source_addr=Shop', ['x'], 7, true, Buffer.from('x')])
      assert.throws(
        () => single({ payload: 'x', topic: '1', smpp }),
        ({ code, field }: MessageError) => code === 'INVALID_FIELD' && field === 'smpp',
      );
    for (const smpp of [undefined, null, ''])
      assert.equal(single({ payload: 'x', topic: '1', smpp }).destination_addr, '1');
  });
});

describe('a list of messages', () => {
  it('is a batch, each with its own label', () => {
    const messages = batch({
      _msgid: 'm1',
      payload: ['a', Buffer.from('b'), { short_message: 'c' }],
      topic: '1',
    });
    assert.deepEqual(
      messages.map((message) => [
        String(message.short_message),
        message.correlation_id,
        message.destination_addr,
      ]),
      [
        ['a', 'm1.0', '1'],
        ['b', 'm1.1', '1'],
        ['c', 'm1.2', '1'],
      ],
    );
  });

  it('names the one that is wrong', () => {
    assert.throws(
      () => batch({ payload: ['a', { command: 'query_sm' }] }),
      (error: MessageError) => error.index === 1,
    );
  });

  it('may be empty', () => {
    assert.deepEqual(batch({ payload: [] }), []);
  });
});

describe('any message of a flow', () => {
  it('composes, or is refused with a MessageError', () => {
    const command = fc.constantFrom(...COMMANDS, 'from message' as const);
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withTypedArray: true,
      withNullPrototype: true,
    });
    const fields = fc.dictionary(
      fc.constantFrom(
        ...['command', 'tlvs', 'event', 'short_message', 'destination_addr', 'correlation_id'],
        ...['session', 'session_id'],
      ),
      anything,
    );
    const value = fc.oneof(anything, fields, fc.array(fields));
    fc.assert(
      fc.property(value, anything, value, command, (payload, topic, smpp, choice) => {
        try {
          compose({ payload, topic, smpp, _msgid: 'm' }, { ...SETTINGS, command: choice });
        } catch (error) {
          assert.ok(error instanceof MessageError, String(error));
        }
      }),
    );
  });
});
