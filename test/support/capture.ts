import { OctetSource, readCapture, type CaptureSummary, type Captured } from '../../src/cli/pcap';

/** One TCP segment to be captured. */
export interface Sent {
  /** `10.0.0.1`, or `2001:db8::1` written in full groups. */
  readonly from: string;
  readonly to: string;
  readonly ports: readonly [from: number, to: number];
  readonly sequence: number;
  readonly acknowledged?: number;
  readonly flags?: number;
  readonly payload: Buffer;
  /** Octets of the packet that are captured; default: all. */
  readonly snapped?: number;
}

export const SYN = 0x02;
export const ACK = 0x10;

function tcp({ ports, sequence, acknowledged = 0, flags = ACK, payload }: Sent): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt16BE(ports[0], 0);
  header.writeUInt16BE(ports[1], 2);
  header.writeUInt32BE(sequence >>> 0, 4);
  header.writeUInt32BE(acknowledged >>> 0, 8);
  // With options, as real ones have.
  header.writeUInt8(6 << 4, 12);
  header.writeUInt8(flags, 13);
  return Buffer.concat([header, payload]);
}

function address(text: string): Buffer {
  if (!text.includes(':')) return Buffer.from(text.split('.').map(Number));
  return Buffer.concat(text.split(':').map((group) => Buffer.from(group.padStart(4, '0'), 'hex')));
}

export function ip(sent: Sent): Buffer {
  const segment = tcp(sent);
  const [from, to] = [address(sent.from), address(sent.to)];
  if (from.length === 4) {
    const header = Buffer.alloc(20);
    header.writeUInt8(0x45, 0);
    header.writeUInt16BE(20 + segment.length, 2);
    header.writeUInt8(6, 9);
    return Buffer.concat([header.subarray(0, 12), from, to, segment]);
  }
  // With a hop-by-hop header before TCP.
  const header = Buffer.alloc(8);
  header.writeUInt8(0x60, 0);
  header.writeUInt16BE(8 + segment.length, 4);
  const hop = Buffer.from([6, 0, 1, 4, 0, 0, 0, 0]);
  return Buffer.concat([header, from, to, hop, segment]);
}

const etherType = (packet: Buffer): Buffer =>
  Buffer.from((packet[0] ?? 0) >> 4 === 4 ? '0800' : '86dd', 'hex');
const MAC = Buffer.alloc(12, 2);

/** How a packet of IP is framed, by the type of the link. */
export const LINKS: Readonly<Record<string, readonly [type: number, frame: (packet: Buffer) => Buffer]>> = {
  Ethernet: [1, (packet) => Buffer.concat([MAC, etherType(packet), packet])],
  'Ethernet, padded': [1, (packet) => Buffer.concat([MAC, etherType(packet), packet, Buffer.alloc(6)])],
  VLAN: [1, (packet) => Buffer.concat([MAC, Buffer.from('8100000a', 'hex'), etherType(packet), packet])],
  QinQ: [
    1,
    (packet) => Buffer.concat([MAC, Buffer.from('88a8000181000002', 'hex'), etherType(packet), packet]),
  ],
  'Linux cooked': [113, (packet) => Buffer.concat([Buffer.alloc(14), etherType(packet), packet])],
  'Linux cooked 2': [276, (packet) => Buffer.concat([etherType(packet), Buffer.alloc(18), packet])],
  'BSD loopback': [0, (packet) => Buffer.concat([Buffer.from('02000000', 'hex'), packet])],
  'OpenBSD loopback': [108, (packet) => Buffer.concat([Buffer.from('00000002', 'hex'), packet])],
  'raw IP': [101, (packet) => packet],
};

export interface FileKind {
  readonly big?: boolean;
  readonly nanoseconds?: boolean;
}

/** A pcap file; the nth packet is captured n milliseconds after the first of January 2026. */
export function pcap(
  packets: readonly Sent[],
  link = 'Ethernet',
  { big = false, nanoseconds = false }: FileKind = {},
): Buffer {
  const [type, frame] = LINKS[link] ?? [1, (packet: Buffer) => packet];
  const u32 = numbers(big);
  const header = Buffer.concat([u32(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4), u32(0, 0, 0, 262_144, type)]);
  const records = packets.map((sent, at) => {
    const whole = frame(ip(sent));
    const kept = whole.subarray(0, sent.snapped ?? whole.length);
    const [seconds, fraction] = [START + Math.floor(at / 1000), (at % 1000) * (nanoseconds ? 1e6 : 1e3)];
    return Buffer.concat([u32(seconds, fraction, kept.length, whole.length), kept]);
  });
  return Buffer.concat([header, ...records]);
}

export const START = Date.UTC(2026, 0, 1) / 1000;

const numbers =
  (big: boolean) =>
  (...values: number[]): Buffer => {
    const octets = Buffer.alloc(values.length * 4);
    values.forEach((value, at) =>
      big ? octets.writeUInt32BE(value, at * 4) : octets.writeUInt32LE(value, at * 4),
    );
    return octets;
  };

/** The same as pcapng: blocks of a kind that nobody knows between, times in nanoseconds. */
export function pcapng(packets: readonly Sent[], link = 'Ethernet', { big = false }: FileKind = {}): Buffer {
  const [type, frame] = LINKS[link] ?? [1, (packet: Buffer) => packet];
  const u32 = numbers(big);
  const block = (kind: number, body: Buffer): Buffer => {
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
    return Buffer.concat([u32(kind, padded.length + 12), padded, u32(padded.length + 12)]);
  };
  const half = Buffer.alloc(4);
  if (big) half.writeUInt16BE(type, 0);
  else half.writeUInt16LE(type, 0);
  const resolution = big
    ? Buffer.from('00090001090000000000', 'hex')
    : Buffer.from('0900010009000000', 'hex');
  const described = block(1, Buffer.concat([half, u32(0), resolution, Buffer.alloc(4)]));
  const records = packets.map((sent, at) => {
    const whole = frame(ip(sent));
    const kept = whole.subarray(0, sent.snapped ?? whole.length);
    const time = BigInt(START) * 1_000_000_000n + BigInt(at) * 1_000_000n;
    const parts = u32(0, Number(time >> 32n), Number(time & 0xffffffffn), kept.length, whole.length);
    return Buffer.concat([block(0x0bad, Buffer.from('unknown')), block(6, Buffer.concat([parts, kept]))]);
  });
  const version = big ? Buffer.from('00010000', 'hex') : Buffer.from('01000000', 'hex');
  const section = block(0x0a0d0d0a, Buffer.concat([u32(0x1a2b3c4d), version, u32(0xffffffff, 0xffffffff)]));
  return Buffer.concat([section, described, ...records]);
}

/** In chunks of `size`, as a file is read. */
export async function* chunked(octets: Buffer, size = 1000): AsyncGenerator<Buffer> {
  for (let at = 0; at < octets.length; at += size) {
    yield octets.subarray(at, at + size);
    await Promise.resolve();
  }
}

/** All that a capture holds, and the error that ended it. */
export async function readAll(
  octets: Buffer,
  { ports, chunk }: { ports?: readonly number[]; chunk?: number } = {},
): Promise<{ captured: Captured[]; summary: CaptureSummary; error?: unknown }> {
  const summary: CaptureSummary = { packets: 0, connections: 0, encrypted: [], passed: new Map() };
  const captured: Captured[] = [];
  try {
    for await (const one of readCapture(new OctetSource(chunked(octets, chunk)), { ports }, summary))
      captured.push(one);
  } catch (error) {
    return { captured, summary, error };
  }
  return { captured, summary };
}
