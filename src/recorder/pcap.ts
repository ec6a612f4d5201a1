import { isIP } from 'node:net';
import type { Entry, LinkEnd, RecordedLink } from './entry';

/** LINKTYPE_RAW: packets of IP, without a link layer around them. */
const LINK_TYPE = 101;
const SNAP_LENGTH = 262_144;
/** Octets of a segment, as on Ethernet with IPv6. */
const SEGMENT = 1440;
const TCP_HEAD = 20;
const TCP = 6;
const HOPS = 64;
const WINDOW = 0xffff;
const FLAGS = { ACK: 0x10, PSH: 0x08, SYN: 0x02 } as const;

/** The head of a file of https://www.tcpdump.org/manpages/pcap-savefile.5.html, with microseconds. */
export function pcapHeader(): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(SNAP_LENGTH, 16);
  head.writeUInt32LE(LINK_TYPE, 20);
  return head;
}

/** One way of a connection. */
interface Way {
  readonly from: LinkEnd;
  readonly to: LinkEnd;
  /** Octets sent so far, the SYN among them. */
  sent: number;
}

interface Stream {
  readonly out: Way;
  readonly in: Way;
}

/** Makes packets of PDUs: a TCP connection for each session, which begins where its first PDU is. */
export class PcapWriter {
  readonly #streams = new Map<number, Stream>();
  readonly #linkOf: (session: number) => RecordedLink | undefined;

  constructor(linkOf: (session: number) => RecordedLink | undefined) {
    this.#linkOf = linkOf;
  }

  /** The records of a file that the PDU takes; `octets`: as they are to be seen. */
  packets({ time, direction, session }: Entry, octets: Buffer): Buffer[] {
    const packets: Buffer[] = [];
    let stream = this.#streams.get(session);
    if (!stream) {
      stream = streamOf(session, this.#linkOf(session));
      this.#streams.set(session, stream);
      packets.push(...handshake(stream, time));
    }
    const [way, back] = direction === 'out' ? [stream.out, stream.in] : [stream.in, stream.out];
    for (let at = 0; at < octets.length; at += SEGMENT) {
      const payload = octets.subarray(at, at + SEGMENT);
      const flags = at + SEGMENT < octets.length ? FLAGS.ACK : FLAGS.ACK | FLAGS.PSH;
      packets.push(packet(time, way, back, flags, payload));
    }
    return packets;
  }
}

function handshake({ out, in: back }: Stream, time: number): Buffer[] {
  return [
    packet(time, out, undefined, FLAGS.SYN),
    packet(time, back, out, FLAGS.SYN | FLAGS.ACK),
    packet(time, out, back, FLAGS.ACK),
  ];
}

/** Where the ends are not known, addresses for documentation (RFC 5737) stand in their place. */
function streamOf(session: number, link: RecordedLink | undefined): Stream {
  const port = link?.port ?? 2775;
  const unknown = {
    local: { address: '192.0.2.1', port: 49_152 + (session % 16_384) },
    remote: { address: isIP(link?.host ?? '') === 4 ? (link?.host ?? '') : '192.0.2.2', port },
  };
  const known = link?.ends && {
    local: { ...link.ends.local, address: unmapped(link.ends.local.address) },
    remote: { ...link.ends.remote, address: unmapped(link.ends.remote.address) },
  };
  const families = known && [isIP(known.local.address), isIP(known.remote.address)];
  const { local, remote } = known && families?.[0] !== 0 && families?.[0] === families?.[1] ? known : unknown;
  return { out: { from: local, to: remote, sent: 0 }, in: { from: remote, to: local, sent: 0 } };
}

/** IPv4 over a socket of IPv6; without the zone of a link-local address. */
function unmapped(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

/** `back`: what is acknowledged; undefined: nothing yet. */
function packet(
  time: number,
  way: Way,
  back: Way | undefined,
  flags: number,
  payload: Uint8Array = EMPTY,
): Buffer {
  const [source, target] = [octetsOf(way.from.address), octetsOf(way.to.address)];
  const ipHead = source.length === 4 ? 20 : 40;
  const record = Buffer.alloc(16 + ipHead + TCP_HEAD + payload.length);
  const length = record.length - 16;
  const micros = Math.round(time * 1000);
  record.writeUInt32LE(Math.floor(micros / 1e6) >>> 0, 0);
  record.writeUInt32LE(micros % 1e6, 4);
  record.writeUInt32LE(length, 8);
  record.writeUInt32LE(length, 12);
  const ip = record.subarray(16);
  if (ipHead === 20) writeIpv4(ip, source, target);
  else writeIpv6(ip, source, target);
  const tcp = ip.subarray(ipHead);
  tcp.writeUInt16BE(way.from.port, 0);
  tcp.writeUInt16BE(way.to.port, 2);
  tcp.writeUInt32BE(way.sent >>> 0, 4);
  tcp.writeUInt32BE((back?.sent ?? 0) >>> 0, 8);
  tcp[12] = (TCP_HEAD / 4) << 4;
  tcp[13] = flags;
  tcp.writeUInt16BE(WINDOW, 14);
  tcp.set(payload, TCP_HEAD);
  // RFC 9293 section 3.1: over a pseudo header of both addresses, protocol and length, too.
  tcp.writeUInt16BE(checksum(tcp, sum(target, sum(source)) + TCP + tcp.length), 16);
  way.sent += payload.length + (flags & FLAGS.SYN ? 1 : 0);
  return record;
}

const EMPTY = new Uint8Array(0);

function writeIpv4(ip: Buffer, source: Buffer, target: Buffer): void {
  ip[0] = 0x45;
  ip.writeUInt16BE(ip.length, 2);
  ip.writeUInt16BE(0x4000, 6); // not to be divided
  ip[8] = HOPS;
  ip[9] = TCP;
  ip.set(source, 12);
  ip.set(target, 16);
  ip.writeUInt16BE(checksum(ip.subarray(0, 20)), 10);
}

function writeIpv6(ip: Buffer, source: Buffer, target: Buffer): void {
  ip[0] = 0x60;
  ip.writeUInt16BE(ip.length - 40, 4);
  ip[6] = TCP;
  ip[7] = HOPS;
  ip.set(source, 8);
  ip.set(target, 24);
}

/** RFC 1071: the one's complement of the sum of all pairs of octets. */
function checksum(octets: Uint8Array, start = 0): number {
  let total = sum(octets, start);
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return ~total & 0xffff;
}

function sum(octets: Uint8Array, start = 0): number {
  let total = start;
  for (let at = 0; at < octets.length; at += 2) {
    total += ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
  }
  return total;
}

const ADDRESSES = new Map<string, Buffer>();
const MOST_ADDRESSES = 1000;

function octetsOf(address: string): Buffer {
  const known = ADDRESSES.get(address);
  if (known) return known;
  const octets = isIP(address) === 6 ? ofIpv6(address) : Buffer.from(address.split('.').map(Number));
  if (ADDRESSES.size >= MOST_ADDRESSES) ADDRESSES.clear();
  ADDRESSES.set(address, octets);
  return octets;
}

function ofIpv6(address: string): Buffer {
  const groupsOf = (part: string): number[] =>
    part
      .split(':')
      .filter((group) => group !== '')
      .flatMap((group) => {
        if (!group.includes('.')) return [Number.parseInt(group, 16)];
        const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
        return [a * 256 + b, c * 256 + d];
      });
  const [before = '', after] = address.split('::');
  const [first, last] = [groupsOf(before), groupsOf(after ?? '')];
  const zeros = after === undefined ? 0 : 8 - first.length - last.length;
  const octets = Buffer.alloc(16);
  [...first, ...Array<number>(zeros).fill(0), ...last].forEach((group, at) =>
    octets.writeUInt16BE(group, at * 2),
  );
  return octets;
}
