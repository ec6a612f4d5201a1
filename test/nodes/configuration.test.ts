import assert from 'node:assert/strict';
import { identity, pem } from '../support/tls';
import { readConfiguration, type ConfigurationInput } from '../../nodes/configuration';
import { ConfigError } from '../../src/index';
import { Inbox, helper, load, logged, statuses, until, useHelper } from './support/helper';
import { Centre } from './support/smsc';

function read(definition: Record<string, unknown>, input: Partial<ConfigurationInput> = {}) {
  return readConfiguration({
    definition: { type: 'smpp-config', ...definition },
    credentials: undefined,
    closeLimit: 15_000,
    queueDirectory: '/user/smpp',
    nodeId: 'a1b2',
    findTls: () => undefined,
    findDefinition: () => undefined,
    environment: () => undefined,
    resolvePlugin: () => undefined,
    codecs: () => [],
    ...input,
  });
}

describe('what smpp-config makes of its properties', () => {
  it('is options of the client, with the credentials', () => {
    const { options, problems } = read(
      { host: 'h', port: '2776', wires: [], x: 1 },
      { credentials: { systemId: 'naz', password: 'pw' } },
    );
    assert.deepEqual(problems, []);
    const { host, port, systemId, password } = options;
    assert.deepEqual(
      { host, port, systemId, password },
      { host: 'h', port: '2776', systemId: 'naz', password: 'pw' },
    );
    assert.equal('wires' in options, false);
  });

  it('has the TLS configuration of a queue on a server only with an encrypted URL', () => {
    const findTls: ConfigurationInput['findTls'] = () => ({
      addTLSOptions: (options) => Object.assign(options, { servername: 'h' }),
    });
    const withTls = (queue: string, queueUrl: string, queueTls: string): ReturnType<typeof read> =>
      read({ queue, queueTls }, { credentials: { queueUrl }, findTls });
    for (const [queue, scheme] of [
      ['redis', 'redis'],
      ['rabbitmq', 'amqp'],
    ] as const) {
      const { options, problems } = withTls(queue, `${scheme}s://h`, 'id');
      assert.deepEqual([options.queueTls, problems], [{ servername: 'h' }, []]);
      for (const url of [`${scheme}://h`, '']) {
        const [problem] = withTls(queue, url, 'id').problems;
        assert.equal(problem?.field, 'queueTls');
        assert.match(problem?.remedy ?? '', new RegExp(`begin it with ${scheme}s://`));
      }
      const bare = withTls(queue, `${scheme}s://h`, '');
      assert.deepEqual([bare.problems, bare.options.queueTls], [[], undefined]);
      assert.match((bare.notes ?? []).join(), /verified by the authorities/);
    }
    const ofOthers = withTls('disk', 'redis://h', 'id');
    assert.deepEqual([ofOthers.problems, ofOthers.options.queueTls], [[], undefined]);
  });

  it('reads the TLS configuration of the port where the SMSC connects, as a server has it', () => {
    const all = { ...identity(), ca: pem('ca.cert'), rejectUnauthorized: true, servername: 'h' };
    const findTls = (id: string) =>
      id === 'gone'
        ? undefined
        : {
            addTLSOptions: (options: object): object =>
              Object.assign(options, id === 'alone' ? identity() : id === 'none' ? {} : all),
          };
    const withTls = (outbindTls: string, outbindPort: unknown = 2776): ReturnType<typeof read> =>
      read({ outbindTls, outbindPort, bindType: 'receiver' }, { findTls });
    const { options, problems } = withTls('all');
    const { key, cert, ca, requestCert, rejectUnauthorized } = options.outbindTls ?? {};
    assert.deepEqual([problems, typeof key, typeof cert, typeof ca], [[], 'string', 'string', 'string']);
    assert.deepEqual([requestCert, rejectUnauthorized], [true, true]);
    const alone = withTls('alone');
    assert.deepEqual([alone.problems, alone.options.outbindTls?.requestCert], [[], undefined]);
    for (const id of ['none', 'gone'])
      assert.deepEqual(
        withTls(id).problems.map(({ field }) => field),
        ['outbindTls'],
      );
    for (const off of [0, '0', '']) assert.equal(withTls('gone', off).options.outbindTls, undefined);
  });

  it('never shows the password of a URL that is wrong', () => {
    for (const queue of ['redis', 'rabbitmq']) {
      const { problems } = read({ queue }, { credentials: { queueUrl: 'ftp://me:hidden@h' } });
      const { message } = new ConfigError(problems);
      assert.match(message, /^queueUrl: /);
      assert.doesNotMatch(message, /hidden/);
    }
  });

  it('collects everything that is wrong', () => {
    const { problems } = read({
      port: 'x',
      windowSize: 0,
      host: '${SMSC_HOST}',
      useTls: true,
      version: 99,
      queueDirectory: 'smpp',
    });
    assert.deepEqual(problems.map(({ field }) => field).sort(), [
      'host',
      'port',
      'queueDirectory',
      'tls',
      'version',
      'windowSize',
    ]);
    assert.match(
      problems.find(({ field }) => field === 'host')?.remedy ?? '',
      /environment variable SMSC_HOST is not set \(host\)/,
    );
  });

  it('is a queue on disk below the user directory, unless it says otherwise', () => {
    const { queue, queueDirectory, clientId } = read({ queueDirectory: '', clientId: '' }).options;
    assert.deepEqual([queue, queueDirectory, clientId], ['disk', '/user/smpp', 'a1b2']);
    const own = read({ queueDirectory: '/var/lib/smpp', clientId: 'carrier' });
    assert.deepEqual(own.problems, []);
    assert.deepEqual([own.options.queueDirectory, own.options.clientId], ['/var/lib/smpp', 'carrier']);
    assert.deepEqual(
      read({ clientId: '../carrier' }).problems.map(({ field }) => field),
      ['clientId'],
    );
    assert.deepEqual(read({ queue: 'memory', clientId: '../carrier' }).problems, []);
  });

  it('has a name for its queue however deep in subflows it lies, of any kind; one that is given must fit', () => {
    const nodeId = Array.from({ length: 4 }, () => 'f6f2187d.f17ca8')
      .join('-')
      .repeat(2);
    const names = ['disk', 'memory', 'plugin'].map((queue) => read({ queue }, { nodeId }));
    for (const { options, problems } of names) {
      assert.deepEqual(problems, []);
      assert.match(options.clientId ?? '', /^id-f6f2187df17ca8f6f218-[0-9a-f]{32}$/);
    }
    const given = read({ clientId: nodeId }).problems;
    assert.deepEqual(
      given.map(({ field }) => field),
      ['clientId'],
    );
  });

  it('names the parts that are chosen, which may be plugins', () => {
    const chosen = { queue: 'post', rateLimiter: 'shared', throttleHandler: '', correlator: 'store' };
    const { options, problems } = read(chosen, { codecs: () => ['greek'] });
    assert.deepEqual(problems, []);
    const { queue, rateLimiter, throttleHandler, correlator, sequence, codecs } = options;
    assert.deepEqual([queue, rateLimiter, correlator, codecs], ['post', 'shared', 'store', ['greek']]);
    assert.deepEqual([throttleHandler, sequence], [undefined, undefined]);
  });

  it('takes TLS options from a tls-config, and says so where it cannot', () => {
    const addTLSOptions = (options: object): object => Object.assign(options, { servername: 'smsc.example' });
    const found = read({ useTls: true, tls: 'id' }, { findTls: () => ({ valid: true, addTLSOptions }) });
    assert.deepEqual([found.problems, found.options.tls], [[], { servername: 'smsc.example' }]);
    const broken = read({ useTls: 'true', tls: 'id' }, { findTls: () => ({ valid: false, addTLSOptions }) });
    assert.match(broken.problems[0]?.remedy ?? '', /certificate and its private key go together/);
    assert.match(read({ useTls: true, tls: 'gone' }).problems[0]?.remedy ?? '', /does not exist/);
    assert.match(read({ useTls: true }).problems[0]?.remedy ?? '', /choose a TLS configuration/);
    assert.deepEqual(read({ useTls: false, tls: 'gone' }).problems, []);
  });

  it('takes line ends off what comes from the environment, and says which', () => {
    const addTLSOptions = (options: object): object =>
      Object.assign(options, { passphrase: 'pass phrase \r\n' });
    const { options, problems, notes } = read(
      { useTls: 'true\n', tls: 'id', queue: 'memory\n', host: 'smsc.example\n', bindType: 'transmitter\r\n' },
      {
        findTls: () => ({ valid: true, addTLSOptions }),
        credentials: { systemId: 'naz\n', password: 'pw\n' },
      },
    );
    assert.deepEqual(problems, []);
    assert.equal(options.queue, 'memory');
    assert.equal((options.tls as { passphrase?: string }).passphrase, 'pass phrase ');
    assert.deepEqual(notes, ['tls.passphrase: the line end behind it was taken off']);
  });

  it('drains no longer than Node-RED waits', () => {
    const drain = (drainTimeout: unknown, closeLimit: number): unknown =>
      read({ drainTimeout }, { closeLimit }).options.drainTimeout;
    assert.equal(drain(8, 15_000), 8);
    assert.equal(drain('60', 15_000), 12);
    assert.equal(drain('', 5000), 2);
    assert.equal(drain(8, 1000), 0);
    assert.equal(drain('soon', 15_000), 'soon');
  });
});

describe('an smpp-config node', () => {
  useHelper();
  let centre: Centre;
  beforeEach(async () => {
    centre = await Centre.start({ systemId: 'naz', password: 'secret' });
  });
  afterEach(() => centre.smsc.stop());

  const credentials = (values: object): object => ({ [centre.id]: values });
  const catcher = [
    { id: 'catch', type: 'catch', wires: [['caught']] },
    { id: 'caught', type: 'helper' },
  ];

  it('binds with its credentials, and its nodes show it', async () => {
    await load(
      centre.flow([centre.out(), centre.in()]),
      credentials({ systemId: 'naz', password: 'secret' }),
    );
    await until(() => centre.smsc.sessions[0]?.system_id === 'naz', 'the session');
    for (const id of ['out', 'in']) {
      await until(() => statuses(id).at(-1)?.text === 'smpp-config.status.bound', 'the status "bound"');
      assert.deepEqual(statuses(id).at(-1), {
        fill: 'green',
        shape: 'dot',
        text: 'smpp-config.status.bound',
      });
    }
  });

  it('binds with secrets from the environment that end in a line end', async () => {
    process.env.SMPP_TEST_ID = 'naz\n';
    process.env.SMPP_TEST_PASSWORD = 'secret\r\n';
    try {
      await load(
        centre.flow([centre.out()], { logLevel: 'debug' }),
        credentials({ systemId: '${SMPP_TEST_ID}', password: '${SMPP_TEST_PASSWORD}' }),
      );
      await until(() => centre.smsc.sessions[0]?.system_id === 'naz', 'the session');
      const told = logged('DEBUG', centre.id).filter((line) => line.includes('line end'));
      assert.deepEqual(told.map((line) => line.split(':')[0]).sort(), ['password', 'systemId']);
    } finally {
      delete process.env.SMPP_TEST_ID;
      delete process.env.SMPP_TEST_PASSWORD;
    }
  });

  it('shows why its bind is refused, says so in the log, and tries again', async () => {
    await load(
      centre.flow([centre.out()], { reconnectMax: 0.1 }),
      credentials({ systemId: 'naz', password: 'wrong' }),
    );
    await until(() => statuses('out').at(-1)?.text === 'smpp-config.status.ESME_RINVPASWD', 'the status');
    assert.equal(statuses('out').at(-1)?.fill, 'red');
    await until(() => logged('WARN', centre.id).length >= 2, 'another try');
    assert.match(logged('WARN', centre.id)[0] ?? '', /ESME_RINVPASWD/);
  });

  it('says all that is wrong with it at once, and its users say so too', async () => {
    const config = { port: 'x', windowSize: 0, host: '${NO_SUCH_HOST_OF_TEST}' };
    await load(centre.flow([centre.out(), centre.in(), ...catcher], config));
    const errors = logged('ERROR', centre.id);
    assert.equal(errors.length, 1);
    assert.match(
      errors[0] ?? '',
      /environment variable NO_SUCH_HOST_OF_TEST is not set \(host\).*port.*windowSize/,
    );
    for (const id of ['out', 'in']) {
      assert.deepEqual(statuses(id).at(-1), { fill: 'red', shape: 'ring', text: 'smpp-config.status.error' });
    }
    const failed = new Inbox('caught');
    helper.getNode('out').receive({ payload: 'x', topic: '447700900123' });
    assert.equal(((await failed.next()).error as { code: string }).code, 'INVALID_CONFIG');
  });

  it('refuses a clientId that another one has, and names that one', async () => {
    const other = { ...centre.config({ name: 'Second', clientId: 'same' }), id: `${centre.id}-other` };
    await load([...centre.flow([], { name: 'First', clientId: 'same' }), other]);
    assert.match(logged('ERROR', other.id).join(), /clientId.*"First" has this clientId already/);
    assert.deepEqual(logged('ERROR', centre.id), []);
  });

  it('is missed by its users where it is not there', async () => {
    await load(centre.flow([centre.out({ connection: 'gone' }), centre.in({ connection: '' }), ...catcher]));
    assert.match(logged('ERROR', 'out').join(), /connection does not exist or is disabled/);
    assert.match(logged('ERROR', 'in').join(), /no connection is chosen/);
    const failed = new Inbox('caught');
    helper.getNode('out').receive({ payload: 'x', topic: '1' });
    assert.match(((await failed.next()).error as { message: string }).message, /does not exist/);
  });

  it('that is a pair binds twice, each half with its own credentials, and shows which one is there', async () => {
    const receiver = await Centre.start({ systemId: 'ears', password: 'shh' });
    const pair = { bindType: 'pair', receiverPort: receiver.smsc.port };
    await load(
      centre.flow([centre.out()], pair),
      credentials({ systemId: 'naz', password: 'secret', receiverSystemId: 'ears', receiverPassword: 'shh' }),
    );
    const shows = (text: string): Promise<void> =>
      until(() => statuses('out').at(-1)?.text === `smpp-config.status.${text}`, text);
    await shows('bound');
    assert.deepEqual(
      [...centre.smsc.sessions, ...receiver.smsc.sessions].map(({ bind_type }) => bind_type),
      ['transmitter', 'receiver'],
    );
    await receiver.smsc.stop();
    await shows('tx only');
  });

  it('that fails over and has several sessions shows how many there are', async () => {
    let binds = 0;
    centre.smsc.on('bind', () => binds++);
    const dead = await Centre.start();
    await dead.smsc.stop();
    const failover = [{ host: '127.0.0.1', port: centre.smsc.port }];
    await load(
      centre.flow([centre.out()], { port: dead.smsc.port, failover, sessions: '2' }),
      credentials({ systemId: 'naz', password: 'secret' }),
    );
    await until(() => binds === 2, 'both sessions');
    await until(() => statuses('out').at(-1)?.text === 'smpp-config.status.bound', 'bound');
  });

  it('says in one error what cannot be about its sessions', async () => {
    const config = { sessions: 0, failover: [{ host: 'b', port: 99_999 }], receiverHost: 'c' };
    await load(centre.flow([centre.out()], config));
    const [error = ''] = logged('ERROR', centre.id);
    assert.match(
      error,
      /sessions \(0\): .*failover .*entry 1: port \(99999\).*receiverHost .*choose bindType pair/,
    );
  });

  it('does not connect by itself if asked not to', async () => {
    await load(
      centre.flow([centre.out()], { autoConnect: 'false' }),
      credentials({ systemId: 'naz', password: 'secret' }),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(centre.smsc.sessions.length, 0);
    assert.equal(statuses('out').at(-1)?.text, 'smpp-config.status.disconnected');
  });

  it('says what is wrong with an smpp-out node, all at once', async () => {
    await load(
      centre.flow([
        centre.out({ command: 'submit', completeWhen: 'soon', deliveredTimeout: '${NO_SUCH_WAIT}' }),
      ]),
    );
    const [text = ''] = logged('ERROR', 'out');
    assert.match(text, /command \("submit"\): give one of submit_sm/);
    assert.match(text, /completeWhen \("soon"\): give one of accepted, queued, delivered/);
    assert.match(text, /environment variable NO_SUCH_WAIT is not set \(deliveredTimeout\)/);
  });
});
