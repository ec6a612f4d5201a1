import assert from 'node:assert/strict';
import { ConfigError, type SmppClient } from '../../src/index';
import { decodePdu, type Pdu } from '../../src/protocol';
import { FakeClock } from '../support/clock';
import { pass, until } from '../support/until';
import { HELLO, Scenes, numbered } from './setup';

const DAY = 86_400_000;
type Fields = Record<string, unknown>;
const codeOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return undefined;
};

/** `> submit_sm`, `< submit_sm_resp` … */
async function recorded(client: SmppClient, id?: string): Promise<string[]> {
  const { content } = await client.recorder.export({ id, last: 10_000 });
  return content.map(
    ({ direction, explanation: { command } }) => `${direction === 'out' ? '>' : '<'} ${command}`,
  );
}

async function pdusOf(client: SmppClient, id: string): Promise<(Pdu & Fields)[]> {
  const { content } = await client.recorder.export({ id, numbers: true, texts: true });
  return content.map(({ octets }) => decodePdu(Buffer.from(octets, 'hex')) as Pdu & Fields);
}

const receipt = (messageId: string, sequence_number: number): Fields & { command: string } => ({
  command: 'deliver_sm',
  sequence_number,
  esm_class: 4,
  source_addr: HELLO.destination_addr,
  destination_addr: 'Shop',
  short_message: Buffer.from(
    `id:${messageId} sub:001 dlvrd:001 submit date:2611270200 done date:2611270201 stat:DELIVRD err:000 text:Hello`,
  ),
});

describe('The wire recorder of a client', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('is off until it is started, and is switched without a new connection', async () => {
    const { client, peer } = await scenes.bound();
    await client.send(HELLO);
    assert.equal(client.recorder.isOn, false);
    await assert.rejects(client.recorder.export(), { code: 'NOT_RECORDED' });
    client.recorder.start();
    await client.send(HELLO);
    client.recorder.stop();
    await client.send(HELLO);
    assert.deepEqual(await recorded(client), ['> submit_sm', '< submit_sm_resp']);
    client.recorder.start();
    assert.deepEqual(await recorded(client), []);
    client.recorder.clear();
    await assert.rejects(client.recorder.export(), { code: 'NOT_RECORDED' });
    assert.equal(peer.links.length, 1);
  });

  it('records from the bind on with recorderSize', async () => {
    const { client, peer } = await scenes.bound({}, { recorderSize: 64 });
    await client.send(HELLO);
    const { content } = await client.recorder.export();
    assert.deepEqual(
      content.map(({ direction, session, port }) => [direction, session, port]),
      ['out', 'in', 'out', 'in'].map((direction) => [direction, 1, peer.port]),
    );
    assert.deepEqual(
      content.map(({ explanation }) => explanation.command),
      ['bind_transceiver', 'bind_transceiver_resp', 'submit_sm', 'submit_sm_resp'],
    );
    const { recording, size, entries, overwritten } = client.recorder.status();
    assert.deepEqual([recording, size, entries, overwritten], [true, 64, 4, 0]);
  });

  it('shows no password in any form, of no bind, however it ended', async () => {
    const password = 'geheim77';
    let refused = 0;
    const { client } = await scenes.idle(
      { bind_transceiver: () => (refused++ < 2 ? { command_status: 14 } : { system_id: 'peer' }) },
      { recorderSize: 64, password },
    );
    const started = client.start();
    await assert.rejects(Promise.race([started, client.start({ failFast: true })]));
    for (const shown of [{}, { numbers: true, texts: true }])
      for (const format of ['data', 'text', 'pcap'] as const) {
        const { content, entries } = await client.recorder.export({ format, ...shown });
        assert.ok(entries > 0);
        const octets = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
        assert.ok(!octets.includes(password));
        assert.ok(!octets.includes(Buffer.from(password).toString('hex')));
        assert.ok(
          !octets.includes(
            Buffer.from(password)
              .toString('hex')
              .replace(/..(?=.)/g, '$& '),
          ),
        );
      }
    void started.catch(() => undefined);
  });

  it('shows numbers and texts where they are asked for', async () => {
    const { client } = await scenes.bound({}, { recorderSize: 64 });
    await client.send(HELLO);
    const text = async (shown: object): Promise<string> =>
      (await client.recorder.export({ format: 'text', ...shown })).content;
    const [none, numbers, texts] = [
      await text({}),
      await text({ numbers: true }),
      await text({ texts: true }),
    ];
    assert.ok(!none.includes(HELLO.destination_addr as string) && !none.includes('Hello'));
    assert.ok(numbers.includes(HELLO.destination_addr as string) && !numbers.includes('Hello'));
    assert.ok(!texts.includes(HELLO.destination_addr as string) && texts.includes('"Hello"'));
    assert.match(none, /submit_sm, sequence_number 2, \d+ octets {2}\[to the SMSC, session 1, 127\.0\.0\.1:/);
  });

  it('says in the log who takes what, and whether that is shown', async () => {
    const { client, lines } = await scenes.bound({}, { logLevel: 'info' });
    client.recorder.start();
    await client.recorder.export({ numbers: true });
    client.recorder.stop();
    const told = lines.filter(({ event }) => event === 'recorder');
    assert.deepEqual(
      told.map(({ stage, numbers, texts, entries }) => [stage, numbers, texts, entries]),
      [
        ['start', undefined, undefined, undefined],
        ['export', true, false, 0],
        ['stop', undefined, undefined, undefined],
      ],
    );
  });

  it('gives the last ones, and says how many there are', async () => {
    const { client } = await scenes.bound({}, { recorderSize: 64 });
    await client.sendBatch(numbered(20));
    const { content, entries, recorded: all } = await client.recorder.export({ last: 3 });
    assert.deepEqual([content.length, entries, all], [3, 3, 42]);
    assert.deepEqual(
      new Set(content.map(({ explanation }) => explanation.command)),
      new Set(['submit_sm_resp']),
    );
  });

  it('names what is wrong with what it is asked for', async () => {
    const { client } = await scenes.bound();
    const { recorder } = client;
    assert.equal(
      codeOf(() => recorder.start({ size: 0 })),
      'INVALID_OPTION',
    );
    assert.equal(
      codeOf(() => recorder.start({ size: 70_000 })),
      'INVALID_OPTION',
    );
    assert.equal(
      codeOf(() => recorder.start({ id: '' })),
      'INVALID_OPTION',
    );
    assert.equal(
      codeOf(() => recorder.stop({ id: 'x' })),
      'NOT_RECORDED',
    );
    await assert.rejects(
      recorder.export({ format: 'json' as never }),
      /format \("json"\): give one of data, text, pcap/,
    );
    await assert.rejects(
      recorder.export({ last: 10_001 }),
      /last \(10001\): give a whole number from 1 to 10000/,
    );
    await assert.rejects(recorder.export({ numbers: 'yes' as never }), {
      code: 'INVALID_OPTION',
      field: 'numbers',
    });
    await assert.rejects(recorder.export({ id: 'x' }), { code: 'NOT_RECORDED' });
    await assert.rejects(scenes.idle({}, { recorderSize: 70_000 }), ConfigError);
  });

  describe('for one message', () => {
    it('keeps submits, responses, receipts and their responses, over retries and reconnects', async () => {
      let asked = 0;
      const clock = new FakeClock();
      const { client, peer } = await scenes.bound(
        {
          submit_sm: (pdu, link) => {
            asked++;
            if (asked === 2) return { command_status: 0x14 };
            if (asked === 3) return void link.socket.destroy();
            return { message_id: `m${asked}` };
          },
        },
        { clock, reconnectMin: 0.01 },
      );
      client.on('receipt', () => undefined);
      client.pause();
      const id = await client.enqueue(HELLO);
      await client.enqueue(numbered(2));
      client.recorder.start({ id });
      client.resume();
      const ticking = setInterval(() => void clock.advance(500), 5);
      await until(() => peer.links.length === 2 && asked >= 5, 'all to be sent');
      clearInterval(ticking);
      await until(() => client.recorder.status().messages[0]?.entries === 2, 'the first response');
      const mine = (await pdusOf(client, id)).map(
        ({ command, short_message }) => `${command} ${String(short_message)}`,
      );
      assert.deepEqual(mine, ['submit_sm Hello', 'submit_sm_resp undefined']);
      const [, response] = await pdusOf(client, id);
      (await peer.link(1)).send(receipt(String(response?.['message_id']), 77));
      await until(() => client.recorder.status().messages[0]?.entries === 4, 'the receipt and its response');
      assert.deepEqual(await recorded(client, id), [
        '> submit_sm',
        '< submit_sm_resp',
        '< deliver_sm',
        '> deliver_sm_resp',
      ]);
      const sessions = (await client.recorder.export({ id })).content.map(({ session }) => session);
      assert.deepEqual(sessions, [1, 1, 2, 2]);
    });

    it('keeps each time that it is sent', async () => {
      let asked = 0;
      const clock = new FakeClock();
      const { client } = await scenes.bound(
        { submit_sm: () => (asked++ === 0 ? { command_status: 0x14 } : { message_id: 'm' }) },
        { clock },
      );
      client.pause();
      const id = await client.enqueue(HELLO);
      client.recorder.start({ id });
      client.resume();
      const ticking = setInterval(() => void clock.advance(500), 5);
      await until(() => client.recorder.status().messages[0]?.entries === 4, 'both times');
      clearInterval(ticking);
      const once = ['> submit_sm', '< submit_sm_resp'];
      assert.deepEqual(await recorded(client, id), [...once, ...once]);
    });

    it('keeps all segments, and what is asked by the name that the SMSC gave it', async () => {
      const { client } = await scenes.bound({ query_sm: () => ({ message_id: '1', message_state: 2 }) });
      client.pause();
      const id = await client.enqueue({ ...HELLO, short_message: 'x'.repeat(400) });
      client.recorder.start({ id });
      client.resume();
      await until(() => client.recorder.status().messages[0]?.entries === 6, 'three segments');
      await client.send({ command: 'query_sm', message_id: '2', source_addr: 'Shop' });
      const all = await recorded(client, id);
      assert.deepEqual(all.slice(-2), ['> query_sm', '< query_sm_resp']);
      assert.equal(all.filter((one) => one === '> submit_sm').length, 3);
      await client.send({ command: 'query_sm', message_id: '9', source_addr: 'Shop' });
      assert.equal((await recorded(client, id)).length, 8);
    });

    it('keeps a receipt that came before the response', async () => {
      const { client, peer } = await scenes.bound({
        submit_sm: (pdu, link) => {
          link.send(receipt('early', 5));
          return { message_id: 'early' };
        },
      });
      client.on('receipt', () => undefined);
      client.pause();
      const id = await client.enqueue(HELLO);
      client.recorder.start({ id });
      client.resume();
      await until(() => client.recorder.status().messages[0]?.entries === 4, 'all four');
      assert.equal(peer.links.length, 1);
      assert.deepEqual((await recorded(client, id)).sort(), [
        '< deliver_sm',
        '< submit_sm_resp',
        '> deliver_sm_resp',
        '> submit_sm',
      ]);
    });

    it('is not washed away by others', async () => {
      const { client } = await scenes.bound({}, { recorderSize: 4 });
      client.pause();
      const id = await client.enqueue(HELLO);
      client.recorder.start({ id });
      client.resume();
      await until(() => client.recorder.status().messages[0]?.entries === 2, 'it to be sent');
      for (let round = 0; round < 20; round++) await client.sendBatch(numbered(100));
      assert.deepEqual(await recorded(client, id), ['> submit_sm', '< submit_sm_resp']);
      assert.ok(client.recorder.status().entries < 120);
    });

    it('ends by hand, after a day, and is of 100 messages at most', async () => {
      const { client, clock } = await scenes.bound();
      const { recorder } = client;
      for (let nth = 0; nth < 100; nth++) recorder.start({ id: String(nth) });
      assert.equal(
        codeOf(() => recorder.start({ id: 'one more' })),
        'RECORDER_FULL',
      );
      recorder.start({ id: '7' });
      recorder.stop({ id: '7' });
      recorder.start({ id: 'one more' });
      await clock.advance(DAY + 1);
      assert.deepEqual([recorder.status().messages, recorder.isOn], [[], false]);
    });

    it('ends by itself also where nobody asks', async () => {
      const { client, clock } = await scenes.bound();
      client.recorder.start({ id: 'x' });
      await clock.advance(DAY + 1);
      await until(() => client.state === 'bound', 'the session');
      void client.send(HELLO).catch(() => undefined);
      await until(() => !client.recorder.isOn, 'the end of the recording');
      await pass(5);
    });
  });
});
