import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { SmppClient } from '../../src';
import { octetsOfText } from '../../src/cli/decode/text-octets';
import { encodePdu } from '../../src/protocol';
import { Smsc } from '../../src/simulator';
import { pcap, pcapng, ACK, SYN, ip, type Sent } from '../support/capture';
import { pdus } from '../support/pdus';
import { rounds } from '../support/rounds';
import { smpp as runSmpp } from '../support/shell';
import { needs } from '../support/skip';
import { identity, pem } from '../support/tls';
import { until } from '../support/until';

const link = encodePdu({ command: 'enquire_link', sequence_number: 7 });
const submit = encodePdu({
  ...{ command: 'submit_sm', sequence_number: 2, source_addr: 'Shop', source_addr_ton: 5 },
  ...{ destination_addr: '35799000001', dest_addr_ton: 1, dest_addr_npi: 1, registered_delivery: 1 },
  short_message: Buffer.from('hello'),
});
const bind = encodePdu({
  command: 'bind_transceiver',
  system_id: 'esme',
  password: 'hunter2',
  sequence_number: 1,
});
const throttled = encodePdu({
  command: 'submit_sm_resp',
  command_status: 'ESME_RTHROTTLED',
  sequence_number: 2,
});

const ESME = { from: '10.0.0.1', to: '10.0.0.2', ports: [40_000, 2775] } as const;
const SMSC = { from: '10.0.0.2', to: '10.0.0.1', ports: [2775, 40_000] } as const;
const exchange: Sent[] = [
  { ...ESME, sequence: 0, flags: SYN, payload: Buffer.alloc(0) },
  { ...ESME, sequence: 1, flags: ACK, payload: bind },
  { ...ESME, sequence: 1 + bind.length, payload: submit },
  { ...SMSC, sequence: 1, payload: throttled },
  { ...ESME, sequence: 1 + bind.length + submit.length, payload: link },
];

/** As hexdump -C, xxd, od and others print octets. */
const DUMPS: Readonly<Record<string, (octets: Buffer) => string>> = {
  'hexdump -C': (octets) =>
    `${dumped(octets, 8, (at, hex, text) => `${at}  ${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}`.padEnd(60) + `|${text}|`)}\n${octets.length.toString(16).padStart(8, '0')}\n`,
  xxd: (octets) =>
    dumped(
      octets,
      8,
      (at, hex, text) => `${at}: ${hex.join('').replace(/(.{4})(?=.)/g, '$1 ')}`.padEnd(51) + text,
    ),
  Wireshark: (octets) => dumped(octets, 4, (at, hex, text) => `${at}   ${hex.join(' ')}`.padEnd(57) + text),
  text2pcap: (octets) => dumped(octets, 6, (at, hex) => `${at} ${hex.join(' ')}`),
  'tcpdump -X': (octets) =>
    dumped(
      octets,
      4,
      (at, hex, text) => `\t0x${at}:  ${hex.join('').replace(/(.{4})(?=.)/g, '$1 ')}`.padEnd(52) + text,
    ),
  'od -t x1': (octets) =>
    dumped(octets, 7, (_, hex, __, at) => `${at.toString(8).padStart(7, '0')} ${hex.join(' ')}`),
};

function dumped(
  octets: Buffer,
  width: number,
  line: (at: string, hex: string[], text: string, offset: number) => string,
): string {
  const lines: string[] = [];
  for (let at = 0; at < octets.length; at += 16) {
    const part = octets.subarray(at, at + 16);
    const hex = [...part].map((octet) => octet.toString(16).padStart(2, '0'));
    const text = part.toString('latin1').replace(/[^ -~]/g, '.');
    lines.push(line(at.toString(16).padStart(width, '0'), hex, text, at));
  }
  return lines.join('\n');
}

describe('octets that are written as a text', () => {
  for (const [name, dump] of Object.entries(DUMPS)) {
    it(`are read from a dump of ${name}, whatever the PDU`, () => {
      fc.assert(
        fc.property(pdus(), (pdu) => {
          const octets = encodePdu(pdu);
          const { blocks } = octetsOfText(dump(octets));
          assert.equal(blocks.length, 1);
          assert.equal(blocks[0]?.toString('hex'), octets.toString('hex'));
        }),
        { numRuns: rounds(300) },
      );
    });
  }

  it('are read from digits with anything usual between them, and from base64, whatever the PDU', () => {
    const forms: ((hex: string[]) => string)[] = [
      (hex) => hex.join(''),
      (hex) => hex.join(' ').toUpperCase(),
      (hex) => hex.join(':'),
      (hex) => `{ ${hex.map((two) => `0x${two}`).join(', ')} }`,
      (hex) => `"${hex.map((two) => `\\x${two}`).join('')}"`,
      (hex) => hex.join('').replace(/.{8}/g, '$& ').replace(/.{36}/g, '$&\n'),
      (hex) => Buffer.from(hex.join(''), 'hex').toString('base64'),
      (hex) => Buffer.from(hex.join(''), 'hex').toString('base64url'),
    ];
    fc.assert(
      fc.property(pdus(), fc.constantFrom(...forms), (pdu, form) => {
        const octets = encodePdu({ ...pdu, command_status: 0 });
        const hex = [...octets].map((octet) => octet.toString(16).padStart(2, '0'));
        const { blocks } = octetsOfText(form(hex));
        assert.equal(Buffer.concat(blocks).toString('hex'), octets.toString('hex'));
      }),
      { numRuns: rounds(1000) },
    );
  });

  it('are one PDU for each line where each line is one', () => {
    const { blocks } = octetsOfText(`${link.toString('hex')}\n\n${submit.toString('hex')}\n`);
    assert.deepEqual(blocks, [link, submit]);
  });

  it('are refused with the place where they are none', () => {
    assert.deepEqual(octetsOfText('<Buffer 00 1f>').blocks, [Buffer.from('001f', 'hex')]);
    assert.throws(() => octetsOfText('00 00\n00 1g'), /"g" at line 2, column 5 is no hexadecimal digit/);
    assert.throws(() => octetsOfText('00 00 0'), /there are 5 hexadecimal digits: an octet has two/);
    assert.throws(() => octetsOfText(' '), /there are no octets/);
  });
});

describe('smpp decode', () => {
  const folder = mkdtempSync(join(tmpdir(), 'smpp-decode-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, octets: Buffer | string): string => {
    const path = join(folder, name);
    writeFileSync(path, octets);
    return path;
  };

  it('explains a PDU that is given as words', async () => {
    const { code, stdout } = await runSmpp(['decode', ...(submit.toString('hex').match(/.{8}|.+/g) ?? [])]);
    assert.equal(code, 0);
    assert.match(stdout, /^submit_sm, sequence_number 2, \d+ octets\n/);
    assert.match(stdout, /^ +4 {2}00 00 00 04 +command_id +0x00000004 +submit_sm: a request$/m);
    assert.match(stdout, /^ +\d+ {2}05 +source_addr_ton +5 +alphanumeric$/m);
    assert.match(stdout, /short_message +"hello"$/m);
  });

  it('reads standard input, a file of octets, a dump, and whole packets that were copied', async () => {
    const packet = ip({ ...ESME, sequence: 1, payload: submit });
    const dump =
      DUMPS['Wireshark']?.(Buffer.concat([Buffer.alloc(12), Buffer.from('0800', 'hex'), packet])) ?? '';
    const runs = [
      await runSmpp(['decode', '-s'], { stdin: submit.toString('base64') }),
      await runSmpp(['decode', '-s', '-'], { stdin: submit }),
      await runSmpp(['decode', '-s', file('pdus.bin', Buffer.concat([submit, link]))]),
      await runSmpp(['decode', '-s', file('dump.txt', dump)]),
    ];
    for (const { code, stdout, stderr } of runs) {
      assert.equal(code, 0, stderr);
      assert.match(
        stdout,
        /#1 +(?:10\.0\.0\.1:40000 > 10\.0\.0\.2:2775 +)?submit_sm +seq 2 +Shop → 35799000001 {2}"hello"/,
      );
    }
    assert.match(runs[2]?.stdout ?? '', /#2 +enquire_link/);
  });

  it('masks the password in every form of output, unless it is asked for', async () => {
    const capture = file('bind.pcap', pcap(exchange));
    for (const words of [[], ['-s'], ['--json'], ['--json', '-s']]) {
      const { stdout, stderr } = await runSmpp(['decode', capture, ...words]);
      assert(!/hunter2|68 75 6e|68756e/.test(stdout + stderr), stdout);
    }
    assert.match((await runSmpp(['decode', capture, '--show-password'])).stdout, /"hunter2"/);
  });

  it('summarises a capture: times, ends, statuses, latency, and what was not answered', async () => {
    const { code, stdout, stderr } = await runSmpp([
      'decode',
      '--summary',
      file('one.pcapng', pcapng(exchange)),
    ]);
    assert.equal(code, 0);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 4);
    assert.equal(
      lines[2],
      '#4    2026-01-01T00:00:00.003000Z  10.0.0.2:2775 > 10.0.0.1:40000  submit_sm_resp        seq 2      ESME_RTHROTTLED answers #3 after 1.00 ms',
    );
    assert.match(stderr, /4 PDUs\n/);
    assert.match(stderr, /1 submit_sm_resp ESME_RTHROTTLED/);
    assert.match(stderr, /latency of 1 responses: mean 1\.00 ms, slowest 1\.00 ms/);
    assert.match(stderr, /without a response: bind_transceiver seq 1 \(#2\), enquire_link seq 7 \(#5\)/);
  });

  it('shows only what the filters want', async () => {
    const capture = file('filters.pcap', pcap(exchange));
    const commandsOf = async (...words: string[]): Promise<unknown[]> => {
      const { stdout } = await runSmpp(['decode', '--json', capture, ...words]);
      return lines(stdout).map(({ command }) => command);
    };
    assert.deepEqual(await commandsOf('--command', 'submit_sm,enquire_link'), ['submit_sm', 'enquire_link']);
    assert.deepEqual(await commandsOf('--status', 'errors'), ['submit_sm_resp']);
    assert.deepEqual(await commandsOf('--status', 'ESME_RTHROTTLED'), ['submit_sm_resp']);
    assert.deepEqual(await commandsOf('--sequence', '2'), ['submit_sm', 'submit_sm_resp']);
    assert.deepEqual(await commandsOf('--find', '99000001'), ['submit_sm']);
    assert.deepEqual(await commandsOf('--port', '2776'), []);
    const wrong = await runSmpp(['decode', capture, '--command', 'sumbit_sm']);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /there is no such command \(did you mean "submit_sm"\?\)/);
  });

  it('prints JSON lines with fields, pairs and latency', async () => {
    const { stdout } = await runSmpp(['decode', '--json', file('json.pcap', pcap(exchange))]);
    const [, second, third] = lines(stdout);
    assert.equal(second?.['command'], 'submit_sm');
    const fields = second['fields'] as {
      name: string;
      value: unknown;
      octets: { hex: string };
      meaning?: string;
    }[];
    assert.deepEqual(fields.map(({ octets }) => octets.hex).join(''), submit.toString('hex'));
    assert.equal(third?.['command_status'], 'ESME_RTHROTTLED');
    assert.equal(third['request'], 3);
    assert.equal(third['latency'], 1);
  });

  it('explains a malformed PDU up to its fault, and exits with 1', async () => {
    const cut = Buffer.from(submit.subarray(0, 40));
    cut.writeUInt32BE(40);
    const { code, stdout } = await runSmpp(['decode', cut.toString('hex')]);
    assert.equal(code, 1);
    assert.match(stdout, /FAULT at octet \d+: PDU_TRUNCATED: /);
  });

  it('says clearly what cannot be read, and never crashes', async () => {
    const cases: [words: string[], code: number, says: RegExp][] = [
      [[join(folder, 'absent.pcap')], 2, /there is no such file/],
      [[folder], 2, /it is a folder/],
      [[''], 2, /^smpp: the octets are empty/],
      [['capture.data'], 2, /^smpp: capture.data: there is no such file/],
      [['[0,0,0,16,0,0,0,21,0,0,0,0,0,0,0,7]'], 2, /octets are written with one digit: give two for each/],
      [['0x00000010', '0x00000015', '0x0', '0x7'], 2, /octets are written with one digit/],
      [['hello', 'world'], 2, /"h" at line 1, column 1 is no hexadecimal digit/],
      [[file('cut.pcap', pcap(exchange).subarray(0, -3))], 1, /the capture ends within a packet/],
      [[file('damaged.pcap', pcap(exchange).fill(0xff, 32, 36))], 2, /the capture is damaged at octet 24/],
      [[file('empty.pcap', pcap([]))], 0, /no SMPP was found in 0 packets/],
      [['--format', 'pcap', file('text.txt', 'hello')], 2, /neither pcap nor pcapng/],
      [['--vendor-tlvs', '[{"tag":1}]', link.toString('hex')], 2, /--vendor-tlvs: vendor TLV/],
      [['--port', '0', link.toString('hex')], 2, /give a whole number from 1 to 65535/],
    ];
    for (const [words, code, says] of cases) {
      const ran = await runSmpp(['decode', ...words]);
      assert.match(ran.stderr, says);
      assert.equal(ran.code, code, ran.stderr);
      assert(!/at .*\.ts:/.test(ran.stderr), ran.stderr);
    }
  });

  it('writes nothing that a terminal would obey', async () => {
    const nasty = encodePdu({
      command: 'submit_sm',
      sequence_number: 1,
      destination_addr: '\u001b[2J1',
      short_message: Buffer.from('\u001b]0;x\u0007'),
    });
    for (const words of [[], ['-s'], ['--json']]) {
      const { stdout } = await runSmpp(['decode', nasty.toString('hex'), ...words]);
      assert(!stdout.includes('\u001b') && !stdout.includes('\u0007'));
    }
  });

  it('ends without a word when the reader of its output has gone', async function () {
    this.timeout(30_000);
    const many = file('many.bin', Buffer.concat(Array.from({ length: 20_000 }, () => link)));
    const main = join(__dirname, '..', '..', 'src', 'cli', 'main.ts');
    const line = `"${process.execPath}" -r ./.ci/compiled.cjs "${main}" decode -s "${many}" | head -1`;
    const run = spawnSync('bash', ['-o', 'pipefail', '-c', line], {
      cwd: join(__dirname, '..', '..'),
      encoding: 'utf8',
    });
    assert.equal(run.stderr, '');
    assert.match(run.stdout, /^#1 +enquire_link/);
  });
});

describe('a capture of a real exchange on the loopback', () => {
  const folder = mkdtempSync(join(tmpdir(), 'smpp-capture-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function captured(
    name: string,
    port: number,
    during: () => Promise<void>,
    dumpcap: string,
  ): Promise<string> {
    const path = join(folder, name);
    const child = spawn(dumpcap, ['-i', 'lo', '-f', `tcp port ${port}`, '-w', path, '-B', '1', '-q'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const ended = once(child, 'exit');
    try {
      await until(() => said.includes('File:'), 'dumpcap');
      await during();
      // What was sent last is still on its way to the file.
      await new Promise((resolve) => setTimeout(resolve, 1500));
    } finally {
      child.kill('SIGINT');
      await ended;
    }
    return path;
  }

  async function exchanged(
    smsc: Smsc,
    port: number,
    tls?: { ca: string; servername: string },
  ): Promise<void> {
    const client = new SmppClient({
      host: '127.0.0.1',
      port,
      systemId: 'esme',
      password: 'hunter2',
      logLevel: 'silent',
      ...(tls && { useTls: true, tls }),
    });
    try {
      await client.start();
      await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          client.send({ destination_addr: `3579900${1000 + at}`, short_message: 'x'.repeat(300) }),
        ),
      );
    } finally {
      await client.stop();
      await smsc.stop();
    }
  }

  it('is read as what was sent and answered, and tshark counts the same', async function () {
    this.timeout(60_000);
    const dumpcap = needs(this, 'capture');
    const tshark = needs(this, 'tshark');
    const smsc = new Smsc({ receiptDelay: 0 });
    const { port } = await smsc.start();
    const path = await captured('plain.pcapng', port, () => exchanged(smsc, port), dumpcap);
    const { code, stdout, stderr } = await runSmpp(['decode', '--json', '-s', path]);
    assert.equal(code, 0, stderr);
    const all = lines(stdout);
    const count = (name: string): number => all.filter(({ command }) => command === name).length;
    assert.equal(count('submit_sm'), 40);
    assert.equal(count('submit_sm_resp'), 40);
    assert.equal(count('bind_transceiver'), 1);
    const responses = all.filter(({ command }) => command === 'submit_sm_resp');
    assert(responses.every(({ latency }) => typeof latency === 'number' && latency > 0));
    const args = ['-n', '-r', path, '-d', `tcp.port==${port},smpp`, '-T', 'fields', '-e', 'smpp.command_id'];
    const seen = spawnSync(tshark, args, { encoding: 'utf8' })
      .stdout.split(/[\s,]+/)
      .filter((id) => id !== '');
    assert.equal(all.length, seen.length);
  });

  it('over TLS is told as such', async function () {
    this.timeout(60_000);
    const dumpcap = needs(this, 'capture');
    const smsc = new Smsc({ tls: identity() });
    const { port } = await smsc.start();
    const tls = { ca: pem('ca.cert'), servername: 'localhost' };
    const path = await captured('tls.pcapng', port, () => exchanged(smsc, port, tls), dumpcap);
    const { stdout, stderr } = await runSmpp(['decode', path]);
    assert.equal(stdout, '');
    assert.match(stderr, new RegExp(`127\\.0\\.0\\.1:${port} speaks TLS`));
  });
});

function lines(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
