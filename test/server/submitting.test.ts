import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SmppError, type Pdu } from '../../src/protocol';
import type { SubmitVerdict, SubmittedMessage } from '../../src/server';
import { segment } from '../../src/text';
import { FakeClock } from '../support/clock';
import { pass, until } from '../support/until';
import { BIND, Scene, collect } from './setup';

const SUBMIT = {
  command: 'submit_sm',
  source_addr: 'Shop',
  destination_addr: '447700900123',
  short_message: Buffer.from('Hello'),
} as const;

describe('A message that a client submits', () => {
  let scene: Scene;
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.close());

  it('reaches submit decoded, with its fields, and is answered with the message_id', async () => {
    const messages: SubmittedMessage[] = [];
    const server = await scene.server({
      submit: async (message, session) => {
        messages.push(message);
        await Promise.resolve();
        return { message_id: `${session.system_id}-1`, tlvs: { additional_status_info_text: 'fine' } };
      },
    });
    const esme = await scene.esme(server);
    const response = await esme.ask({
      ...SUBMIT,
      data_coding: 8,
      registered_delivery: 1,
      short_message: Buffer.from('Слово 🙂', 'utf16le').swap16(),
    });
    assert.deepEqual([response.command_status, response['message_id']], [0, 'esme-1']);
    assert.equal(response.tlvs['additional_status_info_text'], 'fine');
    const { text, source_addr, destination_addr, destinations, wantsReceipt, part, pdu } = messages[0]!;
    assert.deepEqual(
      [text, source_addr, destination_addr, destinations, wantsReceipt, part, pdu.data_coding],
      ['Слово 🙂', 'Shop', '447700900123', ['447700900123'], true, undefined, 8],
    );
  });

  it('by data_sm, submit_multi and broadcast_sm comes the same way', async () => {
    const messages: SubmittedMessage[] = [];
    const server = await scene.server({
      submit: (message) => {
        messages.push(message);
        return message.command === 'submit_multi'
          ? {
              message_id: 'many',
              fields: { unsuccess_sme: [{ destination_addr: '2', error_status_code: 0x0b }] },
            }
          : { message_id: 'one' };
      },
    });
    const { session } = await scene.esme(server);
    await session.request({
      command: 'data_sm',
      destination_addr: '1',
      tlvs: { message_payload: Buffer.from('a') },
    });
    const dest_address = [
      { dest_flag: 1 as const, destination_addr: '1' },
      { dest_flag: 2 as const, dl_name: 'list' },
      { dest_flag: 1 as const, destination_addr: '2' },
    ];
    const many = await session.request({
      command: 'submit_multi',
      dest_address,
      short_message: Buffer.from('b'),
    });
    assert.equal((many as Pdu & { unsuccess_sme: unknown[] }).unsuccess_sme.length, 1);
    await session.request({ command: 'broadcast_sm', tlvs: { message_payload: Buffer.from('c') } });
    assert.deepEqual(
      messages.map(({ text, destinations, destination_addr }) => [text, destinations, destination_addr]),
      [
        ['a', ['1'], '1'],
        ['b', ['1', '2'], '1'],
        ['c', [], ''],
      ],
    );
  });

  it('is refused with the status that submit gives', async () => {
    for (const [verdict, status] of [
      ['ESME_RINVDSTADR', 0x0b],
      [0x58, 0x58],
      ['0x00000401', 0x401],
      [{ command_status: 'ESME_RSUBMITFAIL' }, 0x45],
    ] as [SubmitVerdict, number][]) {
      const server = await scene.server({ submit: () => verdict });
      assert.equal((await (await scene.esme(server)).ask(SUBMIT)).command_status, status);
    }
  });

  it('is answered ESME_RSYSERR where submit throws, rejects, or gives no answer; the session goes on', async () => {
    const wrong: (() => unknown)[] = [
      () => undefined,
      () => null,
      () => ({}),
      () => 'ESME_ROK',
      () => 0,
      () => 'fine',
      () => ({ message_id: 7 }),
      () => ({ message_id: 'ü' }),
      () => ({ message_id: 'x'.repeat(65) }),
      () => ({ message_id: 'm', fields: { no_such_field: 1 } }),
      () => ({ message_id: 'm', tlvs: { no_such_tlv: 1 } }),
      () => ({ message_id: 'm', tlvs: { message_state: 'DELIVRD?' } }),
      () => {
        throw new Error('the database is full');
      },
      () => Promise.reject(new Error('the database is full')),
      () => ({
        then() {
          throw new Error('the database is full');
        },
      }),
    ];
    let turn = 0;
    const server = await scene.server({
      submit: () => (wrong[turn++] ?? (() => ({ message_id: 'm' })))() as SubmitVerdict,
    });
    const errors = collect(server, 'error');
    const esme = await scene.esme(server);
    for (const _ of wrong) assert.equal((await esme.ask(SUBMIT)).command_status, 0x08);
    assert.equal((await esme.ask(SUBMIT)).command_status, 0);
    assert.equal(errors.length, wrong.length);
    assert.ok(errors.every(({ source, session }) => source === 'submit' && session?.system_id === 'esme'));
    const codes = errors.map(({ error }) => (error instanceof SmppError ? error.code : ''));
    assert.equal(codes.filter((code) => code === 'INVALID_ANSWER').length, wrong.length - 3);
    assert.match(String(errors[0]?.error), /submit gave undefined; give { message_id }/);
    assert.equal(server.sessions[0]?.pending, 0);
    assert.ok(
      scene.lines.some(({ stage, msg }) => stage === 'failed' && msg === 'handling submit_sm failed'),
    );
  });

  it('is answered ESME_RSYSERR after answerTimeout, and what comes later is dropped and told', async () => {
    const clock = new FakeClock();
    const answers: ((verdict: SubmitVerdict) => void)[] = [];
    const server = await scene.server({
      clock,
      answerTimeout: 5,
      submit: () => new Promise((resolve) => answers.push(resolve)),
    });
    const esme = await scene.esme(server);
    const [session] = server.sessions;
    const first = esme.ask(SUBMIT);
    await until(() => answers.length === 1, 'the first');
    await clock.advance(3000);
    const second = esme.ask(SUBMIT);
    await until(() => answers.length === 2, 'the second');
    assert.equal(session?.pending, 2);
    await clock.advance(2100);
    assert.equal((await first).command_status, 0x08);
    assert.equal(session?.pending, 1);
    answers[1]!({ message_id: 'b' });
    assert.equal((await second)['message_id'], 'b');
    answers[0]!({ message_id: 'a' });
    await until(() => scene.lines.some(({ stage }) => stage === 'late'), 'the line');
    assert.equal(session?.pending, 0);
  });

  it('goes to request where there is no submit, and nowhere where there is neither', async () => {
    const server = await scene.server({
      submit: undefined as never,
      request: ({ command }) => ({ command_status: 0, fields: { message_id: command } }),
    });
    assert.equal((await (await scene.esme(server)).ask(SUBMIT))['message_id'], 'submit_sm');
    const deaf = await scene.server({ submit: undefined as never });
    assert.equal((await (await scene.esme(deaf)).ask(SUBMIT)).command_status, 0x03);
  });

  it('has its user data header as fields', async () => {
    const heard: unknown[] = [];
    const server = await scene.server({
      submit: ({ udh, octets }) => {
        heard.push([udh, String(octets)]);
        return { message_id: 'a' };
      },
    });
    const esme = await scene.esme(server);
    const udh = { ports: { destination: 2948, source: 9200 } };
    await esme.ask({ ...SUBMIT, ...segment(Buffer.from('push'), { udh }).segments[0] });
    await esme.ask({ ...SUBMIT, short_message: Buffer.from('x') });
    assert.deepEqual(heard, [
      [udh, 'push'],
      [undefined, 'x'],
    ]);
  });

  it('in parts is joined, whatever the order: each part is answered by itself', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', minLength: 200, maxLength: 600 }),
        fc.constantFrom('udh8' as const, 'udh16' as const, 'sar' as const),
        fc.infiniteStream(fc.nat()),
        async (text, method, order) => {
          const heard: (string | undefined)[] = [];
          const others: (readonly string[])[] = [];
          const server = await scene.server({
            submit: ({ text: whole, otherIds, part }) => {
              heard.push(whole);
              others.push(otherIds);
              return { message_id: `p${part?.part}` };
            },
          });
          const esme = await scene.esme(server);
          const { segments } = segment(text, { method, encoding: 'ucs2', reference: 7 });
          const shuffled = segments
            .map((one, at) => ({ one, at, key: Number(order.next().value) }))
            .sort((a, b) => a.key - b.key);
          for (const { one, at } of shuffled) {
            const { tlvs, ...fields } = one;
            const response = await esme.ask({ ...SUBMIT, ...fields, ...(tlvs ? { tlvs } : {}) });
            assert.equal(response['message_id'], `p${at + 1}`);
          }
          assert.deepEqual(heard, [...Array<undefined>(segments.length - 1), text]);
          const ids = segments.map((_, at) => `p${at + 1}`);
          const last = shuffled.at(-1)!.at;
          assert.deepEqual(
            others.at(-1),
            ids.filter((_, at) => at !== last),
          );
          await esme.close();
          await server.stop();
        },
      ),
      { numRuns: 15 },
    );
  });

  it('in parts is whole again when a part that was refused comes once more', async () => {
    let refusals = 2;
    const heard: string[] = [];
    const server = await scene.server({
      submit: ({ text }) => {
        if (text !== undefined) heard.push(text);
        if (text !== undefined && refusals-- > 0) return 'ESME_RTHROTTLED';
        return { message_id: 'm' };
      },
    });
    const esme = await scene.esme(server);
    const text = 'x'.repeat(200);
    const [first, second] = segment(text, { method: 'udh8' }).segments;
    const statuses: number[] = [];
    for (const fields of [first, second, second, second])
      statuses.push((await esme.ask({ ...SUBMIT, ...fields })).command_status);
    assert.deepEqual(statuses, [0, 0x58, 0x58, 0]);
    assert.deepEqual(heard, [text, text, text]);
  });

  it('in parts comes part by part with joinParts false, and parts of two accounts are never mixed', async () => {
    const [first, second] = segment('x'.repeat(153) + 'y'.repeat(47), { method: 'udh8' }).segments;
    const texts: (string | undefined)[] = [];
    const note = ({ text }: SubmittedMessage): SubmitVerdict => (texts.push(text), { message_id: 'm' });
    const apart = await scene.esme(await scene.server({ joinParts: false, submit: note }));
    await apart.ask({ ...SUBMIT, ...first });
    await apart.ask({ ...SUBMIT, ...second });
    assert.deepEqual(texts, ['x'.repeat(153), 'y'.repeat(47)]);
    texts.length = 0;
    const server = await scene.server({ submit: note });
    await (await scene.esme(server, { fields: { system_id: 'a' } })).ask({ ...SUBMIT, ...first });
    await (await scene.esme(server, { fields: { system_id: 'b' } })).ask({ ...SUBMIT, ...second });
    assert.deepEqual(texts, [undefined, undefined]);
  });

  it('that is no text has octets and no text', async () => {
    const heard: [unknown, string][] = [];
    const server = await scene.server({
      submit: ({ text, octets }) => (heard.push([text, octets.toString('hex')]), { message_id: 'm' }),
    });
    await (
      await scene.esme(server)
    ).ask({ ...SUBMIT, data_coding: 4, short_message: Buffer.from('00ff', 'hex') });
    assert.deepEqual(heard, [[undefined, '00ff']]);
  });

  it('beyond maxPendingRequests is refused ESME_RTHROTTLED, and those before it are answered', async () => {
    const answers: (() => void)[] = [];
    const server = await scene.server({
      maxPendingRequests: 3,
      submit: () => new Promise((resolve) => answers.push(() => resolve({ message_id: 'm' }))),
    });
    const esme = await scene.esme(server);
    const asked = Array.from({ length: 5 }, () => esme.ask(SUBMIT));
    assert.deepEqual(
      (await Promise.all(asked.slice(3))).map(({ command_status }) => command_status),
      [0x58, 0x58],
    );
    for (const answer of answers) answer();
    const statuses = (await Promise.all(asked)).map(({ command_status }) => command_status);
    assert.deepEqual(statuses, [0, 0, 0, 0x58, 0x58]);
  });

  it('before an unbind, or before the client closes its half, is answered first', async () => {
    for (const parting of ['unbind', 'fin']) {
      let answer: () => void = () => undefined;
      const server = await scene.server({
        submit: () => new Promise((resolve) => (answer = () => resolve({ message_id: 'm' }))),
      });
      const link = await scene.link(server);
      await link.ask(BIND);
      const submit = link.send(SUBMIT);
      if (parting === 'fin') link.socket.end();
      else link.send({ command: 'unbind' });
      await until(() => server.sessions[0]?.pending === 1, 'the submit');
      await pass();
      answer();
      assert.equal((await link.response(submit))['message_id'], 'm');
      if (parting === 'unbind') assert.equal(link.received.at(-1)?.command, 'unbind_resp');
      await link.untilEnded();
    }
  });
});

describe('Any other request of a client', () => {
  let scene: Scene;
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.close());

  it('is answered as request says; enquire_link and unbind by the server itself', async () => {
    const commands: string[] = [];
    const server = await scene.server({
      request: ({ command }) => {
        commands.push(command);
        if (command === 'query_sm')
          return { command_status: 0, fields: { message_id: 'm', message_state: 2 } };
        if (command === 'cancel_sm') return 'ESME_RCANCELFAIL';
        if (command === 'replace_sm') return Promise.resolve(0);
        if (command === 'query_last_msgs') return { command_status: 'nonsense' };
        return undefined;
      },
    });
    const link = await scene.link(server);
    await link.ask(BIND);
    const query = await link.ask({ command: 'query_sm', message_id: 'm' });
    assert.deepEqual([query['message_id'], query['message_state']], ['m', 2]);
    assert.equal((await link.ask({ command: 'cancel_sm', message_id: 'm' })).command_status, 0x11);
    assert.equal((await link.ask({ command: 'replace_sm', message_id: 'm' })).command_status, 0);
    assert.equal((await link.ask({ command: 'query_last_msgs' })).command_status, 0x08);
    assert.equal((await link.ask({ command: 'query_msg_details', message_id: 'm' })).command_status, 0x03);
    assert.equal((await link.ask({ command: 'enquire_link' })).command_status, 0);
    const events: string[] = [];
    server.on('unbind', () => events.push('unbind'));
    server.on('close', ({ reason }) => events.push(reason.code));
    assert.equal((await link.ask({ command: 'unbind' })).command, 'unbind_resp');
    await until(() => events.length === 2, 'both events');
    assert.deepEqual(events, ['unbind', 'peer-unbound']);
    assert.deepEqual(commands, [
      'query_sm',
      'cancel_sm',
      'replace_sm',
      'query_last_msgs',
      'query_msg_details',
    ]);
  });

  it('waits while its session is paused', async () => {
    const server = await scene.server();
    const link = await scene.link(server);
    await link.ask(BIND);
    const [session] = server.sessions;
    session!.pause();
    const number = link.send(SUBMIT);
    await pass();
    assert.equal(link.requests('submit_sm_resp').length, 0);
    session!.resume();
    assert.equal((await link.response(number)).command_status, 0);
  });
});
