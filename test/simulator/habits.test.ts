import assert from 'node:assert/strict';
import { connect as open, type Socket } from 'node:net';
import { PduFramer, decodePdu, encodePdu, type Pdu, type PduInput } from '../../src/protocol';
import { Smsc, type Rule, type SmscOptions } from '../../src/simulator';
import { FakeClock } from '../support/clock';
import { until } from '../support/until';
import { Scene, collect, pause } from './setup';

/** A client that keeps every PDU as it came, and how it came. */
class Raw {
  readonly chunks: Buffer[] = [];
  readonly pdus: (Pdu & Record<string, unknown>)[] = [];
  readonly octets: Buffer[] = [];
  readonly socket: Socket;
  ended: 'fin' | 'reset' | undefined;
  readonly #framer = new PduFramer();
  #sequence = 0;

  constructor(port: number) {
    this.socket = open(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.on('error', () => (this.ended = 'reset'));
    this.socket.on('end', () => (this.ended = 'fin'));
    this.socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      for (const octets of this.#framer.push(chunk)) {
        this.octets.push(octets);
        this.pdus.push(decodePdu(octets) as Pdu & Record<string, unknown>);
      }
    });
  }

  send(command: string, fields: Record<string, unknown> = {}): number {
    const sequence_number = ++this.#sequence;
    const { short_message: text } = fields;
    const octets = text === undefined ? {} : { short_message: Buffer.from(text as string) };
    this.socket.write(encodePdu({ command, sequence_number, ...fields, ...octets } as unknown as PduInput));
    return sequence_number;
  }

  submit(fields: Record<string, unknown> = {}): number {
    return this.send('submit_sm', { source_addr: '1234', destination_addr: '491510001', ...fields });
  }

  async bind(): Promise<this> {
    this.send('bind_transceiver', { system_id: 'esme', interface_version: 0x34 });
    await this.until(1);
    this.pdus.length = this.chunks.length = this.octets.length = 0;
    return this;
  }

  async until(count: number): Promise<(Pdu & Record<string, unknown>)[]> {
    await until(() => this.pdus.length >= count, `${count} PDUs`);
    return this.pdus;
  }
}

describe('the simulator has the habits of real SMSCs', () => {
  const raws: Raw[] = [];
  let scene: Scene;
  beforeEach(() => (scene = new Scene()));
  afterEach(async () => {
    for (const { socket } of raws.splice(0)) socket.destroy();
    await scene.close();
  });

  const raw = (smsc: Smsc): Raw => {
    const client = new Raw(smsc.port);
    raws.push(client);
    return client;
  };
  const withRules = async (rules: Rule[], options: SmscOptions = {}) => {
    const smsc = await scene.smsc({ rules, ...options });
    return { smsc, client: await raw(smsc).bind() };
  };
  const numbers = (client: Raw): number[] => client.pdus.map((pdu) => pdu.sequence_number);

  it('reorder: answers what comes together in reverse', async () => {
    const { client } = await withRules([{ type: 'reorder', of: 3, seconds: 0.1 }]);
    for (let n = 0; n < 6; n++) client.submit();
    await client.until(6);
    assert.deepEqual(numbers(client), [4, 7, 3, 6, 2, 5]);
  });

  it('duplicate: answers twice, or more often', async () => {
    const { client } = await withRules([{ type: 'duplicate', every: 2, copies: 2 }]);
    client.submit();
    client.submit();
    await client.until(4);
    assert.deepEqual(numbers(client), [2, 3, 3, 3]);
    assert.deepEqual(client.octets[1], client.octets[3]);
  });

  it('unsolicited: a response that nobody asked for comes first', async () => {
    const { client } = await withRules([{ type: 'unsolicited' }]);
    client.submit();
    const [first, second] = await client.until(2);
    assert.equal(first?.command, 'submit_sm_resp');
    assert.ok(first.sequence_number > 1000);
    assert.equal(second?.sequence_number, 2);
  });

  it('wrong-sequence: answers with another number, or with one that is given', async () => {
    const { client } = await withRules([{ type: 'wrong-sequence', times: 1 }]);
    client.submit();
    await client.until(1);
    assert.ok((numbers(client)[0] ?? 0) > 1000);
    const given = await withRules([{ type: 'wrong-sequence', sequence_number: 0 }]);
    given.client.submit();
    await given.client.until(1);
    assert.deepEqual(numbers(given.client), [0]);
  });

  it('bare: refusals are a header without body, of submits and of binds', async () => {
    const smsc = await scene.smsc({
      rules: [
        { type: 'bare' },
        { type: 'status', status: 'ESME_RSYSERR', times: 1 },
        { type: 'congestion', state: 10 },
        { type: 'refuse', times: 1 },
      ],
    });
    const refused = raw(smsc);
    refused.send('bind_transceiver');
    await refused.until(1);
    assert.equal(refused.octets[0]?.length, 16);
    const client = await raw(smsc).bind();
    client.submit();
    client.submit();
    await client.until(2);
    assert.deepEqual(
      client.pdus.map(({ command_status }) => command_status),
      [8, 0],
    );
    assert.equal(client.octets[0]?.length, 16);
    assert.ok((client.octets[1]?.length ?? 0) > 17);
  });

  it('split: octet by octet, in order, also when more is written meanwhile', async () => {
    const clock = new FakeClock();
    const { client } = await withRules([{ type: 'split', octets: 7, on: 'submit', every: 2 }], { clock });
    for (let n = 0; n < 4; n++) client.submit();
    // Each piece is read before the next one is written: who looks late finds several at once.
    await until(() => client.pdus.length === 1, 'the whole one');
    for (let turn = 0; client.pdus.length < 4; turn++) {
      assert.ok(turn < 100, 'the pieces end');
      await clock.advance(5);
    }
    assert.deepEqual(numbers(client), [2, 3, 4, 5]);
    assert.ok(client.chunks.length >= 8, `${client.chunks.length} chunks`);
  });

  it('half: half a response, then FIN or RST', async () => {
    for (const how of ['close', 'reset'] as const) {
      const clock = new FakeClock();
      const { client } = await withRules([{ type: 'half', how, every: 2 }], { clock });
      client.submit();
      client.submit();
      client.submit();
      const octets = (): number => Buffer.concat(client.chunks).length;
      await client.until(1);
      const whole = client.octets[0]?.length ?? 0;
      // Who finds the octets and the RST at once is told of a FIN, so the end comes when the half has been read.
      await until(() => octets() === whole + Math.ceil(whole / 2), 'the half');
      await clock.advance(10);
      await until(() => client.ended !== undefined, 'the end');
      assert.equal(client.ended, how === 'close' ? 'fin' : 'reset');
      assert.equal(octets(), whole + Math.ceil(whole / 2), how);
      assert.equal(client.pdus.length, 1, how);
    }
  });

  it('silent: says nothing to a bind, an unbind or an enquire_link, if it is so told', async () => {
    for (const [on, command] of [
      ['bind', 'bind_receiver'],
      ['unbind', 'unbind'],
      ['enquire_link', 'enquire_link'],
    ] as const) {
      const smsc = await scene.smsc({ rules: [{ type: 'silent', on, times: 1 }] });
      const client = raw(smsc);
      if (on === 'unbind') await client.bind();
      client.send(command);
      if (on !== 'unbind') client.send('enquire_link');
      if (on !== 'unbind') await client.until(1);
      await pause(20);
      assert.deepEqual(
        client.pdus.map((pdu) => pdu.command),
        on === 'bind' ? ['enquire_link_resp'] : on === 'unbind' ? [] : ['enquire_link_resp'],
        on,
      );
    }
  });

  it('slow: is late with other things than submits', async () => {
    const { client } = await withRules([{ type: 'slow', seconds: 0.05, on: 'enquire_link' }]);
    client.send('enquire_link');
    client.submit();
    await client.until(2);
    assert.deepEqual(
      client.pdus.map(({ command }) => command),
      ['submit_sm_resp', 'enquire_link_resp'],
    );
  });

  it('drop: with FIN or RST, in place of another answer, or a time after the bind', async () => {
    const clock = new FakeClock();
    const reset = await withRules([{ type: 'drop', after: 2, how: 'reset' }]);
    reset.client.submit();
    await reset.client.until(1);
    reset.client.submit();
    const unbound = await withRules([{ type: 'drop', on: 'unbind' }]);
    unbound.client.send('unbind');
    const idle = await withRules([{ type: 'drop', seconds: 60 }], { clock });
    const smsc = await scene.smsc({ rules: [{ type: 'drop', on: 'bind' }] });
    const binding = raw(smsc);
    binding.send('bind_receiver');
    await until(() => [reset.client, unbound.client, binding].every(({ ended }) => ended), 'the ends');
    assert.deepEqual(
      [reset.client.ended, unbound.client.ended, binding.ended, idle.client.ended],
      ['reset', 'fin', 'fin', undefined],
    );
    assert.deepEqual([reset.client.pdus.length, unbound.client.pdus.length, binding.pdus.length], [1, 0, 0]);
    await clock.advance(60_010);
    await until(() => idle.client.ended === 'fin', 'the end of the idle link');
  });

  it('unbind: after the answer to the nth submit, or a time after the bind', async () => {
    const { smsc, client } = await withRules([
      { type: 'unbind', after: 2 },
      { type: 'slow', seconds: 0.02 },
    ]);
    client.submit();
    client.submit();
    await client.until(3);
    assert.deepEqual(
      client.pdus.map(({ command }) => command),
      ['submit_sm_resp', 'submit_sm_resp', 'unbind'],
    );
    client.send('unbind_resp', { sequence_number: client.pdus[2]?.sequence_number });
    await until(() => smsc.sessions.length === 0, 'the end of the session');
    const clock = new FakeClock();
    const idle = await withRules([{ type: 'unbind', seconds: 5 }], { clock });
    await clock.advance(5_010);
    assert.equal((await idle.client.until(1))[0]?.command, 'unbind');
  });

  it('hang: the link stays up, but nothing comes any more', async () => {
    const { smsc, client } = await withRules([{ type: 'hang', after: 2 }]);
    client.submit();
    client.submit();
    client.send('enquire_link');
    client.submit();
    await until(() => smsc.sessions[0]?.submitted === 3, 'the third submit');
    await pause(20);
    assert.deepEqual(numbers(client), [2]);
    assert.equal(client.ended, undefined);
    const deaf = await withRules([{ type: 'hang', deaf: true }]);
    await pause(10);
    deaf.client.submit();
    await pause(20);
    assert.deepEqual([deaf.smsc.sessions[0]?.submitted, deaf.client.ended], [0, undefined]);
  });

  it('poison: one text or one number ends the link', async () => {
    const rules: Rule[] = [
      { type: 'poison', text: 'bad' },
      { type: 'poison', destination: '49666', how: 'reset' },
    ];
    const { smsc, client } = await withRules(rules);
    const taken = collect(smsc, 'submit');
    client.submit({ short_message: 'good' });
    client.submit({ short_message: 'so bad' });
    await until(() => client.ended === 'fin', 'the end');
    const second = await raw(smsc).bind();
    second.submit({ destination_addr: '4966600' });
    await until(() => second.ended === 'reset', 'the reset');
    assert.equal(taken.length, 1);
    const byDefault = await withRules([{ type: 'poison' }]);
    byDefault.client.submit({ short_message: 'a POISON b' });
    await until(() => byDefault.client.ended === 'fin', 'the end');
  });

  it('congestion: responses say how full it is', async () => {
    const { client } = await withRules([
      { type: 'congestion', state: 95, times: 1 },
      { type: 'congestion', state: 50, times: 2 },
      { type: 'status', status: 'ESME_RTHROTTLED', every: 2 },
    ]);
    for (let n = 0; n < 3; n++) client.submit();
    await client.until(3);
    assert.deepEqual(
      client.pdus.map(({ tlvs, command_status }) => [tlvs['congestion_state'], command_status]),
      [
        [95, 0],
        [50, 0x58],
        [undefined, 0],
      ],
    );
  });

  it('early-receipt: the receipt comes before the response', async () => {
    const { client } = await withRules([{ type: 'early-receipt', seconds: 0.03 }], { receiptDelay: 60 });
    client.submit({ registered_delivery: 1 });
    const [receipt, response] = await client.until(2);
    assert.deepEqual([receipt?.command, response?.command], ['deliver_sm', 'submit_sm_resp']);
    assert.equal(receipt?.tlvs['receipted_message_id'], response?.message_id);
  });

  it('ids: hexadecimal in the response and decimal in the receipt, and other forms', async () => {
    const ids = async (rule: Rule, messageId?: (n: number) => string): Promise<unknown[]> => {
      const { client } = await withRules([rule], messageId ? { messageId } : {});
      client.submit({ registered_delivery: 1 });
      const [response, receipt] = await client.until(2);
      const text = String(receipt?.short_message);
      assert.ok(text.startsWith(`id:${String(receipt?.tlvs['receipted_message_id'])} `), text);
      return [response?.message_id, receipt?.tlvs['receipted_message_id']];
    };
    const number = (): string => '439041101';
    assert.deepEqual(await ids({ type: 'ids', response: 'hex', receipt: 'decimal' }, number), [
      '1a2b3c4d',
      '439041101',
    ]);
    assert.deepEqual(await ids({ type: 'ids', response: 'HEX' }, number), ['1A2B3C4D', '1A2B3C4D']);
    assert.deepEqual(await ids({ type: 'ids', response: 'decimal', receipt: 'padded' }, number), [
      '439041101',
      '00000000000439041101',
    ]);
    assert.deepEqual(await ids({ type: 'ids', response: 'hex' }, () => 'a-b'), ['a-b', 'a-b']);
    const [uuid, again] = await ids({ type: 'ids', response: 'uuid' });
    assert.match(String(uuid), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.equal(uuid, again);
  });

  it('ids: a client asks by the id of the response', async () => {
    const { client } = await withRules([{ type: 'ids', response: 'hex', receipt: 'decimal' }]);
    client.submit();
    const [response] = await client.until(1);
    client.send('query_sm', { message_id: response?.message_id, source_addr: '1234' });
    const [, state] = await client.until(2);
    assert.deepEqual([state?.command, state?.command_status], ['query_sm_resp', 0]);
  });

  it('zero-sequence: every receipt has the number 0, one at a time', async () => {
    const { smsc, client } = await withRules([{ type: 'zero-sequence' }]);
    const settled = collect(smsc, 'receipt');
    client.submit({ registered_delivery: 1 });
    client.submit({ registered_delivery: 1 });
    await client.until(3);
    await pause(20);
    assert.deepEqual(numbers(client), [2, 3, 0]);
    client.send('deliver_sm_resp', { sequence_number: 0 });
    await client.until(4);
    client.send('deliver_sm_resp', { sequence_number: 0 });
    await until(() => settled.length === 2, 'both receipts');
    assert.deepEqual(numbers(client), [2, 3, 0, 0]);
  });

  it('no-version: the bind response does not say which version it speaks', async () => {
    const smsc = await scene.smsc({ rules: [{ type: 'no-version' }] });
    const { bindResponse } = await scene.esme(smsc);
    assert.deepEqual(
      [bindResponse?.command_status, bindResponse?.tlvs['sc_interface_version']],
      [0, undefined],
    );
  });

  it('one full mailbox: a status for one number', async () => {
    const { client } = await withRules([{ type: 'status', status: 'ESME_RMSGQFUL', destination: '4915166' }]);
    client.submit();
    client.submit({ destination_addr: '+4915166' });
    await client.until(2);
    assert.deepEqual(
      client.pdus.map(({ command_status }) => command_status),
      [0, 0x14],
    );
  });

  it('what is wrong with such a rule is said, field by field', () => {
    const rules = [
      { type: 'reorder' },
      { type: 'ids', response: 'octal' },
      { type: 'hang', deaf: 'yes' },
      { type: 'split', on: 'lunch', octets: 0 },
      { type: 'drop', how: 'softly' },
      { type: 'no-version', times: 2 },
      { type: 'poison', text: '' },
    ] as unknown as Rule[];
    assert.throws(() => new Smsc({ rules }), {
      code: 'INVALID_CONFIG',
      message: [
        'rules[0].of: give a whole number from 2 to 1000',
        'rules[1].response ("octal"): give one of decimal, padded, hex, HEX, uuid',
        'rules[2].deaf ("yes"): give true or false',
        'rules[3].on ("lunch"): give one of submit, bind, unbind, enquire_link, deliver, all',
        'rules[3].octets (0): give a whole number from 1 to 65536',
        'rules[4].how ("softly"): give one of close, reset',
        'rules[5].times (2): a rule of type no-version has no such field; it has none',
        'rules[6].text: give a text',
      ].join('; '),
    });
  });
});
