import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { PassThrough, type Readable } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { Interruption } from '../../src/cli/exit-codes';
import { PduFramer, decodePdu, encodePdu, isResponse, type Pdu, type PduInput } from '../../src/protocol';
import { Smsc, type SmscOptions } from '../../src/simulator';
import { smpp as runSmpp, type Around, type Said } from '../support/shell';
import { identity, pemFile } from '../support/tls';
import { until } from '../support/until';

const PASSWORD = 'hunter2';
const to = ['--to', '35799000001', '--from', 'Shop', '--yes', '--receipt-wait', '5'];

/** Times are short: nothing here is far away. */
const quick = ['--bind-timeout', '2', '--connect-timeout', '2', '--response-timeout', '2'];

interface Step {
  readonly step: string;
  readonly outcome: string;
  readonly text: string;
  readonly remedy?: string;
  readonly duration: number;
}

interface Examined extends Said {
  readonly steps: ReadonlyMap<string, Step>;
  readonly configuration: Readonly<Record<string, unknown>> | undefined;
}

async function examine(port: number, words: readonly string[] = [], options: Around = {}): Promise<Examined> {
  const line = [
    'doctor',
    '--json',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--system-id',
    'esme',
    ...quick,
    ...words,
  ];
  const ran = await runSmpp(line, { ...options, env: { SMPP_PASSWORD: PASSWORD, ...options.env } });
  const rows = ran.stdout
    .trimEnd()
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => JSON.parse(row) as Step & { configuration?: Record<string, unknown> });
  assert(!(ran.stdout + ran.stderr).includes(PASSWORD), 'the password is shown');
  const steps = new Map(rows.filter(({ step }) => step).map((row) => [row.step, row]));
  return { ...ran, steps, configuration: rows.at(-1)?.configuration };
}

function assertStep(
  { steps, stdout, stderr }: Examined,
  name: string,
  outcome: string,
  text: RegExp,
  remedy?: RegExp,
): void {
  const step = steps.get(name);
  assert(step, `${name}: ${stdout}${stderr}`);
  assert.equal(step.outcome, outcome, JSON.stringify(step));
  assert.match(step.text, text);
  if (remedy) assert.match(step.remedy ?? '', remedy);
}

async function withServer<T>(server: Server, work: (port: number) => Promise<T>): Promise<T> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work((server.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function withSmsc<T>(options: SmscOptions, work: (port: number, smsc: Smsc) => Promise<T>): Promise<T> {
  const smsc = new Smsc(options);
  const { port } = await smsc.start();
  try {
    return await work(port, smsc);
  } finally {
    await smsc.stop();
  }
}

/** What an SMSC of a test answers; undefined: ESME_ROK. `outstanding`: requests that wait, this one included. */
type Answering = (pdu: Pdu, outstanding: number) => Partial<PduInput> | undefined;

/** An SMSC that is wrong in a way that the simulator is not. Answers after some milliseconds, so that requests meet. */
function wrongSmsc(answer: Answering, seen: Pdu[] = []): Server {
  return createServer((socket) => {
    const framer = new PduFramer();
    let outstanding = 0;
    socket.on('data', (chunk) => {
      for (const octets of framed(framer, chunk, socket)) {
        const pdu = decodePdu(Buffer.from(octets));
        seen.push(pdu);
        if (isResponse(pdu.command_id)) continue;
        outstanding++;
        const fields = answer(pdu, outstanding) ?? {};
        setTimeout(() => {
          outstanding--;
          const { sequence_number } = pdu;
          const id =
            pdu.command === 'submit_sm' && !('command_status' in fields)
              ? { message_id: String(seen.length) }
              : {};
          socket.write(
            encodePdu({ command: `${pdu.command}_resp`, ...id, ...fields, sequence_number } as PduInput),
          );
        }, 3);
      }
    });
  });
}

/** A terminal on which these lines are typed. */
function typed(...lines: readonly string[]): Readable {
  const terminal = Object.assign(new PassThrough(), { isTTY: true });
  terminal.write(lines.map((line) => `${line}\n`).join(''));
  return terminal;
}

/** Who does not speak SMPP is hung up on. */
function framed(framer: PduFramer, chunk: Buffer, socket: Socket): Buffer[] {
  try {
    return [...framer.push(chunk)];
  } catch {
    socket.destroy();
    return [];
  }
}

const refused = (command_status: string): Partial<PduInput> => ({ command_status }) as Partial<PduInput>;

describe('smpp doctor', function () {
  this.timeout(60_000);

  it('finds all well at an SMSC where all is well, and prints the configuration', async () => {
    await withSmsc({ receiptDelay: 0.01 }, async (port) => {
      const examined = await examine(port, [...to, '--from-screen', '@£$_ ñ€ {}']);
      assert.equal(examined.code, 0, examined.stdout);
      for (const [name, step] of examined.steps)
        assert(['ok', 'skipped'].includes(step.outcome), `${name}: ${step.text}`);
      assertStep(
        examined,
        'bind',
        'ok',
        /bound as transceiver; the SMSC is "simulator" and speaks SMPP 5\.0/,
      );
      assertStep(examined, 'receipts', 'ok', /came, DELIVRD; message_id as in the response/);
      assertStep(examined, 'default alphabet', 'ok', /gsm0338/);
      assert.deepEqual(examined.configuration, {
        ...{ host: '127.0.0.1', port, useTls: false, systemId: 'esme' },
        ...{ bindType: 'transceiver', interfaceVersion: '3.4' },
      });
    });
  });

  it('sends nothing without --to', async () => {
    const seen: Pdu[] = [];
    await withServer(
      wrongSmsc(() => undefined, seen),
      (port) => examine(port),
    );
    assert.deepEqual(
      [...new Set(seen.map(({ command }) => command))],
      ['bind_transceiver', 'enquire_link', 'unbind'],
    );
  });

  it('sends at most ten messages, and says so before', async () => {
    await withSmsc({}, async (port, smsc) => {
      let submits = 0;
      smsc.on('submit', () => submits++);
      await examine(port, [...to, '--all-methods', '--receipt-wait', '0']);
      assert(submits > 5 && submits <= 10, String(submits));
      submits = 0;
      const declined = await examine(
        port,
        to.filter((word) => word !== '--yes'),
        { stdin: typed('no') },
      );
      assert.match(declined.stderr, /up to 10 messages to 35799000001; the operator charges each/);
      assertStep(declined, 'messages', 'skipped', /not sent/);
      assert.equal(submits, 0);
      const blind = await examine(
        port,
        to.filter((word) => word !== '--yes'),
      );
      assert.equal(blind.code, 2);
      assert.match(blind.stderr, /give --yes where there is no terminal/);
    });
  });

  it('asks on a terminal what the phone shows', async () => {
    await withSmsc({}, async (port) => {
      const examined = await examine(
        port,
        [...to.filter((word) => word !== '--yes'), '--receipt-wait', '0'],
        {
          stdin: typed('y', ''),
        },
      );
      assertStep(examined, 'default alphabet', 'ok', /data_coding 0 is gsm0338/);
    });
  });

  describe('names what is wrong where', () => {
    it('a host name is not known', async () => {
      const examined = await examine(2775, ['--host', 'no-such-host.invalid']);
      assert.equal(examined.code, 4);
      assertStep(examined, 'resolve', 'failed', /no-such-host\.invalid/, /check host/);
    });

    it('nothing listens', async () => {
      const port = await withServer(createServer(), (one) => Promise.resolve(one));
      const examined = await examine(port);
      assert.equal(examined.code, 4);
      assertStep(
        examined,
        'connect',
        'failed',
        /nothing listens there \(ECONNREFUSED\)/,
        /check host and port/,
      );
    });

    it('TLS is expected and not spoken', async () => {
      await withServer(createTlsServer(identity()), async (port) => {
        const examined = await examine(port);
        assert.equal(examined.code, 4);
        assertStep(examined, 'bind', 'failed', /speaks TLS, and was spoken to without/, /switch TLS on/);
      });
    });

    it('TLS is spoken and not expected, without showing the password', async () => {
      const seen: Pdu[] = [];
      await withServer(
        wrongSmsc(() => undefined, seen),
        async (port) => {
          const examined = await examine(port, ['--use-tls']);
          assert.equal(examined.code, 4);
          assertStep(examined, 'tls', 'failed', /speaks SMPP without TLS/, /switch TLS off/);
        },
      );
      assert(!seen.some(({ command }) => command.startsWith('bind')));
    });

    it('the certificate is of a CA that is not known, has expired, or is for another name', async () => {
      const cases: [name: string, words: string[], text: RegExp, remedy: RegExp][] = [
        ['server', [], /unknown CA.*certificate is for localhost/, /--tls-ca/],
        ['expired', ['--tls-ca', pemFile('ca.cert')], /expired/, /renew/],
        ['elsewhere', ['--tls-ca', pemFile('ca.cert')], /for another name/, /set host, or servername/],
      ];
      for (const [name, words, text, remedy] of cases) {
        await withServer(createTlsServer(identity(name)), async (port) => {
          const examined = await examine(port, ['--use-tls', '--host', 'localhost', ...words]);
          assert.equal(examined.code, 4, name);
          assertStep(examined, 'tls', 'failed', text, remedy);
        });
      }
    });

    it('nothing with TLS: version, cipher, names and expiry are told', async () => {
      await withSmsc({ tls: identity() }, async (port) => {
        const examined = await examine(port, [
          '--use-tls',
          '--host',
          'localhost',
          '--tls-ca',
          pemFile('ca.cert'),
        ]);
        assert.equal(examined.code, 0, examined.stdout);
        assertStep(
          examined,
          'tls',
          'ok',
          /TLSv1\.3, TLS_\w+; certificate for localhost.*, valid until \d{4}-/,
        );
      });
    });

    it('the password is wrong', async () => {
      await withSmsc({ systemId: 'esme', password: 'other' }, async (port) => {
        const examined = await examine(port);
        assert.equal(examined.code, 4);
        assertStep(examined, 'bind', 'failed', /ESME_R(INVPASWD|BINDFAIL): /, /password/);
      });
    });

    it('the account may only bind as transmitter and receiver', async () => {
      const answer: Answering = ({ command }) =>
        command === 'bind_transceiver' ? refused('ESME_RBINDFAIL') : undefined;
      await withServer(wrongSmsc(answer), async (port) => {
        const examined = await examine(port);
        assert.equal(examined.code, 4);
        assertStep(examined, 'bind', 'failed', /ESME_RBINDFAIL/);
        assertStep(
          examined,
          'bind types',
          'ok',
          /transmitter: ESME_ROK, receiver: ESME_ROK/,
          /bindType: pair/,
        );
      });
    });

    it('a second session is not allowed', async () => {
      let bound = 0;
      const answer: Answering = ({ command }) => {
        if (command === 'unbind') bound--;
        if (!command.startsWith('bind')) return undefined;
        return bound++ > 0 ? refused('ESME_RALYBND') : undefined;
      };
      await withServer(wrongSmsc(answer), async (port) => {
        assertStep(await examine(port, ['--binds']), 'second bind', 'warning', /ESME_RALYBND/, /sessions: 1/);
      });
    });

    it('only TON 1 and NPI 1 are accepted', async () => {
      const answer: Answering = (pdu) => {
        if (pdu.command !== 'submit_sm') return undefined;
        if (pdu.dest_addr_ton !== 1) return refused('ESME_RINVDSTTON');
        return pdu.dest_addr_npi === 1 ? undefined : refused('ESME_RINVDSTNPI');
      };
      await withServer(wrongSmsc(answer), async (port) => {
        const words = [...to, '--destination-ton', '2', '--destination-npi', '8', '--receipt-wait', '0'];
        const examined = await examine(port, words);
        assertStep(
          examined,
          'TON and NPI',
          'ok',
          /destination ton 1 npi 1; refused before: .*ton 2 npi 8: ESME_RINVDSTTON/,
        );
        assert.equal(examined.configuration?.['destinationTon'], 1);
        assert.equal(examined.configuration['destinationNpi'], 1);
      });
    });

    it('no sender is accepted but the own of the SMSC', async () => {
      const answer: Answering = (pdu) =>
        pdu.command === 'submit_sm' && pdu.source_addr !== '' ? refused('ESME_RINVSRCADR') : undefined;
      await withServer(wrongSmsc(answer), async (port) => {
        assertStep(
          await examine(port, [...to, '--receipt-wait', '0']),
          'TON and NPI',
          'ok',
          /only without a sender/,
        );
      });
    });

    it('ids are hexadecimal in responses and decimal in receipts', async () => {
      await withSmsc(
        { receiptDelay: 0.01, rules: [{ type: 'ids', response: 'hex', receipt: 'decimal' }] },
        async (port) => {
          const examined = await examine(port, to);
          assertStep(examined, 'receipts', 'ok', /otherwise than in the response \(hex to decimal\)/);
          assert.equal(examined.configuration?.['responseIdFormat'], 'hex');
          assert.equal(examined.configuration['receiptIdFormat'], 'decimal');
        },
      );
    });

    it('a user data header is refused and message_payload accepted', async () => {
      const answer: Answering = (pdu) =>
        pdu.command === 'submit_sm' && (pdu.esm_class & 0x40) !== 0
          ? refused('ESME_RINVESMCLASS')
          : undefined;
      await withServer(wrongSmsc(answer), async (port) => {
        const examined = await examine(port, [...to, '--receipt-wait', '0']);
        assertStep(examined, 'long messages', 'ok', /accepted: payload; refused: udh8: ESME_RINVESMCLASS/);
        assert.deepEqual(examined.configuration?.['defaults'], { long_messages: 'payload' });
      });
    });

    it('more than one message at once is throttled', async () => {
      const answer: Answering = ({ command }, outstanding) =>
        command === 'submit_sm' && outstanding > 1 ? refused('ESME_RTHROTTLED') : undefined;
      await withServer(wrongSmsc(answer), async (port) => {
        const examined = await examine(port, [...to, '--receipt-wait', '0']);
        assertStep(
          examined,
          'two at once',
          'warning',
          /ESME_RTHROTTLED.*one by one they are accepted/,
          /windowSize: 1/,
        );
        assert.equal(examined.configuration?.['windowSize'], 1);
      });
    });

    it('more than one request at once is throttled, found without a message', async () => {
      const answer: Answering = (_, outstanding) =>
        outstanding > 1 ? refused('ESME_RTHROTTLED') : undefined;
      await withServer(wrongSmsc(answer), async (port) => {
        const examined = await examine(port);
        assertStep(
          examined,
          'window',
          'warning',
          /1 at once: .*with 2 at once it answers ESME_RTHROTTLED/,
          /windowSize: 1/,
        );
        assert.equal(examined.configuration?.['windowSize'], 1);
      });
    });

    it('the SMSC never answers', async () => {
      await withServer(createServer(), async (port) => {
        const examined = await examine(port);
        assert.equal(examined.code, 4);
        assertStep(
          examined,
          'bind',
          'failed',
          /accepts the connection, but does not answer the bind within 2 s/,
          /check port/,
        );
      });
    });

    it('it is no SMSC but a web server', async () => {
      await withServer(createHttpServer(), async (port) => {
        const examined = await examine(port);
        assert.equal(examined.code, 4);
        assertStep(
          examined,
          'bind',
          'failed',
          /does not speak SMPP: it says "HTTP\/1\.1 400 Bad Request"/,
          /another service/,
        );
      });
    });

    it('it closes the connection at once', async () => {
      const server = createServer((socket) => socket.destroy());
      await withServer(server, async (port) => {
        const examined = await examine(port);
        assert.equal(examined.code, 4);
        assertStep(
          examined,
          'bind',
          'failed',
          /closed the connection in place of an answer/,
          /address that you come from is not allowed/,
        );
      });
    });

    it('the configuration itself is wrong: all of it is listed', async () => {
      const ran = await runSmpp(['doctor', '--port', '99999', '--bind-type', 'both']);
      assert.equal(ran.code, 3);
      assert.match(ran.stderr, /port/);
      assert.match(ran.stderr, /bindType/);
    });
  });

  it('puts messages for others off, so that none is lost', async () => {
    const answers: Pdu[] = [];
    const seen: Pdu[] = [];
    const server = wrongSmsc(() => undefined, seen);
    server.on('connection', (socket: Socket) => {
      setTimeout(() => {
        const message = {
          command: 'deliver_sm',
          sequence_number: 77,
          source_addr: '35799',
          short_message: Buffer.from('hi'),
        } as const;
        if (!socket.destroyed) socket.write(encodePdu(message));
      }, 20);
    });
    await withServer(server, async (port) => {
      const examined = await examine(port, [...to, '--receipt-wait', '1']);
      answers.push(...seen.filter(({ command }) => command === 'deliver_sm_resp'));
      assert.match(examined.stderr, /1 messages? for others (was|were) put off/);
    });
    assert.equal(answers[0]?.command_status, 0x64);
  });

  it('ends with an unbind when it is interrupted, whatever it waits for', async () => {
    const seen: Pdu[] = [];
    await withServer(
      wrongSmsc(() => undefined, seen),
      async (port) => {
        const ending = new AbortController();
        const running = examine(port, [...to, '--receipt-wait', '600'], { signal: ending.signal });
        await until(() => seen.filter(({ command }) => command === 'submit_sm').length >= 5);
        ending.abort(new Interruption('SIGINT'));
        assert.equal((await running).code, 130);
        await until(() => seen.some(({ command }) => command === 'unbind'));
      },
    );
  });

  it('speaks to people with signs, durations and remedies', async () => {
    await withSmsc({ systemId: 'esme', password: 'other' }, async (port) => {
      const words = ['doctor', '--port', String(port), '--system-id', 'esme', ...quick];
      const { stdout } = await runSmpp(words, { env: { SMPP_PASSWORD: PASSWORD } });
      assert.match(stdout, /^✓ resolve +\d+ ms {2}127\.0\.0\.1 is an address$/m);
      assert.match(stdout, /^– tls +not used/m);
      assert.match(stdout, /^✗ bind +\d+ ms {2}refused: ESME_R\w+: .*\n +→ /m);
    });
  });
});
