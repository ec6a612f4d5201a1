import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CaptureError } from '../../src/cli/pcap';
import { encodePdu } from '../../src/protocol';
import { ACK, LINKS, START, SYN, pcap, pcapng, readAll, type Sent } from '../support/capture';
import { buffers, pdus } from '../support/pdus';
import { rounds } from '../support/rounds';

const ESME = { from: '10.0.0.1', to: '10.0.0.2', ports: [40_000, 2775] } as const;
const SMSC = { from: '10.0.0.2', to: '10.0.0.1', ports: [2775, 40_000] } as const;

const bind = encodePdu({
  command: 'bind_transceiver',
  system_id: 'esme',
  password: 'secret',
  sequence_number: 1,
});
const bound = encodePdu({ command: 'bind_transceiver_resp', system_id: 'smsc', sequence_number: 1 });
const submit = encodePdu({
  ...{ command: 'submit_sm', sequence_number: 2, destination_addr: '35799000001' },
  short_message: Buffer.from('hello'),
});
const submitted = encodePdu({ command: 'submit_sm_resp', message_id: '42', sequence_number: 2 });

/** A conversation whose segments have one PDU each. */
const exchange: Sent[] = [
  { ...ESME, sequence: 99, flags: SYN, payload: Buffer.alloc(0) },
  { ...SMSC, sequence: 499, flags: SYN | ACK, acknowledged: 100, payload: Buffer.alloc(0) },
  { ...ESME, sequence: 100, acknowledged: 500, payload: bind },
  { ...SMSC, sequence: 500, acknowledged: 100 + bind.length, payload: bound },
  { ...ESME, sequence: 100 + bind.length, acknowledged: 500 + bound.length, payload: submit },
  {
    ...SMSC,
    sequence: 500 + bound.length,
    acknowledged: 100 + bind.length + submit.length,
    payload: submitted,
  },
];

const hexOf = (captured: readonly { octets?: Buffer; problem?: string }[]): string[] =>
  captured.map(({ octets, problem }) => octets?.toString('hex') ?? `problem: ${problem}`);
const whole = [bind, bound, submit, submitted].map((pdu) => pdu.toString('hex'));

describe('a capture', () => {
  for (const link of Object.keys(LINKS)) {
    for (const family of ['IPv4', 'IPv6']) {
      it(`of ${link} with ${family} is read, as pcap and as pcapng`, async () => {
        const six = (text: string): string => `2001:db8:0:0:0:0:0:${text.at(-1)}`;
        const packets =
          family === 'IPv4'
            ? exchange
            : exchange.map((sent) => ({ ...sent, from: six(sent.from), to: six(sent.to) }));
        for (const file of [pcap(packets, link), pcapng(packets, link)]) {
          const { captured, summary, error } = await readAll(file);
          assert.equal(error, undefined);
          assert.deepEqual(hexOf(captured), whole);
          assert.equal(summary.connections, 1);
          assert.equal(captured[0]?.source.address, family === 'IPv4' ? '10.0.0.1' : '2001:db8::1');
          assert.deepEqual(
            captured.map(({ mark }) => mark?.time),
            [2, 3, 4, 5].map((at) => START * 1000 + at),
          );
          assert.deepEqual(
            captured.map(({ mark }) => mark?.number),
            [3, 4, 5, 6],
          );
        }
      });
    }
  }

  it('is read in either order of octets, with micro- and nanoseconds, however it is chunked', async () => {
    for (const big of [false, true]) {
      for (const nanoseconds of [false, true]) {
        for (const chunk of [1, 7, 100_000]) {
          for (const file of [
            pcap(exchange, 'Ethernet', { big, nanoseconds }),
            pcapng(exchange, 'Ethernet', { big }),
          ]) {
            const { captured, error } = await readAll(file, { chunk });
            assert.equal(error, undefined);
            assert.deepEqual(hexOf(captured), whole);
            assert.equal(captured[0]?.mark?.time, START * 1000 + 2);
          }
        }
      }
    }
  });

  it('gives every PDU once and in order, whatever the segments, their order and their repetition', async () => {
    const property = fc.asyncProperty(
      fc.array(
        pdus().map((pdu) => encodePdu({ ...pdu, command_status: 0 })),
        { minLength: 1, maxLength: 8 },
      ),
      fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 60 }),
      fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 0, max: 0xffffffff }),
      async (list, sizes, delays, start) => {
        const segments = segmented(Buffer.concat(list), sizes, start);
        // Each is late by some places, and some are sent again with more or less around them.
        const order = segments.flatMap((segment, at) => {
          const late = delays[at % delays.length] ?? 0;
          const again = late === 3 ? [{ segment, at: at + 5 }] : [];
          return [{ segment, at: at + late }, ...again];
        });
        const sorted = order.sort((one, other) => one.at - other.at).map(({ segment }) => segment);
        const syn = { ...ESME, sequence: (start - 1) >>> 0, flags: SYN, payload: Buffer.alloc(0) };
        const { captured, error } = await readAll(pcap([syn, ...sorted]), { ports: [2775] });
        assert.equal(error, undefined);
        assert.deepEqual(
          hexOf(captured),
          list.map((pdu) => pdu.toString('hex')),
        );
      },
    );
    await fc.assert(property, { numRuns: rounds(300) });
  });

  it('with octets that were not captured loses the PDUs that they are of, and says so', async () => {
    const list = Array.from({ length: 60 }, (_, at) =>
      encodePdu({ command: 'enquire_link', sequence_number: at + 1 }),
    );
    const segments = segmented(Buffer.concat(list), [24], 100);
    const lost = segments.filter((_, at) => at !== 10);
    const { captured } = await readAll(pcap([exchange[0] as Sent, ...lost]));
    const problems = captured.filter(({ problem }) => problem !== undefined);
    assert.match(problems[0]?.problem ?? '', /24 octets were not captured/);
    // Octets 240 to 263 are missing: of the PDUs 16 and 17.
    assert.equal(captured.filter(({ octets }) => octets).length, 58);
  });

  it('that kept only the beginnings of packets goes on with the next whole one', async () => {
    const long = encodePdu({
      command: 'submit_sm',
      sequence_number: 3,
      short_message: Buffer.alloc(200, 65),
    });
    const packets: Sent[] = [
      ...exchange.slice(0, 3),
      { ...ESME, sequence: 100 + bind.length, payload: long, snapped: 120 },
      { ...ESME, sequence: 100 + bind.length + long.length, payload: submit },
    ];
    const { captured } = await readAll(pcap(packets));
    assert.deepEqual(
      captured.map(({ octets, problem }) => octets?.toString('hex') ?? problem),
      [bind.toString('hex'), captured[1]?.problem, submit.toString('hex')],
    );
    assert.match(captured[1]?.problem ?? '', /were not captured/);
  });

  it('that begins in the middle of a connection finds the first PDU', async () => {
    const { captured } = await readAll(
      pcap([
        { ...ESME, sequence: 1000, payload: submit.subarray(30) },
        { ...ESME, sequence: 1000 + submit.length - 30, payload: submit },
      ]),
    );
    assert.deepEqual(
      captured.map(({ octets }) => octets?.toString('hex')),
      [undefined, submit.toString('hex')],
    );
    assert.match(captured[0]?.problem ?? '', /the beginning of a PDU is missing/);
  });

  it('of several connections, also with the same ports one after the other, keeps them apart', async () => {
    const other: Sent[] = exchange.map((sent) => ({
      ...sent,
      ports: sent.ports[0] === 2775 ? [2775, 40_001] : [40_001, 2775],
    }));
    const again: Sent[] = exchange.map((sent) => ({ ...sent, sequence: sent.sequence + 1e6 }));
    const mixed = exchange.flatMap((sent, at) => [sent, other[at] as Sent]);
    const { captured, summary } = await readAll(pcap([...mixed, ...again]));
    assert.equal(summary.connections, 3);
    for (const connection of [1, 2, 3]) {
      assert.deepEqual(hexOf(captured.filter((one) => one.connection === connection)), whole);
    }
  });

  it('with TLS or another protocol in it tells of TLS, and takes nothing else for SMPP', async () => {
    const talk = (port: number, payload: Buffer): Sent[] => [
      { ...ESME, ports: [50_000, port], sequence: 0, flags: SYN, payload: Buffer.alloc(0) },
      { ...ESME, ports: [50_000, port], sequence: 1, payload },
    ];
    const { captured, summary } = await readAll(
      pcap([
        ...talk(3550, Buffer.from('16030100c4010000c0', 'hex')),
        ...talk(80, Buffer.from('GET / HTTP/1.1\r\n\r\n')),
      ]),
    );
    assert.deepEqual(captured, []);
    assert.deepEqual(summary.encrypted, ['10.0.0.2:3550']);
  });

  it('says what answers where no SMPP is spoken', async () => {
    const http = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n');
    const packets = [...exchange.slice(0, 3), { ...SMSC, sequence: 500, payload: http }];
    const { captured } = await readAll(pcap(packets));
    assert.match(
      captured[1]?.problem ?? '',
      /does not speak SMPP; it begins with "HTTP\/1\.1 400 Bad Request"/,
    );
  });

  it('counts what it passes over, by reason', async () => {
    const { summary } = await readAll(pcap(exchange, 'none'));
    assert.deepEqual([...summary.passed.keys()], ['not of IP']);
    const udp = pcap(exchange, 'raw IP');
    // The protocol of the first packet.
    udp[24 + 16 + 9] = 17;
    assert.equal((await readAll(udp)).summary.passed.get('not of TCP'), 1);
    const strange = pcap(exchange);
    strange.writeUInt32LE(147, 20);
    assert.match([...(await readAll(strange)).summary.passed.keys()][0] ?? '', /link type 147/);
  });
});

describe('a damaged capture', () => {
  it('gives what comes before the damage, and one error', async () => {
    for (const file of [pcap(exchange), pcapng(exchange)]) {
      const { captured, error } = await readAll(file.subarray(0, -7));
      assert.deepEqual(hexOf(captured), whole.slice(0, 3));
      assert(error instanceof CaptureError && error.code === 'CUT_SHORT', String(error));
      assert.match(error.message, /the capture ends within a packet, after \d+ octets/);
    }
    const file = pcap(exchange);
    file.writeUInt32LE(0x7fffffff, 24 + 8);
    const { error } = await readAll(file);
    assert(error instanceof CaptureError && error.code === 'MALFORMED');
    assert.match(error.message, /damaged at octet 24: packet 1 says that it has 2147483647 octets/);
  });

  it('that is no capture at all is refused', async () => {
    const { error } = await readAll(Buffer.from('hello, world'));
    assert(error instanceof CaptureError && error.code === 'UNSUPPORTED');
  });

  it('raises nothing but CaptureError, whatever octets are changed', async () => {
    const files = [pcap(exchange), pcapng(exchange), pcapng(exchange, 'VLAN', { big: true })];
    const property = fc.asyncProperty(
      fc.constantFrom(...files),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 }),
      async (file, changes) => {
        const octets = Buffer.from(file);
        for (const [at, octet] of changes) octets[at % octets.length] = octet;
        const { error } = await readAll(octets);
        assert(error === undefined || error instanceof CaptureError, String(error));
      },
    );
    await fc.assert(property, { numRuns: rounds(1000) });
  });

  it('raises nothing but CaptureError, whatever follows its first octets', async () => {
    const magic = fc.constantFrom('a1b2c3d4', 'd4c3b2a1', 'a1b23c4d', '0a0d0d0a0000001c1a2b3c4d', '');
    const property = fc.asyncProperty(magic, buffers(0, 400), async (start, rest) => {
      const { error } = await readAll(Buffer.concat([Buffer.from(start, 'hex'), rest]));
      assert(error === undefined || error instanceof CaptureError, String(error));
    });
    await fc.assert(property, { numRuns: rounds(1000) });
  });
});

/** Octets in segments of these sizes, in turn. */
function segmented(octets: Buffer, sizes: readonly number[], start: number): Sent[] {
  const segments: Sent[] = [];
  for (let at = 0, turn = 0; at < octets.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    segments.push({ ...ESME, sequence: (start + at) >>> 0, payload: octets.subarray(at, at + size) });
    at += size;
  }
  return segments;
}
