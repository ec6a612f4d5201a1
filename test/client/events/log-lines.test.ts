import assert from 'node:assert/strict';
import pino from 'pino';
import { SmppClient, type Message } from '../../../src/index';
import { until } from '../../support/until';
import { Scenes, advanceUntil, type Scene, type SceneOptions } from '../setup';

const NUMBERS = ['491511234567', '491519999999', '491520000001', '491520000002', '4915300000'];
const WORDS = ['very private', 'top secret', 'hush', 'Hello'];

describe('Log lines', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  /** Everything that a client has lines for. */
  async function everything(options: SceneOptions): Promise<Scene> {
    let n = 0;
    const statuses: Record<number, string> = {
      3: 'ESME_RINVDSTADR',
      4: 'ESME_RTHROTTLED',
      6: 'ESME_RSYSERR',
    };
    const scene = await scenes.bound(
      {
        submit_sm: () => {
          const command_status = statuses[++n];
          return command_status ? { command_status } : { message_id: `m${n}` };
        },
      },
      {
        throttleHandler: 'sampling',
        logLevel: 'trace',
        password: 'top secret',
        maxAttempts: 1,
        receiptHoldTime: 0,
        ...options,
      },
    );
    const { client, peer, clock, told } = scene;
    client.on('message', () => {
      throw new Error('a handler');
    });
    const to = (destination_addr: string): Message => ({
      destination_addr,
      source_addr: '4915300000',
      short_message: 'very private',
    });
    await client.send(to('+491511234567'));
    await client.send({
      ...to(''),
      command: 'submit_multi',
      destination_addr: ['491520000001', '491520000002'],
    });
    await client.send({ ...to('491511234567'), correlation_id: 'c' });
    await client.send(to('491519999999')).catch(() => undefined);
    const throttled = client.send(to('491511234567'));
    await advanceUntil(clock, () => peer.submits.length >= 5);
    await throttled;
    await clock.advance(15_000);
    await client.send(to('491511234567')).catch(() => undefined);
    await client.send({ command: 'query_sm', message_id: 'm1', source_addr: '4915300000' });
    const link = await peer.link();
    link.receipt('m1');
    link.receipt('nobody knows', 'UNDELIV', { source_addr: '491519999999' });
    link.send({ command: 'deliver_sm', source_addr: '491511234567', short_message: Buffer.from('hush') });
    link.write(Buffer.from('00000014000000050000000000000009616263ff', 'hex'));
    await until(() => told('receipt').length === 2 && told('message').length === 2);
    link.socket.destroy();
    await advanceUntil(clock, () => peer.links.length === 2);
    await client.stop();
    return scene;
  }

  function check(lines: readonly Record<string, unknown>[]): void {
    const text = lines.map((line) => JSON.stringify(line)).join('\n');
    for (const word of [...NUMBERS, ...WORDS]) {
      assert.ok(
        !text.includes(word),
        lines.map((line) => JSON.stringify(line)).find((line) => line.includes(word)),
      );
    }
    for (const line of lines) {
      assert.deepEqual([line.team, line.connection, line.system_id], ['sms', 'main', 'a']);
      assert.match(String(line.host), /^127\.0\.0\.1:\d+$/);
      assert.equal(typeof line.event, 'string');
      assert.equal(typeof line.msg, 'string');
    }
    const events = new Set(lines.map(({ event }) => event));
    for (const event of [
      'session',
      'connect',
      'bind',
      'submit',
      'request',
      'receive',
      'unbind',
      'failure',
      'throttle',
      'receipt',
      'message',
      'pdu',
    ]) {
      assert.ok(events.has(event), event);
    }
  }

  const options: SceneOptions = { name: 'main', logMetadata: { team: 'sms' } };

  it("have no password, no text and no whole number, and the user's fields on each", async () => {
    const { lines } = await everything(options);
    check(lines);
    const [sent] = lines.filter(({ event, stage }) => event === 'submit' && stage === 'start');
    assert.match(String(sent?.msg), /^sent to 49151\*+67$/);
    const [response] = lines.filter(({ event, stage }) => event === 'submit' && stage === 'end');
    assert.equal(typeof response?.duration, 'number');
    assert.equal(response?.command_status, 'ESME_ROK');
  });

  it("of a logger of the user's own have neither", async () => {
    const lines: Record<string, unknown>[] = [];
    const log = pino(
      { level: 'trace', base: {} },
      { write: (line: string) => lines.push(JSON.parse(line) as never) },
    );
    await everything({ ...options, log });
    check(lines);
  });

  it('warn of a password over 8 octets once, not at every bind', async () => {
    const { lines } = await everything(options);
    const warnings = lines.filter(({ msg }) => /the password has more than the 8 octets/.test(String(msg)));
    assert.deepEqual([warnings.length, lines.filter(({ stage }) => stage === 'bound').length], [1, 2]);
  });

  it('say what a person needs at info: bound, gone, refused', async () => {
    const { lines } = await everything({ ...options, logLevel: 'info' });
    const texts = lines.map(({ level, msg }) => `${String(level)} ${String(msg)}`);
    for (const pattern of [
      /^info bound to 127\.0\.0\.1:\d+ as transceiver$/,
      /^info not accepted: /,
      /^warn not sent: the SMSC refused it with ESME_RINVDSTADR/,
      /^warn the SMSC asks for less; sending pauses$/,
      /^info sending goes on: the SMSC has not asked for less for 10 s \(before that, for 1 of \d answers\)$/,
      /^warn (the connection broke|closed by the peer).*; (next try in \d|trying again at once)/,
      /^error a handler of "message" failed$/,
    ]) {
      assert.ok(
        texts.some((text) => pattern.test(text)),
        `${String(pattern)} in\n${texts.join('\n')}`,
      );
    }
  });

  for (const [how, code] of [
    ['in time', 'RESPONSE_TIMEOUT'],
    ['before the session ended', 'SESSION_CLOSED'],
  ] as const)
    it(`say at info that a request was not answered ${how}: the message may arrive twice`, async () => {
      let n = 0;
      const { client, peer, clock, lines } = await scenes.bound(
        { submit_sm: () => (++n === 1 ? undefined : { message_id: `m${n}` }) },
        { logLevel: 'info', responseTimeout: 5 },
      );
      const sent = client.send({ short_message: 'a', destination_addr: '491511234567', source_addr: 'Shop' });
      await advanceUntil(clock, () => peer.submits.length === 1);
      if (code === 'SESSION_CLOSED') (await peer.link()).socket.destroy();
      await advanceUntil(clock, () => peer.submits.length === 2);
      await sent;
      const told = lines.filter(({ event }) => event === 'submit');
      assert.deepEqual(
        told.map(({ level, stage, code, destination, msg }) => ({ level, stage, code, destination, msg })),
        [
          {
            ...{ level: 'info', stage: 'end', code, destination: '49151*****67' },
            msg: `not answered ${how}; whether the SMSC took it is not known`,
          },
        ],
      );
    });

  it('have no password that an SMSC quotes when it refuses the bind; neither have events and health', async () => {
    const said = 'the password Gimpel-7 of 491511234567 is wrong';
    const bind_transceiver = () => ({
      command_status: 'ESME_RINVPASWD',
      tlvs: { additional_status_info_text: said },
    });
    const peer = await scenes.peer({ bind_transceiver });
    const lines: unknown[] = [];
    const log = (line: unknown): unknown => lines.push(line);
    const told: unknown[] = [];
    const client = new SmppClient({ port: peer.port, password: 'Gimpel-7', logLevel: 'trace', log });
    client.on('session', (event) => told.push(event));
    const started = client.start().catch(String);
    await until(() => told.length > 1);
    const text = JSON.stringify([lines, await client.health()]);
    assert.match(text, /It says .*the password \[secret\] of/);
    assert.doesNotMatch(text, /Gimpel-7|491511234567/);
    assert.doesNotMatch(JSON.stringify(told), /Gimpel-7/);
    await client.stop();
    assert.doesNotMatch(String(await started), /Gimpel-7/);
  });

  it('are one for each PDU at trace, either way, of its header alone', async () => {
    const { client, peer, lines, clock } = await scenes.bound(
      {},
      { logLevel: 'trace', enquireLinkInterval: 5, password: 'top secret' },
    );
    const link = await peer.link();
    await client.send({
      short_message: 'very private',
      destination_addr: '491511234567',
      source_addr: 'Shop',
    });
    link.send({ command: 'enquire_link' });
    link.send({ command: 'deliver_sm', source_addr: '491511234567', short_message: Buffer.from('hush') });
    await link.until('deliver_sm_resp');
    await advanceUntil(clock, () => link.requests('enquire_link').length > 0, 1000);
    await until(() => lines.some(({ command, stage }) => command === 'enquire_link_resp' && stage === 'in'));
    await client.stop();
    const pdus = lines.filter(({ event }) => event === 'pdu');
    const told = new Set(pdus.map(({ stage, command }) => `${String(stage)} ${String(command)}`));
    for (const pdu of [
      'out bind_transceiver',
      'in bind_transceiver_resp',
      'out submit_sm',
      'in submit_sm_resp',
      'in enquire_link',
      'out enquire_link_resp',
      'out enquire_link',
      'in enquire_link_resp',
      'in deliver_sm',
      'out deliver_sm_resp',
      'out unbind',
      'in unbind_resp',
    ]) {
      assert.ok(told.has(pdu), pdu);
    }
    for (const line of pdus) {
      assert.equal(line.level, 'trace');
      assert.ok(Number.isInteger(line.sequence_number) && Number.isInteger(line.command_length));
      assert.equal(String(line.command).endsWith('_resp'), line.command_status === 'ESME_ROK');
    }
    const text = JSON.stringify(lines);
    for (const word of [...WORDS, ...WORDS.map((one) => Buffer.from(one).toString('hex'))])
      assert.ok(!text.includes(word), word);
  });

  it('of PDUs begin and end with the level, also on a session that is bound', async () => {
    const { client, lines } = await scenes.bound({}, { logLevel: 'debug' });
    const pdus = (): number => lines.filter(({ event }) => event === 'pdu').length;
    const message = { short_message: 'a', destination_addr: '491511234567', source_addr: 'Shop' };
    await client.send(message);
    assert.equal(pdus(), 0);
    client.configure({ logLevel: 'trace' });
    await client.send(message);
    assert.equal(pdus(), 2);
    client.configure({ logLevel: 'info' });
    await client.send(message);
    assert.equal(pdus(), 2);
  });
});
