import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConfigError,
  SmppClient,
  fromNaz,
  openMemoryStore,
  systemClock,
  type Message,
  type SmppClientOptions,
  type Store,
} from '../../src/index';
import { Smsc, type SmscOptions } from '../../src/simulator';
import { Peer } from '../support/peer';
import { freePorts } from '../support/servers';
import { until } from '../support/until';
import { IN, NUMBERS, OUT, PASSWORDS, song } from './canaries';

/** How the log of a scene's clients, and of the simulator, is set up. */
export interface Setup {
  readonly client: SmppClientOptions;
  readonly smsc?: SmscOptions['log'];
}

/** One path; what it throws where that is its point is returned as text. */
type Scene = (setup: Setup, ends: Ends) => Promise<void>;
type Ends = (() => unknown)[];

const quiet = {
  reconnectMin: 0.02,
  reconnectMax: 0.05,
  drainTimeout: 0.3,
  responseTimeout: 1,
  throttleWait: 0.02,
};

async function smsc(setup: Setup, ends: Ends, options: SmscOptions = {}): Promise<Smsc> {
  const made = new Smsc({
    receiptDelay: 0,
    password: PASSWORDS.password,
    ...(setup.smsc && { log: setup.smsc }),
    ...options,
  });
  ends.push(() => made.stop());
  await made.start();
  return made;
}

function client(setup: Setup, ends: Ends, options: SmppClientOptions): SmppClient {
  const made = new SmppClient({
    systemId: 'esme',
    password: PASSWORDS.password,
    ...quiet,
    ...setup.client,
    ...options,
  });
  ends.push(() => made.stop());
  return made;
}

const to = (destination_addr: string, fields: Partial<Message> = {}): Message => ({
  source_addr: NUMBERS.from,
  destination_addr: `+${destination_addr}`,
  short_message: `${OUT} sings`,
  metadata: { note: OUT, for: NUMBERS.to },
  ...fields,
});
const ignore = (): undefined => undefined;
const quoting = (event: { payload: unknown; topic: string }): never => {
  throw new Error(
    `cannot store ${JSON.stringify(event.payload)} of ${event.topic}: ${String(event.payload)}`,
  );
};

/** Every way to say something, refused and failing ones, batches, queries. */
const sending: Scene = async (setup, ends) => {
  const centre = await smsc(setup, ends, {
    rules: [
      { type: 'status', status: 'ESME_RINVDSTADR', destination: NUMBERS.refused },
      { type: 'status', status: 'ESME_RSYSERR', destination: NUMBERS.failing },
      { type: 'status', status: 'ESME_RTHROTTLED', destination: NUMBERS.other, times: 1 },
    ],
  });
  const esme = client(setup, ends, { port: centre.port, maxAttempts: 1 });
  for (const name of ['receipt', 'response', 'failure'] as const) esme.on(name, quoting);
  await esme.start();
  const texts: Partial<Message>[] = [
    {},
    { short_message: song(400) },
    { short_message: song(200), long_messages: 'sar' },
    { short_message: song(200), long_messages: 'payload' },
    { short_message: `${OUT} ☎` },
    { short_message: Buffer.from(OUT) },
    { short_message: '', tlvs: { message_payload: Buffer.from(song(300)) } },
    { command: 'data_sm' },
    { command: 'submit_multi', destination_addr: [NUMBERS.to, NUMBERS.other] },
  ];
  await esme.sendBatch(
    texts.map((text) => to(NUMBERS.to, text)),
    { completeWhen: 'delivered' } as never,
  );
  const failing = [NUMBERS.refused, NUMBERS.failing, NUMBERS.other].map((number) =>
    esme.send(to(number)).catch(ignore),
  );
  await Promise.all(failing);
  const wrong: unknown[] = [
    { ...to(NUMBERS.to), encoding: OUT },
    { ...to(NUMBERS.to), source_addr: `${OUT} ${OUT} ${OUT} ${OUT}` },
    { ...to(`${NUMBERS.to}${NUMBERS.to}`) },
    { ...to(NUMBERS.to), tlvs: { user_message_reference: OUT } },
  ];
  for (const message of wrong) await esme.send(message as Message).catch(ignore);
  await esme.send({ command: 'query_sm', message_id: '1', source_addr: NUMBERS.from }).catch(ignore);
  await esme
    .send({
      command: 'replace_sm',
      message_id: '1',
      source_addr: NUMBERS.from,
      short_message: OUT,
    })
    .catch(ignore);
  await esme.deadLetters();
  await esme.replay();
  await until(() => esme.state !== 'disconnected');
  await esme.status();
  await esme.purgeDeadLetters();
};

/** What comes in, that nobody can read and that handlers fail at included. */
const receiving: Scene = async (setup, ends) => {
  const centre = await smsc(setup, ends);
  const esme = client(setup, ends, { port: centre.port, ackTimeout: 0.2 });
  let heard = 0;
  esme.on('message', (event) => {
    heard++;
    quoting(event);
  });
  await esme.start();
  const from = { source_addr: NUMBERS.caller, destination_addr: NUMBERS.from };
  const said = [`${IN} sings`, `${IN} ☎`, `${IN} `.repeat(40)];
  for (const short_message of said) void centre.deliver({ ...from, short_message }).catch(ignore);
  await until(() => heard >= said.length);
};

/** A peer that writes what nobody should. */
const hostile: Scene = async (setup, ends) => {
  const peer = await Peer.start({});
  ends.push(() => peer.stop());
  const esme = client(setup, ends, { port: peer.port, reassemblyTimeout: 1, receiptHoldTime: 0 });
  let [messages, receipts] = [0, 0];
  esme.on('message', () => messages++).on('receipt', () => receipts++);
  await esme.start();
  const link = await peer.link();
  const of = { command: 'deliver_sm', source_addr: NUMBERS.caller, destination_addr: NUMBERS.from } as const;
  const receipt = `id:77 sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:${IN}`;
  link.send({ ...of, esm_class: 4, short_message: Buffer.from(receipt) });
  link.send({ ...of, esm_class: 4, short_message: Buffer.from(`${IN} is no receipt of ${NUMBERS.to}`) });
  link.send({
    ...of,
    esm_class: 0x40,
    short_message: Buffer.from(`\x05\x00\x03\x01\x02\x01${IN}`, 'latin1'),
  });
  link.send({ ...of, esm_class: 0x40, short_message: Buffer.from(`\x30\x00\x03${IN}`, 'latin1') });
  link.send({ ...of, data_coding: 8, short_message: Buffer.from(`${IN}x`) });
  link.send({ ...of, data_coding: 5, short_message: Buffer.from(IN) });
  link.send({ ...of, tlvs: { message_payload: Buffer.from(IN), user_message_reference: 1 } });
  await until(() => messages >= 2 && receipts >= 1);
  const body = Buffer.concat([Buffer.from(`\0\x01\x01${NUMBERS.caller}`), Buffer.from(IN.repeat(20))]);
  const header = Buffer.alloc(16);
  header.writeUInt32BE(16 + body.length, 0);
  header.writeUInt32BE(5, 4);
  header.writeUInt32BE(99, 12);
  link.write(Buffer.concat([header, body]));
  await until(() =>
    link.received.some(({ sequence_number, command }) => sequence_number === 99 && command !== 'deliver_sm'),
  );
  link.write(Buffer.from(`${IN} ${NUMBERS.caller} this is no PDU at all`));
  await until(() => link.ended || peer.links.length > 1);
};

/** Refused binds, of a pair and alone; a link that breaks with messages on it. */
const linking: Scene = async (setup, ends) => {
  const centre = await smsc(setup, ends, { rules: [{ type: 'silent', destination: NUMBERS.other }] });
  const refused = client(setup, ends, { port: centre.port, password: PASSWORDS.wrongPassword });
  await refused.start({ failFast: true }).catch(ignore);
  const pair = client(setup, ends, {
    ...{
      port: centre.port,
      bindType: 'pair',
      receiverPassword: PASSWORDS.receiverPassword,
      receiverSystemId: 'rx',
    },
  });
  await pair.start({ failFast: true }).catch(ignore);
  const esme = client(setup, ends, { port: centre.port, maxRedeliveries: 1, responseTimeout: 0.3 });
  await esme.start();
  const lost = [esme.send(to(NUMBERS.other)), esme.send(to(NUMBERS.other, { short_message: song(300) }))];
  await until(() => centre.sessions.length > 0);
  await esme.status();
  centre.dropLinks();
  await Promise.all(lost.map((each) => each.catch(ignore)));
};

/** The SMSC calls, with the password and another, and tells of a phone; a stranger says what it likes. */
const calling: Scene = async (setup, ends) => {
  const [outbindPort = 0] = await freePorts(1);
  const centre = await smsc(setup, ends);
  const { outbindPassword: password } = PASSWORDS;
  const called = client(setup, ends, { bindType: 'receiver', outbindPort, outbindPassword: password });
  await called.start();
  const call = { host: '127.0.0.1', port: outbindPort };
  await centre.outbind({ ...call, password });
  await centre.outbind({ ...call, password: PASSWORDS.wrongPassword }).catch(ignore);
  centre.alert({ source_addr: NUMBERS.caller, esme_addr: NUMBERS.to });
  const stranger = connect(outbindPort, call.host, () =>
    stranger.write(`${password} ${NUMBERS.caller} ${IN}`),
  );
  await new Promise((resolve) => stranger.on('error', ignore).on('close', resolve));
  await called.status();
};

/** Parts that fail and quote what they were given. */
const failingParts: Scene = async (setup, ends) => {
  const centre = await smsc(setup, ends);
  const inner = openMemoryStore({ capacity: 100, whenFull: 'reject', clock: systemClock });
  let broken = false;
  const fail = (given: unknown): never => {
    throw new Error(`cannot keep ${JSON.stringify(given)} with ${PASSWORDS.password}`);
  };
  const queue = new Proxy(inner.queue, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const method = value.bind(target) as (...given: unknown[]) => unknown;
      return (...given: unknown[]) =>
        broken && (name === 'enqueue' || name === 'settle') ? fail(given) : method(...given);
    },
  });
  const store = {
    ...inner,
    queue,
    capabilities: inner.capabilities,
    correlator: inner.correlator,
    state: inner.state,
  } as Store;
  const esme = client(setup, ends, {
    port: centre.port,
    queue: Object.assign(store, { close: () => inner.close() }),
    codecs: [{ name: 'own', data_coding: 9, encode: fail, decode: fail }],
    rateLimiter: {
      acquire: () => Promise.reject(new Error(`no permit with ${PASSWORDS.password}`)),
      giveBack: ignore,
    },
    listening: () => fail(PASSWORDS.password),
  });
  await esme.start();
  await esme.send({ ...to(NUMBERS.to), encoding: 'own' }).catch(ignore);
  broken = true;
  await esme.enqueue(to(NUMBERS.to)).catch(ignore);
  broken = false;
  await esme.enqueue(to(NUMBERS.to));
  void centre
    .deliver({
      source_addr: NUMBERS.caller,
      destination_addr: NUMBERS.from,
      short_message: IN,
      data_coding: 9,
    })
    .catch(ignore);
  await until(() => centre.sessions.length > 0);
  await esme.status();
};

/** Items of a broker that cannot be read or sent. */
const foreign: Scene = async (setup, ends) => {
  const centre = await smsc(setup, ends);
  const items: unknown[] = [
    { short_message: OUT, source_addr: NUMBERS.from, destination_addr: `${NUMBERS.to} or ${NUMBERS.other}` },
    { short_message: { text: OUT }, destination_addr: NUMBERS.to },
    { smpp_command: OUT, destination_addr: NUMBERS.to },
    `{"short_message": "${OUT}", "destination_addr": "${NUMBERS.to}"`,
    { ...to(NUMBERS.to) },
  ];
  let asked = 0;
  const broker = {
    enqueue: (message: unknown): never => {
      throw new Error(`full, no room for ${JSON.stringify(message)}`);
    },
    dequeue: () => (asked++, items.shift()),
  };
  const esme = client(setup, ends, {
    port: centre.port,
    queue: fromNaz.broker(broker),
    payloadFormat: 'naz',
    // A broker is asked again a second after what could not be sent.
    clock: { ...systemClock, setTimeout: (callback, ms) => systemClock.setTimeout(callback, ms / 50) },
  });
  await esme.start();
  await until(() => asked > 5);
};

/** Stores that are not there, or not to be read. */
const away: Scene = async (setup, ends) => {
  const folder = mkdtempSync(join(tmpdir(), 'smpp-canary-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const url = (scheme: string, name: 'queueUrl' | 'correlationUrl'): string =>
    `${scheme}://esme:${encodeURIComponent(PASSWORDS[name])}@127.0.0.1:1`;
  for (const options of [
    { queue: 'redis', queueUrl: url('redis', 'queueUrl') },
    { queue: 'rabbitmq', queueUrl: url('amqp', 'queueUrl'), correlationUrl: url('redis', 'correlationUrl') },
  ]) {
    const esme = client(setup, ends, { ...options, clientId: 'away' });
    const ended = new AbortController();
    setTimeout(() => ended.abort(), 300);
    await esme.start({ failFast: true, signal: ended.signal }).catch(ignore);
    await esme.enqueue(to(NUMBERS.to)).catch(ignore);
  }
  const centre = await smsc(setup, ends);
  for (const queueKey of [PASSWORDS.queueKey, `${PASSWORDS.queueKey} and another`]) {
    const esme = client(setup, ends, { port: centre.port, queueDirectory: folder, queueKey });
    await esme.start({ failFast: true }).catch(ignore);
    await esme.enqueue(to(NUMBERS.to)).catch(ignore);
    await esme.stop();
  }
};

export const SCENES = { sending, receiving, hostile, linking, calling, failingParts, foreign, away };
export type SceneName = keyof typeof SCENES;

/** Plays scenes at the same time, and ends what they made. */
export async function play(setup: Setup, names = Object.keys(SCENES) as SceneName[]): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      const ends: Ends = [];
      try {
        await SCENES[name](setup, ends);
      } finally {
        for (const end of ends.reverse()) await end();
      }
    }),
  );
}

/** What is wrong with options that have a password in each of their fields. */
export function configErrors(): string {
  const bad: Record<string, unknown> = {
    ...{ password: `${PASSWORDS.password}ü`, receiverPassword: PASSWORDS.receiverPassword.repeat(20) },
    ...{
      queueKey: ['short', PASSWORDS.queueKey, 7],
      queue: 'redis',
      queueUrl: `http://x:${PASSWORDS.queueUrl}@h`,
    },
    correlationUrl: `ftp://x:${PASSWORDS.correlationUrl}@h`,
  };
  try {
    new SmppClient(bad);
    return '';
  } catch (error) {
    return error instanceof ConfigError ? `${String(error)}\n${error.stack}` : '';
  }
}
