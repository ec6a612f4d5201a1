import assert from 'node:assert/strict';
import { SmppClient, type SmppClientOptions } from '../../src/index';
import { encodePdu, type PduInput } from '../../src/protocol';
import { usedOctets } from '../support/memory';
import { Peer, type PeerLink } from '../support/peer';
import { until } from '../support/until';

const MIB = 1024 * 1024;
type Line = Record<string, unknown>;

/** A PDU of octets that nobody checks. */
function raw(id: number, sequence: number, body: Buffer, status = 0): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(16 + body.length, 0);
  header.writeUInt32BE(id, 4);
  header.writeUInt32BE(status, 8);
  header.writeUInt32BE(sequence, 12);
  return Buffer.concat([header, body]);
}

const text = (length: number): Buffer => Buffer.concat([Buffer.alloc(length, 'x'), Buffer.of(0)]);
const deliver = (n: number, fields: object): Buffer =>
  encodePdu({
    ...{ command: 'deliver_sm', sequence_number: n, source_addr: `44${n}`, destination_addr: '1' },
    ...fields,
  } as unknown as PduInput);

describe('A hostile SMSC', function () {
  this.timeout(120_000);
  let peer: Peer;
  let client: SmppClient;
  let lines: Line[];
  let taken: number;
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);

  beforeEach(() => {
    warnings.length = 0;
    process.on('warning', warned);
  });
  afterEach(async () => {
    await client.stop();
    await peer.stop();
    process.off('warning', warned);
    assert.deepEqual(warnings, []);
  });

  async function bound(options: SmppClientOptions = {}): Promise<PeerLink> {
    peer = await Peer.start();
    lines = [];
    taken = 0;
    client = new SmppClient({
      port: peer.port,
      queue: 'memory',
      log: (line) => lines.push(line),
      ...options,
    });
    client.on('message', () => taken++);
    await client.start();
    const link = await peer.link();
    // What was answered is not kept here.
    setImmediate(() => link.received.splice(0));
    return link;
  }

  /** Writes as the socket takes it, and waits until all was answered; keeps no answer. */
  async function throwAll(
    link: PeerLink,
    count: number,
    pdu: (n: number) => Buffer,
    answers = count,
  ): Promise<void> {
    let answered = 0;
    for (let n = 1; n <= count; n++) {
      if (!link.socket.write(pdu(n))) await new Promise((resolve) => link.socket.once('drain', resolve));
      answered += link.received.splice(0).length;
    }
    await until(() => (answered += link.received.splice(0).length) >= answers, `${answers} answers`);
  }

  const NOISE: Readonly<Record<string, { pdu: (n: number) => Buffer; silent?: true; most?: number }>> = {
    'malformed deliver_sm': { pdu: (n) => raw(0x05, n, Buffer.from('abc')) },
    'malformed deliver_sm, each in its own way': {
      pdu: (n) => raw(0x05, n, Buffer.concat([Buffer.alloc(16), Buffer.of(n % 200), Buffer.alloc(n % 7)])),
      most: 40,
    },
    alert_notification: { pdu: (n) => raw(0x102, n, Buffer.alloc(6)), silent: true },
    'unknown commands': { pdu: (n) => raw(0x10000 + n, n, Buffer.alloc(3)) },
    'responses that nobody asked for': { pdu: (n) => raw(0x80000004, 5000 + n, text(3)), silent: true },
    'malformed responses': {
      pdu: (n) => raw(0x80000103, 5000 + n, Buffer.from([0, 0, 1, 0xff])),
      silent: true,
    },
    'texts that cannot be read': {
      pdu: (n) => deliver(n, { data_coding: 8, short_message: Buffer.of(1) }),
      most: 25,
    },
    'receipts for unknown ids': {
      pdu: (n) =>
        deliver(n, { esm_class: 4, short_message: Buffer.from(`id:${n} stat:DELIVRD err:000 text:`) }),
      most: 25,
    },
    'parts of messages that never end': {
      pdu: (n) =>
        deliver(n, { esm_class: 0x40, short_message: Buffer.from([5, 0, 3, n & 0xff, 255, 1, 0x41]) }),
      most: 25,
    },
    'requests to bind and to submit': { pdu: (n) => raw(n % 2 ? 0x09 : 0x04, n, Buffer.alloc(30)) },
  };
  for (const [what, { pdu, silent, most = 6 }] of Object.entries(NOISE)) {
    it(`that sends ten thousand ${what} does not fill the log`, async () => {
      const link = await bound({ receiptHoldTime: 0, receiptIdFormat: 'text', responseIdFormat: 'text' });
      const count = 10_000;
      await throwAll(link, count, pdu, silent ? 0 : count);
      await link.ask({ command: 'enquire_link' });
      await client.stop();
      assert.ok(
        lines.length <= most + 3,
        lines
          .slice(0, 60)
          .map((line) => JSON.stringify(line))
          .join('\n'),
      );
    });
  }

  it('that refuses everything in turn has each of its statuses in the log, and counts', async () => {
    await bound();
    const link = await peer.link();
    const statuses = ['ESME_RINVDSTADR', 'ESME_RINVSRCADR', 'ESME_RINVSERTYP'];
    await client.stop();
    await peer.stop();
    let n = 0;
    peer = await Peer.start({ submit_sm: () => ({ command_status: statuses[n++ % 3] }) });
    lines = [];
    client = new SmppClient({ port: peer.port, queue: 'memory', log: (line) => lines.push(line) });
    await client.start();
    const messages = Array.from({ length: 3000 }, (_, at) => ({
      short_message: 'x',
      destination_addr: `4477009${String(at).padStart(5, '0')}`,
    }));
    await client.sendBatch(messages);
    await client.stop();
    for (const status of statuses) {
      const own = lines.filter(({ msg }) => String(msg).includes(status));
      assert.ok(own.length >= 2 && own.length <= 12, `${own.length} of ${status}`);
      const counted = own.reduce((sum, { repeated = 1 }) => sum + (repeated as number), 0);
      assert.equal(counted, 1000);
    }
    assert.ok(link.ended);
  });

  it('that sends thirty thousand parts, fields of 100 kB and ids of 50 kB takes no more memory than is promised', async () => {
    const link = await bound({ logLevel: 'silent', receiptHoldTime: 1 });
    client.on('receipt', () => undefined);
    const before = await usedOctets();
    const udh = (n: number): Buffer =>
      Buffer.from([6, 8, 4, (n >> 16) & 0xff, (n >> 8) & 0xff, 255, 1, 0x41]);
    await throwAll(link, 30_000, (n) =>
      deliver(n, { source_addr: `4${n}`, esm_class: 0x40, short_message: udh(n << 8) }),
    );
    await throwAll(link, 1000, (n) => {
      const rest = deliver(n, { esm_class: 0x40, short_message: udh(n << 8) }).subarray(17);
      return raw(0x05, n, Buffer.concat([text(100_000), rest]));
    });
    await throwAll(link, 300, (n) =>
      deliver(n, {
        esm_class: 4,
        tlvs: { message_payload: Buffer.from(`id:${'7'.repeat(50_000)}${n} stat:DELIVRD err:000 text:`) },
      }),
    );
    const more = (await usedOctets()) - before;
    // Parts have 16 MiB; the rest is what the client keeps beside them, and what is not collected yet.
    assert.ok(more < 32 * MIB, `${Math.round(more / 1024)} KiB`);
  });

  it('whose message_ids have 60 kB gets them matched all the same, cut alike', async () => {
    const id = (n: number): string => `${n}`.padStart(6, '0') + 'a'.repeat(60_000);
    let n = 0;
    peer = await Peer.start({
      submit_sm: (pdu, { socket }) => {
        const body = Buffer.from(`${id(++n)}\0`);
        socket.write(raw(0x80000004, pdu.sequence_number, body));
        return undefined;
      },
    });
    lines = [];
    client = new SmppClient({ port: peer.port, queue: 'memory', log: (line) => lines.push(line) });
    await client.start();
    const matched: unknown[] = [];
    client.on('receipt', (event) => void matched.push([event.matched, event.message_id.length]));
    const outcomes = await client.sendBatch(
      Array.from({ length: 50 }, () => ({ short_message: 'x', destination_addr: '491511234567' })),
    );
    for (const outcome of outcomes) {
      assert.ok(outcome.status === 'fulfilled' && outcome.value.message_id.length === 255);
    }
    const link = await peer.link();
    for (let at = 1; at <= 50; at++) {
      const receipt = Buffer.from(`id:${id(at)} stat:DELIVRD err:000 text:`);
      link.write(
        encodePdu({
          ...{ command: 'deliver_sm', sequence_number: at, esm_class: 4, source_addr: '491511234567' },
          tlvs: { message_payload: receipt },
        } as unknown as PduInput),
      );
    }
    await until(() => matched.length === 50);
    assert.deepEqual(matched, Array(50).fill([true, 255]));
  });

  it('that asks on and on and does not read the answers is not read any more', async () => {
    const link = await bound({ logLevel: 'silent', responseTimeout: 30 });
    const before = await usedOctets();
    link.socket.pause();
    let written = 0;
    const one = Buffer.concat(Array.from({ length: 1000 }, (_, n) => raw(0x15, n + 1, Buffer.alloc(0))));
    while (written < 1000 && link.socket.writableLength < MIB) {
      written++;
      link.socket.write(one);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const more = (await usedOctets()) - before - link.socket.writableLength;
    assert.ok(written < 1000, 'it was never held up');
    assert.ok(more < 6 * MIB, `${Math.round(more / 1024)} KiB`);
    link.socket.destroy();
  });

  for (const [what, octets] of [
    ['0', Buffer.alloc(16)],
    ['16 MiB', Buffer.concat([Buffer.of(1, 0, 0, 0), Buffer.alloc(12)])],
    ['4 GiB', Buffer.alloc(16, 0xff)],
  ] as const) {
    it(`that says a PDU has a length of ${what} is left at once`, async () => {
      const link = await bound({ reconnectMin: 60, reconnectMax: 60 });
      link.write(octets);
      await link.untilEnded();
      assert.ok(lines.length < 6);
    });
  }
});
