import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { ConfigError, SmppClient, findProblems, type SmppClientOptions } from '../../../src/index';
import { isLocal } from '../../../src/client/config/tls';
import { Smsc, SmscConfigError, type SmscOptions } from '../../../src/simulator';
import { identity, pem } from '../../support/tls';
import { until } from '../../support/until';

const CA = { ca: pem('ca.cert') };
const CLIENT = { cert: pem('client.cert'), key: pem('client.key') };

describe('TLS', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const centre = async (tls: SmscOptions['tls'] | 'none' = identity()): Promise<Smsc> => {
    const smsc = new Smsc({ receiptDelay: 0, ...(tls === 'none' ? {} : { tls }) });
    ends.push(() => smsc.stop());
    await smsc.start();
    return smsc;
  };
  const client = (port: number, options: SmppClientOptions = {}) => {
    const lines: Record<string, unknown>[] = [];
    const made = new SmppClient({
      host: 'localhost',
      port,
      useTls: true,
      tls: CA,
      log: (line) => lines.push(line),
      ...options,
    });
    ends.push(() => made.stop());
    return { client: made, lines };
  };
  const failure = async (
    tls: SmscOptions['tls'] | 'none',
    options: SmppClientOptions = {},
  ): Promise<{ code: string; message: string }> => {
    const smsc = await centre(tls);
    const { client: one } = client(smsc.port, options);
    const error: unknown = await one.start({ failFast: true }).catch((cause: unknown) => cause);
    assert.equal(one.state, 'disconnected');
    return error as { code: string; message: string };
  };

  it('carries messages and receipts, with the certificate of the SMSC verified by the CA', async () => {
    const smsc = await centre();
    const { client: one } = client(smsc.port);
    await one.start({ failFast: true });
    const outcome = await one.send({ destination_addr: '491510001', short_message: 'safe' });
    assert.equal(outcome.command_status, 'ESME_ROK');
  });

  it('shows a client certificate where the SMSC wants one, also with a passphrase', async () => {
    const wanting = { ...identity(), ...CA, requestCert: true, rejectUnauthorized: true };
    for (const own of [CLIENT, { ...CLIENT, key: pem('client.locked.key'), passphrase: 'secret' }]) {
      const smsc = await centre(wanting);
      await client(smsc.port, { tls: { ...CA, ...own } }).client.start({ failFast: true });
    }
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const error = await failure({ ...wanting, maxVersion });
      assert.equal(error.code, 'TLS_FAILED');
      assert.match(error.message, /the SMSC .*wants a client certificate.*give one \(cert, key\)/);
    }
  });

  it('takes the server name of the TLS configuration instead of the host', async () => {
    const smsc = await centre(identity('elsewhere'));
    const named = { ...CA, servername: 'smsc.example' };
    await client(smsc.port, { tls: named }).client.start({ failFast: true });
    await client(smsc.port, { tls: named, host: '127.0.0.1' }).client.start({ failFast: true });
  });

  for (const [what, tls, options, expected] of [
    ['of an unknown CA', identity(), { tls: {} }, /signed by an unknown CA.*give the CA \(ca\)/],
    ['that is self-signed', identity('self-signed'), {}, /is self-signed.*give it as CA \(ca\)/],
    ['that has expired', identity('expired'), {}, /has expired.*carrier has to renew it/],
    [
      'for another name',
      identity('elsewhere'),
      {},
      /for another name.*check host, or set the server name.*it has DNS:smsc\.example/,
    ],
    [
      'unless verification is switched off with undefined',
      identity(),
      { tls: { rejectUnauthorized: undefined } },
      /unknown CA/,
    ],
  ] as [string, SmscOptions['tls'], SmppClientOptions, RegExp][]) {
    it(`does not take a certificate ${what}, and says what to do`, async () => {
      const error = await failure(tls, options);
      assert.equal(error.code, 'TLS_FAILED');
      assert.match(error.message, /no TLS with (localhost|127\.0\.0\.1|::1):\d+: /);
      assert.match(error.message, expected);
    });
  }

  it('takes a certificate unseen where verification is off, and warns of it once', async () => {
    const smsc = await centre(identity('expired'));
    const { client: one, lines } = client(smsc.port, { tls: { rejectUnauthorized: false } });
    await one.start({ failFast: true });
    await one.disconnect();
    await one.connect();
    assert.equal(
      lines.filter(({ msg }) => /not verified.*switch verification on/.test(String(msg))).length,
      1,
    );
  });

  it('says so where the port does not speak TLS, speaks another version, or closes', async () => {
    const plain = await failure('none');
    assert.equal(plain.code, 'TLS_FAILED');
    const old = await failure(
      { ...identity(), minVersion: 'TLSv1.3' },
      { tls: { ...CA, maxVersion: 'TLSv1.2' } },
    );
    assert.match(old.message, /another version of TLS/);
    const chatty = createServer((socket) => socket.on('error', () => undefined).end('not TLS at all'));
    await new Promise<void>((resolve) => chatty.listen(0, '127.0.0.1', resolve));
    ends.push(async () => chatty.close());
    const { client: one } = client((chatty.address() as AddressInfo).port, { host: '127.0.0.1' });
    await assert.rejects(one.start({ failFast: true }), {
      code: 'TLS_FAILED',
      message: /does not speak TLS/,
    });
  });

  it('does not wait for ever for a handshake', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    ends.push(async () => silent.close());
    const { client: one } = client((silent.address() as AddressInfo).port, {
      host: '127.0.0.1',
      connectTimeout: 0.1,
    });
    await assert.rejects(one.start({ failFast: true }), { code: 'CONNECT_TIMEOUT' });
  });

  it('keeps trying, and binds when the SMSC has the right certificate', async () => {
    let options = identity('expired');
    const wrong = await centre(options);
    const { port } = wrong;
    const { client: one, lines } = client(port, { reconnectMin: 0.05, reconnectMax: 0.1 });
    const started = one.start();
    await until(() => JSON.stringify(lines).includes('has expired'));
    await wrong.stop();
    options = identity();
    const right = new Smsc({ tls: options, port });
    ends.push(() => right.stop());
    await right.start();
    await started;
    assert.equal(one.state, 'bound');
  });

  it('tells a plain text client of the simulator nothing, and lives', async () => {
    const smsc = await centre();
    const { client: plain } = client(smsc.port, { useTls: false });
    await assert.rejects(plain.start({ failFast: true }));
    await client(smsc.port).client.start({ failFast: true });
  });

  it('warns once that a host which is not local is reached in plain text', async () => {
    const { client: one, lines } = client(1, {
      host: 'smsc.example.com',
      useTls: false,
      connectTimeout: 0.05,
    });
    await assert.rejects(one.start({ failFast: true }));
    await assert.rejects(one.start({ failFast: true }));
    const warnings = lines.filter(({ msg }) => String(msg).startsWith('no TLS to smsc.example.com'));
    assert.deepEqual(
      warnings.map(({ level }) => level),
      ['warn'],
    );
    const local = await (async () => {
      const smsc = new Smsc({});
      ends.push(() => smsc.stop());
      await smsc.start();
      return client(smsc.port, { useTls: false });
    })();
    await local.client.start({ failFast: true });
    assert.doesNotMatch(JSON.stringify(local.lines), /no TLS to/);
  });

  it('knows which hosts are local', () => {
    const local = [
      'localhost',
      '127.0.0.1',
      '::1',
      '10.1.2.3',
      '172.20.0.1',
      '192.168.1.1',
      'fd00::1',
      'smsc',
      'smsc.lan',
    ];
    const abroad = ['smsc.example.com', '8.8.8.8', '172.32.0.1', '2001:db8::1', '100.64.0.1.example'];
    assert.deepEqual(
      local.filter((host) => !isLocal(host)),
      [],
    );
    assert.deepEqual(abroad.filter(isLocal), []);
  });

  it('certificates and keys are checked before anything is connected', () => {
    const good = { ...CA, ...CLIENT };
    const wrong = (tls: object): [string, string][] =>
      findProblems({ useTls: true, tls }).map(({ field, remedy }) => [field, remedy]);
    assert.deepEqual(wrong(good), []);
    assert.deepEqual(wrong({ ...good, ca: [pem('ca.cert'), Buffer.from(pem('self-signed.cert'))] }), []);
    assert.deepEqual(wrong({ ...good, ca: `${pem('ca.cert')}\n${pem('server.cert')}` }), []);
    assert.deepEqual(wrong({ ...good, ca: new Uint8Array(Buffer.from(pem('ca.cert'))) }), []);
    const locked = [{ pem: pem('client.locked.key'), passphrase: 'secret' }];
    assert.deepEqual(wrong({ cert: CLIENT.cert, key: locked }), []);
    const cases: [object, string, RegExp][] = [
      [{ ca: 'my certificate' }, 'tls.ca', /no certificate in PEM form/],
      [{ ca: '  ' }, 'tls.ca', /empty/],
      [{ ca: pem('client.key') }, 'tls.ca', /a private key, not a certificate; are the two mixed up/],
      [{ ca: pem('ca.cert').replace(/\n.{30}/, '\n') }, 'tls.ca', /damaged/],
      [{ ca: pem('ca.cert').slice(0, -30) }, 'tls.ca', /has no end; copy it whole/],
      [{ ...CLIENT, cert: Buffer.from('3082', 'hex') }, 'tls.cert', /binary form \(DER\); convert it/],
      [{ ...CLIENT, key: pem('client.cert') }, 'tls.key', /a certificate, not a private key/],
      [
        { ...CLIENT, key: pem('server.key') },
        'tls.key',
        /does not belong to the certificate of "our account"/,
      ],
      [{ ...CLIENT, key: pem('client.key').replace(/[A-Z]{3}/, '!!!') }, 'tls.key', /damaged|no private key/],
      [{ cert: CLIENT.cert }, 'tls.key', /not its private key/],
      [{ key: CLIENT.key }, 'tls.cert', /not its certificate/],
      [{ ...CLIENT, key: pem('client.locked.key') }, 'tls.passphrase', /locked by a passphrase; give it/],
      [
        { ...CLIENT, key: pem('client.locked.key'), passphrase: 'wrong' },
        'tls.passphrase',
        /does not unlock the private key/,
      ],
      [{ minVersion: 'TLSv9' }, 'tls', /cannot be used/],
    ];
    for (const [tls, field, remedy] of cases) {
      const [problem] = wrong(tls);
      assert.equal(problem?.[0], field, String(remedy));
      assert.match(problem[1], remedy);
    }
    assert.deepEqual(findProblems({ useTls: false, tls: { ca: 'no matter' } }), []);
  });

  it('what is said of them has nothing of a key in it', () => {
    const secret = 'MIGHAgEAMBMGByqGSM49';
    const options = {
      useTls: true,
      tls: { ...CLIENT, key: `-----BEGIN PRIVATE KEY-----\n${secret}\n`, passphrase: 'hush' },
    };
    assert.throws(
      () => new SmppClient(options),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /^tls\.key: /);
        assert.doesNotMatch(error.message, /MIGH|hush/);
        return true;
      },
    );
  });

  it('certificates of our own that have expired or soon will are warned of', async () => {
    const smsc = await centre();
    const own = { cert: pem('expired.cert'), key: pem('server.key') };
    const { client: one, lines } = client(smsc.port, { tls: { ...CA, ...own } });
    await one.start({ failFast: true });
    assert.match(
      JSON.stringify(lines),
      /certificate \(cert\) of ..localhost.. expired on 2021-01-01; get a new one/,
    );
  });

  it('the simulator names what is wrong with its own', () => {
    const problemsOf = (tls: object): string => {
      try {
        new Smsc({ tls });
        return '';
      } catch (error) {
        assert.ok(error instanceof SmscConfigError);
        return error.message;
      }
    };
    assert.equal(problemsOf(identity()), '');
    assert.match(problemsOf({}), /tls: give key and cert/);
    assert.match(problemsOf({ ...identity(), key: 'x' }), /tls\.key: this is no private key in PEM form/);
  });

  it('a server that resets in the middle of a session is a lost link, not a fault', async () => {
    const server = createTlsServer(identity(), (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(async () => server.close());
    const { client: one } = client((server.address() as AddressInfo).port);
    await assert.rejects(one.start({ failFast: true }), { code: 'BIND_FAILED' });
  });
});
