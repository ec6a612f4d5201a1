import type { OctetSource } from './octet-source';
import { CaptureError, type Packet } from './types';

/** A packet or block that says to be longer is damage: nothing so long is captured. */
const LONGEST = 16 * 1024 * 1024;

interface Order {
  u16(octets: Buffer, at: number): number;
  u32(octets: Buffer, at: number): number;
}

const BIG: Order = {
  u16: (octets, at) => octets.readUInt16BE(at),
  u32: (octets, at) => octets.readUInt32BE(at),
};
const LITTLE: Order = {
  u16: (octets, at) => octets.readUInt16LE(at),
  u32: (octets, at) => octets.readUInt32LE(at),
};

/** Units of a second in the fractions of pcap, by the magic number as it reads in either order. */
const MAGIC: ReadonlyMap<number, readonly [order: Order, perSecond: number]> = new Map([
  [0xa1b2c3d4, [BIG, 1e6]],
  [0xd4c3b2a1, [LITTLE, 1e6]],
  [0xa1b23c4d, [BIG, 1e9]],
  [0x4d3cb2a1, [LITTLE, 1e9]],
]);

const SECTION = 0x0a0d0d0a;

/** Whether octets begin a capture: pcap or pcapng. */
export function isCapture(octets: Buffer): boolean {
  if (octets.length < 4) return false;
  const magic = octets.readUInt32BE(0);
  return magic === SECTION || MAGIC.has(magic);
}

/**
 * The packets of a capture: pcap (micro- or nanoseconds, either order of octets) or pcapng.
 * @throws CaptureError while reading; what comes before the fault has been given by then
 */
export async function* readPackets(source: OctetSource): AsyncGenerator<Packet> {
  const start = await source.peek(4);
  const magic = start.length === 4 ? start.readUInt32BE(0) : 0;
  const old = MAGIC.get(magic);
  if (old) yield* readPcap(source, ...old);
  else if (magic === SECTION) yield* new PcapngReader(source).packets();
  else throw new CaptureError('UNSUPPORTED', 'this is neither pcap nor pcapng', 0);
}

async function* readPcap(source: OctetSource, order: Order, perSecond: number): AsyncGenerator<Packet> {
  const header = await source.take(24);
  if (header.length < 24) throw cutShort(source);
  // The upper bits of the field say whether a checksum of the link layer was captured.
  const linkType = order.u32(header, 20) & 0x0fffffff;
  for (let number = 1; ; number++) {
    const record = await source.take(16);
    if (record.length === 0) return;
    if (record.length < 16) throw cutShort(source);
    const [seconds, fraction, length] = [order.u32(record, 0), order.u32(record, 4), order.u32(record, 8)];
    if (length > LONGEST)
      throw malformed(source.offset - 16, `packet ${number} says that it has ${length} octets`);
    const octets = await source.take(length);
    if (octets.length < length) throw cutShort(source);
    yield { number, time: seconds * 1000 + (fraction * 1000) / perSecond, linkType, octets };
  }
}

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  /** Units of a second. */
  readonly perSecond: number;
  /** Seconds that are added. */
  readonly offset: number;
}

/** IETF draft-ietf-opsawg-pcapng: sections of blocks; a block of a type that is not known is passed over. */
class PcapngReader {
  readonly #source: OctetSource;
  #order: Order = LITTLE;
  #interfaces: Interface[] = [];
  #number = 0;

  constructor(source: OctetSource) {
    this.#source = source;
  }

  async *packets(): AsyncGenerator<Packet> {
    for (;;) {
      const start = await this.#source.peek(12);
      if (start.length === 0) return;
      if (start.length < 12) throw cutShort(this.#source);
      const at = this.#source.offset;
      if (start.readUInt32BE(0) === SECTION) this.#beginSection(start, at);
      const type = this.#order.u32(start, 0);
      const length = this.#order.u32(start, 4);
      if (length < 12 || length % 4 !== 0) throw malformed(at, `a block says that it has ${length} octets`);
      if (!KNOWN_BLOCKS.has(type)) {
        if (!(await this.#source.skip(length))) throw cutShort(this.#source);
        continue;
      }
      if (length > LONGEST) throw malformed(at, `a block says that it has ${length} octets`);
      const block = await this.#source.take(length);
      if (block.length < length) throw cutShort(this.#source);
      const packet = this.#read(type, block.subarray(8, -4), at);
      if (packet) yield packet;
    }
  }

  #beginSection(start: Buffer, at: number): void {
    const magic = start.readUInt32BE(8);
    if (magic !== 0x1a2b3c4d && magic !== 0x4d3c2b1a) throw malformed(at, 'a section has no order of octets');
    this.#order = magic === 0x1a2b3c4d ? BIG : LITTLE;
    this.#interfaces = [];
  }

  #read(type: number, body: Buffer, at: number): Packet | undefined {
    switch (type) {
      case BLOCK.INTERFACE:
        if (this.#interfaces.length >= 4096) throw malformed(at, 'there are more than 4096 interfaces');
        this.#interfaces.push(this.#interface(body, at));
        return undefined;
      case BLOCK.ENHANCED:
      case BLOCK.PACKET:
        return this.#packet(
          body,
          type === BLOCK.PACKET ? this.#order.u16(need(body, 20, at), 0) : undefined,
          at,
        );
      case BLOCK.SIMPLE: {
        const { linkType, snapLength } = this.#interfaceOf(0, at);
        const length = Math.min(
          this.#order.u32(need(body, 4, at), 0),
          snapLength || Infinity,
          body.length - 4,
        );
        return { number: ++this.#number, time: undefined, linkType, octets: body.subarray(4, 4 + length) };
      }
      default:
        return undefined;
    }
  }

  /** An enhanced packet block; the obsolete packet block has its interface in the first two octets. */
  #packet(body: Buffer, obsolete: number | undefined, at: number): Packet {
    const order = this.#order;
    need(body, 20, at);
    const { linkType, perSecond, offset } = this.#interfaceOf(obsolete ?? order.u32(body, 0), at);
    const length = order.u32(body, 12);
    if (length > body.length - 20) throw malformed(at, `a packet of ${length} octets runs past its block`);
    const units = BigInt(order.u32(body, 4)) * 0x1_0000_0000n + BigInt(order.u32(body, 8));
    // Seconds by themselves: all in one has more digits than a number holds.
    const scale = BigInt(perSecond);
    const seconds = offset + Number(units / scale);
    const time = seconds * 1000 + (Number(units % scale) * 1000) / perSecond;
    return { number: ++this.#number, time, linkType, octets: body.subarray(20, 20 + length) };
  }

  #interfaceOf(index: number, at: number): Interface {
    const found = this.#interfaces[index];
    if (!found) throw malformed(at, `a packet is of interface ${index}, which is not described`);
    return found;
  }

  #interface(body: Buffer, at: number): Interface {
    need(body, 8, at);
    let perSecond = 1e6;
    let offset = 0;
    for (const [code, value] of this.#options(body.subarray(8))) {
      if (code === 9 && value.length >= 1) perSecond = resolution(value.readUInt8(0));
      if (code === 14 && value.length >= 8) {
        const [first, second] = [BigInt(this.#order.u32(value, 0)), BigInt(this.#order.u32(value, 4))];
        const units = this.#order === BIG ? first * 0x1_0000_0000n + second : second * 0x1_0000_0000n + first;
        offset = Number(BigInt.asIntN(64, units));
      }
    }
    return { linkType: this.#order.u16(body, 0), snapLength: this.#order.u32(body, 4), perSecond, offset };
  }

  *#options(octets: Buffer): Generator<[code: number, value: Buffer]> {
    for (let at = 0; at + 4 <= octets.length;) {
      const [code, length] = [this.#order.u16(octets, at), this.#order.u16(octets, at + 2)];
      if (code === 0) return;
      yield [code, octets.subarray(at + 4, at + 4 + length)];
      at += 4 + Math.ceil(length / 4) * 4;
    }
  }
}

const BLOCK = { INTERFACE: 1, PACKET: 2, SIMPLE: 3, ENHANCED: 6 } as const;
const KNOWN_BLOCKS: ReadonlySet<number> = new Set([SECTION, ...Object.values(BLOCK)]);

/** if_tsresol: a negative power of 10, or with the highest bit of 2. */
function resolution(octet: number): number {
  return octet & 0x80 ? 2 ** (octet & 0x7f) : 10 ** octet;
}

function need(body: Buffer, size: number, at: number): Buffer {
  if (body.length >= size) return body;
  throw malformed(at, 'a block is too short for its type');
}

function malformed(offset: number, what: string): CaptureError {
  return new CaptureError('MALFORMED', `the capture is damaged at octet ${offset}: ${what}`, offset);
}

function cutShort({ offset }: OctetSource): CaptureError {
  return new CaptureError('CUT_SHORT', `the capture ends within a packet, after ${offset} octets`, offset);
}
